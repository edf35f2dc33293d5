"""Each form of export is loaded by the library it is for, offline; the pixels are those that were paid for."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import pytest
from run_folders import RunFolder, real_clip

os.environ["HF_HUB_OFFLINE"] = "1"  # read when the libraries are imported, below

SPLIT = "train=0.5,validation=0.3,test=0.2"
EXTRA = "pip install '.[test-exports]'"
pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries' own, about themselves


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Make a run whose texts are what loaders stumble over: numbers, dates, other alphabets, sides without a value."""
    made = RunFolder(tmp_path_factory.mktemp("run"))
    for n in range(8):
        metadata = {"licence": "CC-BY-4.0", "consent": "signed 2026"} if n == 3 else {}
        made.film(f"00{n}", real_clip(5 + n), who=f"p{n}", prompt='她笑 \U0001f600 "x"\n', metadata=metadata)
    made.failure("bad")
    return made


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    made = RunFolder(tmp_path_factory.mktemp("dated"))
    for n in range(8):
        made.film(f"00{n}", real_clip(5 + n), who=f"p{n}", metadata={"consent": "2026-05-01"} if n < 4 else {})
    return made


def pixels(video: str | bytes) -> list[bytes]:
    with av.open(io.BytesIO(video) if isinstance(video, bytes) else video, "r") as container:
        return [frame.to_ndarray(format="rgb24").tobytes() for frame in container.decode(video=0)]


def loaded(out: Path, cache: Path, column: str) -> dict[str, list[dict[str, Any]]]:
    """Load a folder as a user does, and give the rows of each split, undecoded: for that the library takes torch."""
    datasets = pytest.importorskip("datasets", reason=EXTRA)
    datasets.disable_progress_bars()
    found = datasets.load_dataset(str(out), cache_dir=str(cache)).cast_column(column, datasets.Video(decode=False))
    return {side: list(rows) for side, rows in found.items()}


def require_all(run: RunFolder, rows: Sequence[tuple[dict[str, Any], str | bytes]]) -> None:
    """Hold what was loaded against the run: ids, prompts, digests, and every pixel."""
    told = {row.id: row for row in run.rows if row.video}
    assert sorted(row["id"] for row, _ in rows) == sorted(told)
    for row, video in rows:
        assert (row["prompt"], row["sha256"]) == (told[row["id"]].prompt, told[row["id"]].sha256)
        assert pixels(video) == pixels(str(run.folder / "videos" / f"{row['id']}.mp4"))


@pytest.mark.parametrize("split", [None, SPLIT], ids=["whole", "split"])
@pytest.mark.parametrize("form", ["videofolder", "parquet", "croissant"])
def test_datasets_loads_a_folder(run: RunFolder, tmp_path: Path, form: str, split: str | None) -> None:
    if form != "videofolder":
        pytest.importorskip("pyarrow", reason=EXTRA)
    out = run.export(tmp_path / "out", form, split=split)

    found = loaded(out, tmp_path / "cache", "video")

    assert [*found] == (["train", "validation", "test"] if split else ["train"])
    require_all(run, [(row, row["video"]["path"]) for rows in found.values() for row in rows])


@pytest.mark.parametrize("split", [None, SPLIT], ids=["whole", "split"])
def test_datasets_loads_archives(run: RunFolder, tmp_path: Path, split: str | None) -> None:
    out = run.export(tmp_path / "out", "webdataset", split=split, shard_bytes=20_000)

    found = loaded(out, tmp_path / "cache", "mp4")

    require_all(run, [(row["json"], row["mp4"]["bytes"]) for rows in found.values() for row in rows])


def test_webdataset_loads_archives(run: RunFolder, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset", reason=EXTRA)
    out = run.export(tmp_path / "out", "webdataset", shard_bytes=20_000)
    shards = sorted(map(str, out.glob("*.tar")))

    found = list(webdataset.WebDataset(shards, shardshuffle=False, empty_check=False).decode())

    assert len(shards) > 1
    assert {sample["__key__"]: sample["txt"] for sample in found} == {r.id: r.prompt for r in run.rows if r.video}
    require_all(run, [(sample["json"], sample["mp4"]) for sample in found])


@pytest.mark.parametrize("form", ["parquet", "croissant"])
def test_a_typed_table_keeps_dates_texts_on_every_side(dated: RunFolder, tmp_path: Path, form: str) -> None:
    pytest.importorskip("pyarrow", reason=EXTRA)
    out = dated.export(tmp_path / "out", form, split=SPLIT)

    found = loaded(out, tmp_path / "cache", "video")

    assert sorted(row["consent"] for rows in found.values() for row in rows) == [""] * 4 + ["2026-05-01"] * 4


def test_pyarrow_reads_the_table_in_typed_columns_and_the_same_bytes_come_again(run: RunFolder, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason=EXTRA)
    out, again = (run.export(tmp_path / name, "parquet") for name in ("out", "again"))

    table = parquet.read_table(out / "metadata.parquet")

    rows = table.to_pylist()
    assert str(table.schema.field("id").type) == "string"
    assert str(table.schema.field("seconds").type) == "double"
    assert (out / "metadata.parquet").read_bytes() == (again / "metadata.parquet").read_bytes()
    require_all(run, [(row, str(out / row["file_name"])) for row in rows])


@pytest.mark.parametrize("split", [None, SPLIT], ids=["whole", "split"])
def test_mlcroissant_validates_the_description_and_reads_the_records(
    run: RunFolder, tmp_path: Path, split: str | None
) -> None:
    mlcroissant = pytest.importorskip("mlcroissant", reason=EXTRA)
    out = run.export(tmp_path / "out", "croissant", split=split)

    found = mlcroissant.Dataset(str(out / "croissant.json"))

    rows = []
    for records in found.metadata.record_sets:
        for record in found.records(records.uuid):
            row = {name.partition("/")[2]: _plain(value) for name, value in record.items()}
            rows.append((row, str(out / (records.uuid if split else "") / row["file_name"])))
    assert not found.metadata.issues.errors
    require_all(run, rows)


def _plain(value: object) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def test_the_hub_s_own_reader_understands_the_card(run: RunFolder, tmp_path: Path) -> None:
    hub = pytest.importorskip("huggingface_hub", reason=EXTRA)
    out = run.export(tmp_path / "out", split=SPLIT)

    card = hub.DatasetCard.load(out / "README.md")

    assert (card.data.pretty_name, card.data.license, card.data.size_categories) == ("winks", "other", ["n<1K"])
    assert {"synthetic", "ai-generated"} <= set(card.data.tags)
