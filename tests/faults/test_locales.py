"""Locales whose encoding is not UTF-8: the same manifest means the same folders and videos there, or is refused."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from counter import Counter
from desk import Desk

NAME = "J\u00fcrgen"
WORDS = "set LC_ALL to a locale with UTF-8"


@pytest.fixture(params=["ASCII", "Latin-1", "EUC-JP"])
def locale(request: pytest.FixtureRequest, tmp_path: Path) -> Mapping[str, str]:
    """Give the environment of a locale, made for the test where a system does not have it."""
    plain = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "utf-8"}  # the last for who reads here
    if request.param == "ASCII":
        return plain | {"LC_ALL": "C"}
    name, source, charmap = {
        "Latin-1": ("de_DE.ISO-8859-1", "de_DE", "ISO-8859-1"), "EUC-JP": ("ja_JP.EUC-JP", "ja_JP", "EUC-JP"),
    }[request.param]  # fmt: skip
    (folder := tmp_path / "locales").mkdir()
    if (localedef := shutil.which("localedef")) is None:
        pytest.skip("no localedef on this system")
    command = [localedef, "-i", source, "-f", charmap, str(folder / name)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no such locale on this system: {made.stderr}")
    return plain | {"LC_ALL": name, "LOCPATH": str(folder)}


def test_what_was_bought_below_an_output_dir_is_not_bought_again(
    shop: Desk, counter: Counter, locale: Mapping[str, str]
) -> None:
    manifest = shop.manifest(["one"], output={"dir": f"runs/{NAME}"})
    shop.in_shell("s2v", "run", manifest)

    done = shop.in_shell("s2v", "run", manifest, **locale)
    status = shop.in_shell("s2v", "status", manifest, **locale)

    assert (done.code, counter.charges()) == (3, 1), done.err
    assert WORDS in done.err
    assert status.code == 0, status.err


def test_a_copy_does_not_buy_what_was_bought_in_a_folder_that_another_locale_named(
    shop: Desk, counter: Counter, locale: Mapping[str, str]
) -> None:
    first, copy = shop.folder / NAME, shop.folder / "copy"
    shop.manifest(["one", "two"])
    first.mkdir()
    for name in ("m.yaml", "anna.png"):
        (shop.folder / name).rename(first / name)
    shop.in_shell(f"cd {NAME}; s2v", "run", "m.yaml", "--limit", "1")
    shutil.copytree(first, copy)
    shop.in_shell(f"cd {NAME}; s2v", "run", "m.yaml")

    done = shop.in_shell("cd copy; s2v", "run", "m.yaml", **locale)

    assert (done.code, counter.charges()) == (2, 2), done.err
    assert "may be paid for in" in done.err


def test_a_portrait_s_name_makes_no_other_prompt(shop: Desk, counter: Counter, locale: Mapping[str, str]) -> None:
    shop.portrait(f"{NAME}.png")
    manifest = shop.manifest([], matrix={"portraits": ["J*.png"], "prompts": ["{name} smiles."]})
    manifest.write_text(manifest.read_text().replace("items: []\n", ""))
    shop.in_shell("s2v", "run", manifest)

    done = shop.in_shell("s2v", "run", manifest, **locale)

    assert (done.code, counter.submits()) == (3, [f"{NAME} smiles."]), done.err
    assert WORDS in done.err


def test_a_tag_and_a_key_of_metadata_are_known_as_they_are_typed(shop: Desk, locale: Mapping[str, str]) -> None:
    item = {"id": "a", "portrait": "anna.png", "prompt": "She smiles.", "tags": [NAME]}
    manifest = shop.manifest([item | {"metadata": {NAME: "anna"}}])
    shop.in_shell("s2v", "run", manifest)

    chosen = shop.in_shell("s2v", "run", manifest, "--tag", NAME, **locale)
    again = shop.in_shell("s2v", "retry", manifest, "--tag", NAME, **locale)
    given = shop.in_shell(
        "s2v", "export", manifest, "--to", "videofolder", "--out", "set", "--split", "train=1", "--person", NAME,
        **locale,
    )  # fmt: skip

    assert (chosen.code, again.code, given.code) == (0, 0, 0), chosen.err + again.err + given.err
