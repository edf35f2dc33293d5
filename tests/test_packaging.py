"""The wheel, built from the sdist, is what users get: it carries the schemas byte for byte, and nothing stray."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from runner.faces.networks import DIGESTS

ROOT = Path(__file__).parents[1]
LICENCES = ("LICENSE", "runner/faces/LICENSE-Apache-2.0.txt", "runner/faces/models/NOTICE.md")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT], check=True, capture_output=True
    )
    return out


def test_the_wheel_carries_the_schemas_byte_for_byte(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for schema in sorted((ROOT / "schemas").glob("*.json")):
            assert archive.read(f"runner/schemas/{schema.name}") == schema.read_bytes()
        names = archive.namelist()
        metadata = next(archive.read(name).decode() for name in names if name.endswith("METADATA"))
        entry = next(archive.read(name).decode() for name in names if name.endswith("entry_points.txt"))
    assert {name.split("/")[0] for name in names} == {"runner", f"s2v_runner-{version(wheel)}.dist-info"}
    assert not [name for name in names if name.startswith("runner/tests") or name.endswith(".pyc")]
    assert "Name: s2v-runner" in metadata
    assert "s2v = runner.__main__:main" in entry


def test_the_wheel_holds_every_module_of_the_source_tree(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("runner/") and name.endswith(".py")}
    assert packed == {str(path.relative_to(ROOT)) for path in (ROOT / "runner").rglob("*.py")}


def test_wheel_and_sdist_carry_the_models_with_their_notice_byte_for_byte(built: Path) -> None:
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    models = {path.name: path.read_bytes() for path in (ROOT / "runner" / "faces" / "models").iterdir()}
    with zipfile.ZipFile(wheel) as archive:
        assert {name: archive.read(f"runner/faces/models/{name}") for name in models} == models
    with tarfile.open(sdist) as archive:
        packed = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {f"runner/faces/models/{name}" for name in models} <= packed
    assert {"NOTICE.md", *DIGESTS} == set(models)


def test_wheel_and_sdist_name_the_licences_of_all_that_they_carry_and_carry_their_words(built: Path) -> None:
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    words = {name: (ROOT / name).read_bytes() for name in LICENCES}
    with zipfile.ZipFile(wheel) as archive:
        about = f"s2v_runner-{version(wheel)}.dist-info"
        named = message_from_bytes(archive.read(f"{about}/METADATA")).get_all("License-File")
        assert {name: archive.read(f"{about}/licenses/{name}") for name in LICENCES} == words
    with tarfile.open(sdist) as archive:
        top = archive.getnames()[0].partition("/")[0]
        packed = {name: archive.extractfile(f"{top}/{name}") for name in LICENCES}
        assert {name: file and file.read() for name, file in packed.items()} == words
    assert set(named or ()) == set(LICENCES)


def test_the_sdist_holds_what_the_tests_need(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        packed = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {"README.md", "LICENSE", "pyproject.toml", "schemas/manifest.schema.json", "manifests/demo.yaml"} <= packed
    assert {"tests/test_packaging.py", ".github/workflows/manifests.yml"} <= packed


def version(wheel: Path) -> str:
    return wheel.name.split("-")[1]
