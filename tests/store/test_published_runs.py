"""Whole runs that publish to an object store: what is there, in which order, also when something breaks."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from bad_days import SLOW_DOWN, Answer, coded
from desk import Desk
from store_fixtures import Place, films, manifest, s2v, videos

from runner.cli.plan.barring import is_pending
from runner.edge.disk.lock import held
from runner.edge.folder.places import KEY
from runner.edge.journal.header import CALLBACKS_MERGED
from runner.edge.journal.journal import Journal

DOCUMENTS = {
    "manifest.yaml", "state.db", "plan.lock.json", "report.html", "report.md", "report.json", "results.csv",
    "junit.xml", "metadata.jsonl", "results.jsonl",
}  # fmt: skip


@pytest.fixture
def folder(shipper: Desk) -> Path:
    return shipper.folder / "runs" / "try"


def test_a_run_leaves_its_whole_folder_here_and_what_counts_in_the_store(
    shipper: Desk, place: Place, folder: Path
) -> None:
    done = s2v(shipper, place, "run", manifest(shipper, place, "one", "two", "bad [1026]"))

    assert done.code == 5, done.err
    assert f"  store   {place.url} (2 of 2 videos, 2 new)\n" in done.out
    thumbs = {key for key in place.there() if key.startswith("thumbs/")}
    assert len(thumbs) == 1
    assert set(place.there()) == {*videos("a", "b"), *DOCUMENTS, *thumbs, ".s2v.json"}
    same = [*videos("a", "b"), *(DOCUMENTS - {"manifest.yaml", "state.db", "metadata.jsonl"}), *thumbs]
    assert [key for key in same if place.body(key) != (folder / key).read_bytes()] == []
    assert place.body("manifest.yaml") == (shipper.folder / "m.yaml").read_bytes()
    assert not list((folder / ".partial").iterdir())


def test_the_results_are_seen_last_and_a_sidecar_behind_its_video(shipper: Desk, place: Place) -> None:
    s2v(shipper, place, "run", manifest(shipper, place))

    made = place.days.made(place.prefix)
    assert made[0] == ".s2v.json"
    assert made[-2:] == ["metadata.jsonl", "results.jsonl"]
    assert sorted(made[1:5]) == videos("a", "b")
    assert all(made.index(f"videos/{name}.mp4") < made.index(f"videos/{name}.json") for name in "ab")


def test_the_metadata_lead_a_loader_to_every_video(shipper: Desk, place: Place) -> None:
    s2v(shipper, place, "run", manifest(shipper, place))

    rows = [json.loads(line) for line in place.body("metadata.jsonl").splitlines()]
    assert [row["file_name"] for row in rows] == ["videos/a.mp4", "videos/b.mp4"]
    assert all(row["bytes"] == len(place.body(row["file_name"])) for row in rows)


def test_the_copy_of_the_journal_is_whole_and_keeps_no_secret_of_the_folder(
    shipper: Desk, place: Place, folder: Path, tmp_path: Path
) -> None:
    path = manifest(shipper, place, callback={"url": "http://127.0.0.1:9/s2v", "listen": "127.0.0.1:0"})
    done = s2v(shipper, place, "run", path)

    assert done.code == 0, done.err
    with closing(sqlite3.connect(folder / "state.db")) as sql:
        ((secret,),) = sql.execute("SELECT value FROM header WHERE key = 'callback_secret'")
        facts = list(sql.execute("SELECT * FROM event"))
    copied = tmp_path / "copied"
    copied.mkdir()
    (copied / "state.db").write_bytes(place.body("state.db"))
    assert secret.encode() not in place.body("state.db")
    with closing(sqlite3.connect(copied / "state.db")) as sql:
        assert list(sql.execute("SELECT * FROM event")) == facts
        assert list(sql.execute("PRAGMA integrity_check")) == [("ok",)]
    assert "2 of 2 videos done" in shipper.s2v("status", copied).out


def test_the_copy_of_the_journal_keeps_no_secret_of_a_run_that_was_merged(
    shipper: Desk, place: Place, folder: Path
) -> None:
    s2v(shipper, place, "run", manifest(shipper, place, "one"))
    theirs = "0123456789abcdef" * 4
    with held(folder), Journal.create_or_open(folder) as book:
        book.set_header(**{CALLBACKS_MERGED: json.dumps({"run2": {"secret": theirs, "asked": {}}})})

    done = s2v(shipper, place, "run", manifest(shipper, place, "one", "two"))

    assert done.code == 0, done.err
    assert theirs.encode() in b"".join(path.read_bytes() for path in folder.glob("state.db*"))
    assert theirs.encode() not in place.body("state.db")
    assert theirs not in done.out + done.err


def test_a_second_run_finds_all_of_it_up_and_puts_nothing(shipper: Desk, place: Place) -> None:
    path = manifest(shipper, place)
    s2v(shipper, place, "run", path)
    before = place.days.made()

    done = s2v(shipper, place, "run", path)

    assert (done.code, done.err) == (0, "")
    assert f"  store   {place.url} (2 of 2 videos)\n" in done.out
    assert place.days.made() == before
    assert shipper.submits == ["one", "two"]


def test_a_video_that_is_gone_from_the_store_is_put_again_and_nothing_is_bought(shipper: Desk, place: Place) -> None:
    path = manifest(shipper, place)
    s2v(shipper, place, "run", path)
    place.delete("videos/a.mp4")
    before = len(place.days.made())

    done = s2v(shipper, place, "run", path)

    assert (done.code, shipper.submits) == (0, ["one", "two"])
    assert place.days.made(place.prefix)[before:] == ["videos/a.mp4", "videos/a.json"]


def test_documents_that_are_not_up_to_date_are_put_again_though_the_results_are_the_same(
    shipper: Desk, place: Place, folder: Path
) -> None:
    path = manifest(shipper, place)
    s2v(shipper, place, "run", path)
    path.write_text(f"# as agreed with the lawyers\n{path.read_text()}")

    done = s2v(shipper, place, "run", path)

    assert done.code == 0, done.err
    assert place.body("manifest.yaml") == path.read_bytes()
    assert place.body("report.json") == (folder / "report.json").read_bytes()
    assert place.days.made(place.prefix)[-1] == "results.jsonl"


def test_a_manifest_that_is_gone_by_the_end_holds_no_document_up(shipper: Desk, place: Place) -> None:
    path = manifest(shipper, place)
    place.days.hold("videos/a.mp4")
    with shipper.start("run", path, **place.environ) as process:
        assert place.days.held.wait(60)
        path.unlink()
        place.days.freed.set()
        _, told = process.communicate(timeout=60)

    assert process.returncode == 0, told
    assert f"{path} was changed while the run went on" in told
    assert {*DOCUMENTS} - {"manifest.yaml"} <= set(place.there())


def test_another_prompt_under_an_id_is_a_conflict_and_nothing_that_left_the_run(shipper: Desk, place: Place) -> None:
    s2v(shipper, place, "run", manifest(shipper, place, "one"))

    done = s2v(shipper, place, "run", manifest(shipper, place, "three"))

    assert done.code == 6, done.err
    assert "conflict: 1 video not published" in done.err
    assert "no longer has" not in done.err


def test_what_is_no_video_is_never_called_one(shipper: Desk, place: Place) -> None:
    for key in ("videos/", "videos/notes.txt"):
        place.put(key, b"")

    done = s2v(shipper, place, "run", manifest(shipper, place))

    assert done.code == 0, done.err
    assert "no longer has" not in done.err


def test_another_video_under_the_name_stays_and_the_run_says_conflict(shipper: Desk, place: Place) -> None:
    path = manifest(shipper, place)
    place.put("videos/a.mp4", b"somebody's")

    codes = [s2v(shipper, place, "run", path).code, (done := s2v(shipper, place, "run", path)).code]

    assert codes == [6, 6]
    assert "conflict: 1 video not published" in done.err
    assert f"{place.url}/videos/a.mp4; move or delete" in done.err
    assert "1 of 2 videos" in done.out
    assert place.body("videos/a.mp4") == b"somebody's"
    assert set(place.there()) == {".s2v.json", "videos/a.mp4", *videos("b")}

    place.delete("videos/a.mp4")
    assert s2v(shipper, place, "run", path).code == 0
    assert {*videos("a", "b"), *DOCUMENTS} <= set(place.there())
    assert shipper.submits == ["one", "two"]


def test_what_was_renamed_stays_and_is_named(shipper: Desk, place: Place) -> None:
    s2v(shipper, place, "run", manifest(shipper, place))
    items = [
        {"id": name, "portrait": "anna.png", "prompt": prompt + shipper.mark}
        for name, prompt in (("z", "one"), ("b", "two"))
    ]

    done = s2v(shipper, place, "run", shipper.manifest(items, output={"dir": place.url}))

    assert (done.code, shipper.submits) == (0, ["one", "two"])
    assert f"stay there: {place.url}/videos/a.mp4" in done.err
    assert films(place) == videos("a", "b", "z")
    assert [json.loads(line)["video"] for line in place.body("results.jsonl").splitlines()] == [
        "videos/z.mp4", "videos/b.mp4",
    ]  # fmt: skip


def test_a_sidecar_of_another_text_goes_up_and_be_it_of_the_same_length(shipper: Desk, place: Place) -> None:
    for consent in ("given", "taken"):
        items = [{"id": "a", "portrait": "anna.png", "prompt": f"one{shipper.mark}", "metadata": {"consent": consent}}]
        done = s2v(shipper, place, "run", shipper.manifest(items, output={"dir": place.url}))
        assert done.code == 0, done.err

    assert json.loads(place.body("videos/a.json"))["metadata"] == {"consent": "taken"}
    assert shipper.submits == ["one"]


@pytest.mark.parametrize("name", ["videos/b.mp4", "report.html", "results.jsonl"])
def test_a_run_that_is_killed_while_it_publishes_is_ended_by_the_next(shipper: Desk, place: Place, name: str) -> None:
    path = manifest(shipper, place)
    place.days.hold(name)
    with shipper.start("run", path, **place.environ) as process:
        assert place.days.held.wait(60)
        process.kill()
    seen = place.there()
    place.days.traps.clear()

    done = s2v(shipper, place, "run", path)

    assert "results.jsonl" not in seen
    assert name not in seen
    assert done.code == 0, done.err
    assert shipper.submits == ["one", "two"]
    assert {*videos("a", "b"), *DOCUMENTS} <= set(place.there())
    made = place.days.made(place.prefix)
    assert [made.count(f"videos/{name}.mp4") for name in "ab"] == [1, 1]
    assert made[-1] == "results.jsonl"


def test_a_list_that_is_stale_makes_no_video_twice_and_none_another(shipper: Desk, place: Place) -> None:
    path = manifest(shipper, place)
    s2v(shipper, place, "run", path)
    place.delete("results.jsonl")
    nothing = Answer(status=200, body=b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
    place.days.answer(nothing, times=99, when=lambda asked: asked.is_listing)

    done = s2v(shipper, place, "run", path)

    assert (done.code, shipper.submits) == (0, ["one", "two"])
    made = place.days.made(place.prefix)
    assert [made.count(f"videos/{name}.mp4") for name in "ab"] == [1, 1]
    assert "results.jsonl" in place.there()


def test_a_throttled_upload_is_tried_again_and_buying_does_not_wait(shipper: Desk, place: Place) -> None:
    place.days.answer(SLOW_DOWN, times=5, when=lambda asked: asked.method == "PUT" and asked.key.endswith(".mp4"))

    done = s2v(shipper, place, "run", manifest(shipper, place))

    assert done.code == 0, done.err
    assert {*videos("a", "b"), *DOCUMENTS} <= set(place.there())


def test_a_right_that_is_taken_away_ends_the_uploads_and_no_purchase(shipper: Desk, place: Place) -> None:
    path = manifest(shipper, place)
    denied = coded("AccessDenied", 403)
    place.days.answer(denied, times=99, when=lambda asked: asked.method == "PUT" and asked.key.endswith("b.mp4"))

    done = s2v(shipper, place, "run", path)

    assert done.code == 10, done.out
    assert shipper.videos() == ["a.mp4", "b.mp4"]
    assert "the credentials do not allow it" in done.err
    assert "nothing is lost, and the same command goes on" in done.err
    assert not DOCUMENTS & set(place.there())


def test_a_video_that_is_damaged_here_and_not_up_is_said_to_need_a_fetch_and_not_the_same_command(
    shipper: Desk, place: Place, folder: Path
) -> None:
    path = manifest(shipper, place)
    assert s2v(shipper, place, "run", path).code == 0
    video = folder / "videos" / "a.mp4"
    video.write_bytes(bytes(video.stat().st_size))
    place.delete("videos/a.mp4")

    runs = [s2v(shipper, place, "run", path) for _ in range(2)]

    assert [(each.code, "and the same command goes on" in each.err) for each in runs] == [(6, False), (6, False)]
    assert "1 video not published, because the file is not the one that was checked" in runs[1].err
    assert "the publication is not complete; nothing is lost, and s2v fetch runs/try goes on" in runs[1].err
    assert s2v(shipper, place, "fetch", "runs/try").code == 0
    assert {*videos("a", "b")} <= set(place.there())
    assert s2v(shipper, place, "run", path).code == 0


def test_ctrl_c_leaves_the_rest_of_the_uploads_to_the_next_run(shipper: Desk, place: Place) -> None:
    path = manifest(shipper, place, "one", "slow [slow]", limits={"item_deadline": "2m"})
    place.days.hold("videos/a.mp4")
    with shipper.start("run", path, **place.environ) as process:
        assert place.days.held.wait(60)
        process.send_signal(2)
        assert process.stderr is not None
        before = next(line for line in process.stderr if line.startswith("stopping: uploads under way"))
        place.days.freed.set()
        _, told = process.communicate(timeout=60)

    assert process.returncode == 130, before + told
    assert not DOCUMENTS & set(place.there())
    assert "results.jsonl" not in place.there()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["int", "term", "hup"]
)
def test_a_signal_while_only_uploads_are_left_says_so_and_how_many_are(
    shipper: Desk, place: Place, number: signal.Signals, code: int
) -> None:
    path = manifest(shipper, place)
    place.days.hold("videos/a.mp4")
    with shipper.start("run", path, **place.environ) as process:
        assert process.stderr is not None
        assert next(line for line in process.stderr if "uploaded" in line)
        process.send_signal(number)
        before = next(line for line in process.stderr if line.startswith("stopping: uploads under way"))
        place.days.freed.set()
        _, told = process.communicate(timeout=60)

    assert process.returncode == code, before + told
    assert "nothing is lost, and the same command goes on" in told
    assert "results.jsonl" not in place.there()
    assert s2v(shipper, place, "run", path).code == 0
    assert shipper.submits == ["one", "two"]


def test_verify_finds_what_the_store_lacks_and_fetch_brings_it_up_to_date(
    shipper: Desk, place: Place, folder: Path
) -> None:
    s2v(shipper, place, "run", manifest(shipper, place))
    place.delete("videos/a.mp4")
    place.put("videos/b.mp4", b"x" * len(place.body("videos/b.mp4")))

    told = [
        s2v(shipper, place, "verify", folder),
        s2v(shipper, place, "status", folder),
        s2v(shipper, place, "report", folder),
    ]
    place.delete("videos/b.mp4")
    fetched = s2v(shipper, place, "fetch", folder)

    assert [each.code for each in told] == [5, 0, 0]
    assert f"{place.url}/videos/a.mp4: it is not there\n" in told[0].out
    assert f"{place.url}/videos/b.mp4: another content: its sha256 is not known" in told[0].out
    assert f"next: s2v fetch {folder}" in told[0].out
    assert all(f"  store   {place.url} (1 of 2 videos)\n" in each.out for each in told[1:])
    assert (fetched.code, shipper.submits) == (0, ["one", "two"])
    assert "every one is in the store, by its size and checksum there" in s2v(shipper, place, "verify", folder).out


def test_verify_tells_of_the_videos_here_also_where_nobody_knows_of_the_store(
    shipper: Desk, place: Place, folder: Path
) -> None:
    s2v(shipper, place, "run", manifest(shipper, place))
    whole = s2v(shipper, place, "verify", folder, AWS_SECRET_ACCESS_KEY="wrong")
    (folder / "videos/a.mp4").write_bytes(b"cut")
    damaged = s2v(shipper, place, "verify", folder, AWS_SECRET_ACCESS_KEY="wrong")
    as_json = s2v(shipper, place, "verify", folder, "--json", AWS_SECRET_ACCESS_KEY="wrong")

    assert [each.code for each in (whole, damaged, as_json)] == [8, 5, 5]
    assert "every one is whole" in whole.out
    assert f"not known how the videos stand in the store: {place.url}" in whole.err
    assert "1 of 2 videos is not what was checked" in damaged.out
    assert "in the store" not in whole.out + damaged.out
    assert list(as_json.document["bad"]) == ["videos/a.mp4"]
    assert "the secret of the access key is wrong" in as_json.document["store_unknown"]


def test_a_store_that_is_busy_for_a_moment_is_asked_again_by_all_who_look(
    shipper: Desk, place: Place, folder: Path
) -> None:
    path = manifest(shipper, place)
    place.days.answer(SLOW_DOWN, times=2, when=lambda asked: asked.is_listing)
    ran = s2v(shipper, place, "run", path)
    place.days.answer(SLOW_DOWN, times=2, when=lambda asked: asked.is_listing)
    verified = s2v(shipper, place, "verify", folder)

    assert [ran.code, verified.code] == [0, 0], ran.err + verified.err


def test_check_and_plan_name_the_destination_and_ask_nobody(shipper: Desk, place: Place) -> None:
    path = manifest(shipper, place)

    told = [s2v(shipper, place, command, path) for command in ("check", "plan")]

    assert [each.code for each in told] == [0, 0]
    assert all(place.url in each.out for each in told)
    assert json.loads(s2v(shipper, place, "plan", path, "--json").out)["destination"] == place.url
    assert place.days.asked == []


def test_a_shard_publishes_beside_the_whole(shipper: Desk, place: Place) -> None:
    path = manifest(shipper, place, "one", "two", "three", "four", limits={"in_flight": 2})

    done = s2v(shipper, place, "run", path, "--shard", "1/2")

    assert done.code == 0, done.err
    assert f"  store   {place.url}.shard-1of2 (" in done.out
    assert place.there() == []


def test_whoever_takes_back_a_published_video_is_told_where_it_still_is_and_what_puts_another_there(
    shipper: Desk, place: Place, folder: Path
) -> None:
    path = manifest(shipper, place)
    s2v(shipper, place, "run", path)
    (folder / "signed").mkdir()
    (folder / "signed/a.mp4").touch()

    told = s2v(shipper, place, "review", path, "--reject", "a")

    signed, published = told.err.splitlines()
    assert signed == "a signed copy still shows what does not count any more; delete it: runs/try/signed/a.mp4"
    assert published == (
        "still in the store, as far as it was published, and no other video gets its name there before you delete it: "
        f"{place.url}/videos/a.mp4, and the .json beside it; s2v fetch {path} puts the results there anew"
    )
    for key in videos("a"):
        place.delete(key)
    assert s2v(shipper, place, "retry", path, "a").code == 0
    assert s2v(shipper, place, "verify", path).code == 0
    assert (len(shipper.submits), films(place)) == (3, videos("a", "b"))


def test_what_is_kept_is_put_into_the_store_by_the_command_that_is_named(shipper: Desk, place: Place) -> None:
    path = manifest(shipper, place, "one", checks={"min_seconds": 60})
    assert s2v(shipper, place, "run", path).code == 6
    assert films(place) == []

    told = s2v(shipper, place, "review", path, "--keep", "a")

    assert told.err == f"1 video kept: s2v fetch {path} puts what is not yet in {place.url} there\n"
    assert s2v(shipper, place, "fetch", path).code == 0
    assert films(place) == videos("a")


def test_a_purge_names_what_is_in_the_store_and_a_fetch_takes_the_words_out_of_it(
    shipper: Desk, place: Place, folder: Path
) -> None:
    path = manifest(shipper, place, "she waves to whisper")
    s2v(shipper, place, "run", path)
    (thumb,) = (key for key in place.there() if key.startswith("thumbs/"))
    assert b"whisper" in place.body("state.db")

    purged = s2v(shipper, place, "purge", folder, "--portrait", shipper.folder / "anna.png", "--yes")
    for key in ("videos/a.mp4", "videos/a.json", thumb):
        place.delete(key)
    shipper.portrait("other.png", "teal")
    shipper.manifest([{"portrait": "other.png", "prompt": "he nods"}], output={"dir": place.url})
    fetched = s2v(shipper, place, "fetch", path)

    assert f"    {place.url}/videos/a.mp4, and the .json beside it\n    {place.url}/{thumb}\npurged: 1" in purged.out
    assert "\nthen: s2v fetch" in purged.out
    assert (purged.code, fetched.code) == (0, 0), fetched.err
    assert [key for key in place.there() if b"whisper" in place.body(key)] == []


def test_a_purge_that_leaves_nobody_names_the_documents_too(shipper: Desk, place: Place, folder: Path) -> None:
    s2v(shipper, place, "run", manifest(shipper, place, "she waves to whisper"))

    purged = s2v(shipper, place, "purge", folder, "--portrait", shipper.folder / "anna.png", "--yes")

    with_words = [key for key in place.there() if b"whisper" in place.body(key) and not key.startswith("videos/")]
    documents = re.findall(rf"^    {re.escape(place.url)}/([\w.]+)$", purged.out, re.MULTILINE)
    assert "state.db" in with_words
    assert {*with_words} <= {*documents}
    assert "  with nobody else in the manifest no fetch can: delete these" in purged.out


def test_a_purge_names_what_was_published_under_other_names_and_elsewhere(
    shipper: Desk, place: Place, folder: Path
) -> None:
    s2v(shipper, place, "run", manifest(shipper, place, "one"))
    shipper.portrait("other.png", "teal")
    renamed = [
        {"id": "z", "portrait": "anna.png", "prompt": "one" + shipper.mark},
        {"id": "a", "portrait": "other.png", "prompt": "two" + shipper.mark},
    ]
    s2v(shipper, place, "run", shipper.manifest(renamed, output={"dir": f"{place.url}/moved"}))
    s2v(shipper, place, "run", shipper.manifest(renamed, output={"dir": "runs/try"}))

    purged = s2v(shipper, place, "purge", folder, "--portrait", shipper.folder / "anna.png", "--yes")

    assert purged.code == 0, purged.err
    for store in (place.url, f"{place.url}/moved"):
        assert f"    {store}/videos/a.mp4, and the .json beside it\n" in purged.out
        assert f"    {store}/videos/z.mp4, and the .json beside it\n" in purged.out
        assert f"    {store}/state.db and the reports beside it" in purged.out
    assert "keep what shows somebody else, whose name it is by now: a.mp4" in purged.out
    assert "s2v fetch" not in purged.out


def test_a_purge_names_what_was_published_under_names_that_it_takes_away_and_how_to_find_it_later(
    shipper: Desk, place: Place, folder: Path
) -> None:
    portrait = shipper.portrait("maria.png", "teal")
    other = {"id": "his", "portrait": "anna.png", "prompt": "he nods" + shipper.mark}
    hers = {"portrait": "maria.png", "prompt": "she smiles"}
    path = shipper.manifest([hers, other], output={"dir": place.url})
    s2v(shipper, place, "run", path)
    (video,) = (key for key in films(place) if key.startswith("videos/maria") and key.endswith(".mp4"))
    (key,) = (row["key"] for row in shipper.results().values() if row["video"] == video)

    first = s2v(shipper, place, "purge", folder, "--portrait", portrait, "--yes")
    shipper.manifest([other], output={"dir": place.url})
    fetched = s2v(shipper, place, "fetch", path)
    again = s2v(shipper, place, "purge", folder, "--portrait", portrait, "--yes")

    assert f"    {place.url}/{video}, and the .json beside it\n" in first.out
    assert "names are gone" not in first.out
    assert fetched.code == 0, fetched.err
    assert sorted(each for each in place.there() if b"maria" in place.body(each) or "maria" in each) == [
        video.replace(".mp4", ".json"), video,
    ]  # fmt: skip
    assert f"purged-{key[:12]}" not in again.out
    assert f"each video in {place.url}/videos beside which a .json has portrait sha256 " in again.out
    assert json.loads(place.body(video.replace(".mp4", ".json")))["portrait"]["sha256"] in again.out


def test_a_purge_that_is_killed_has_named_before_what_is_in_the_store(
    shipper: Desk, place: Place, folder: Path
) -> None:
    """It waits for whoever writes into a sidecar that is a pipe, before it has begun and after."""
    s2v(shipper, place, "run", manifest(shipper, place, "one"))
    pipe = shipper.folder / "runs/try/superseded" / f"x-{'0' * KEY}.json"
    pipe.parent.mkdir(exist_ok=True)
    os.mkfifo(pipe)
    words = ("purge", folder, "--portrait", shipper.folder / "anna.png", "--yes")
    with shipper.start(*words, **place.environ) as process:
        while not is_begun(folder):
            pipe.open("w").close()
        process.kill()
        out, _ = process.communicate(timeout=20)

    assert f"    {place.url}/videos/a.mp4, and the .json beside it\n" in out


def is_begun(folder: Path) -> bool:
    with Journal.read(folder) as book:
        return is_pending(book.header)


@pytest.mark.parametrize("command", ["run", "fetch"])
def test_what_is_paid_for_comes_home_while_the_store_is_down_and_nothing_is_bought(
    shipper: Desk, place: Place, command: str
) -> None:
    later = {"minimax": {"poll": "60s", "rate": "1000/1s"}}
    with shipper.start(
        "run", manifest(shipper, place, providers=later), "--limit", "1", "--events", **place.environ
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert any(json.loads(line)["event"] == "accepted" for line in process.stdout)
        process.kill()
    path = manifest(shipper, place)

    done = s2v(shipper, place, command, path, AWS_SECRET_ACCESS_KEY="wrong")
    mended = s2v(shipper, place, "fetch", path)

    assert (done.code, shipper.videos(), shipper.submits) == (8, ["a.mp4"], ["one"]), done.err
    assert "the secret of the access key is wrong" in done.err
    assert "; this run buys nothing, and brings home what is paid for" in done.err
    assert (mended.code, films(place)) == (0, videos("a")), mended.err
