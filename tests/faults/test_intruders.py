"""What others may try: through links, names, files in the way, and manifests made to blow up."""

from __future__ import annotations

import csv
import json
import os
import signal
import stat
from pathlib import Path

import pytest
from counter import Counter, Talk
from desk import KEY, Desk


def test_nothing_that_a_provider_names_becomes_a_path_or_gets_the_key(shop: Desk, counter: Counter) -> None:
    """The links lead out of the provider's host; file id and file name try to lead out of the run folder."""
    counter.extras = {"filename": "../../../evil.mp4", "file_name": "/tmp/evil.mp4"}
    counter.trap("submit", "one", lambda talk: talk.answer_json({"task_id": name_job(talk, "../../../evil")}))
    before = {path.name for path in shop.folder.iterdir()}

    done = shop.s2v("run", shop.manifest(["one"]))

    assert done.code == 0, done.err
    assert shop.videos() == ["a.mp4"]
    assert {path.name for path in shop.folder.iterdir()} - before == {"anna.png", "m.yaml", "runs", "home"}
    assert list(shop.folder.parent.rglob("*evil*")) == []
    keys = {each.kind: each.headers.get("authorization") for each in counter.asked}
    assert keys == {"submit": f"Bearer {KEY}", "poll": f"Bearer {KEY}", "link": f"Bearer {KEY}", "file": None}


def name_job(talk: Talk, job: str) -> str:
    talk.counter.jobs[job] = talk.prompt
    return job


LINKS = ["file:///etc/passwd", "data:video/mp4;base64,AAAA", "gopher://127.0.0.1/", "//", "http://", "video.mp4"]


def test_a_link_that_is_none_is_never_opened_and_the_item_says_why(shop: Desk, counter: Counter) -> None:
    for number, link in enumerate(LINKS):
        counter.trap("link", f"link {number}", *[lambda talk, link=link: send_link(talk, link)] * 99)
    items = [{"id": f"i{n}", "portrait": "anna.png", "prompt": f"link {n}{shop.mark}"} for n in range(len(LINKS))]
    process = shop.start("run", shop.manifest(items), "--events")
    assert process.stdout is not None

    refused = set[str]()
    while len(refused) < len(items) and (line := process.stdout.readline()):
        event = json.loads(line)
        refused |= {event["id"]} if "the link is no" in event["facts"].get("reason", "") else set()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 130, err
    assert {(row["id"], row["state"]) for row in shop.results().values()} == {(id_, "open") for id_ in refused}
    assert len(refused) == len(items)
    assert shop.videos() == []


def send_link(talk: Talk, link: str) -> None:
    talk.answer_json({"file": {"download_url": link}})


@pytest.mark.parametrize("link", ["videos", ".partial", "superseded", ".local", "state.db", ".lock"])
def test_a_link_in_the_run_folder_leads_nothing_out_of_it(shop: Desk, counter: Counter, link: str) -> None:
    run, elsewhere = shop.folder / "runs" / "try", shop.folder / "elsewhere"
    run.mkdir(parents=True)
    elsewhere.mkdir()
    (run / link).symlink_to(elsewhere / "file" if link in {"state.db", ".lock"} else elsewhere)
    manifest = shop.manifest(["one"])
    if link == ".local":
        manifest.write_text(manifest.read_text().replace("provider: minimax", "provider: local"))

    done = shop.s2v("run", manifest)

    assert done.code == 9, done.err
    assert "symbolic link" in done.err
    assert list(elsewhere.iterdir()) == []
    assert counter.asked == []


def test_a_run_leaves_nothing_that_strangers_may_change_and_a_state_that_they_cannot_read(
    shop: Desk, counter: Counter
) -> None:
    before = os.umask(0)
    try:
        assert shop.s2v("run", shop.manifest(["one", "two"])).code == 0
    finally:
        os.umask(before)

    run = shop.folder / "runs" / "try"
    modes = {path.relative_to(run): stat.S_IMODE(path.stat().st_mode) for path in run.rglob("*")}
    assert {path for path, mode in modes.items() if mode & stat.S_IWOTH} == set()
    assert modes[Path("state.db")] == 0o600


def test_a_manifest_of_two_gigabytes_is_refused_for_little_work_and_memory(shop: Desk) -> None:
    huge = shop.folder / "huge.yaml"
    with huge.open("wb") as file:
        file.write(b"version: 1\nitems:\n")
        file.truncate(2 * 2**30)

    done = shop.in_shell("ulimit -t 5 -v 2000000; s2v", "check", huge)  # seconds of the processor, kilobytes

    assert (done.code, "Traceback" in done.err) == (3, False)
    assert "huge.yaml:" in done.err


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 25_000, id="25k brackets"),
        pytest.param("{a: " * 25_000, id="25k mappings"),
        pytest.param("- " * 25_000, id="25k dashes"),
        pytest.param("a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(99)), id="aliases"),
    ],
)
def test_a_manifest_made_to_blow_up_is_refused_with_a_line(shop: Desk, text: str) -> None:
    (shop.folder / "bomb.yaml").write_text(f"version: 1\nname: x\nprovider: minimax\nitems:\n  {text}\n")

    done = shop.s2v("check", "bomb.yaml")

    assert (done.code, "Traceback" in done.err) == (3, False)
    assert "bomb.yaml:" in done.err


NASTY = '=HYPERLINK("http://evil") <script>alert(1)</script> ]]> | \u202e `x` &amp; "\''


def test_a_nasty_prompt_runs_nowhere(shop: Desk, counter: Counter) -> None:
    counter.trap("submit", "=", *[lambda talk: talk.answer_json({}, 1026, f"\x1b[2J{NASTY}")] * 9)
    items = [{"id": "a", "portrait": "anna.png", "prompt": NASTY + shop.mark, "metadata": {"note": NASTY}}]

    done = shop.s2v("run", shop.manifest(items))

    run = shop.folder / "runs/try"
    assert done.code == 5
    assert "\x1b" not in done.out + done.err
    assert "\u202e" not in done.out + done.err
    assert "\x1b" not in "".join(path.read_text() for path in run.glob("report.*"))
    assert "<script>" not in (run / "report.md").read_text()
    with (run / "results.csv").open(newline="") as file:
        assert not [cell for row in csv.reader(file) for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert "<script>" not in (run / "junit.xml").read_text()
    assert shop.results()["a"]["prompt"] == NASTY + shop.mark
    assert "\x1b" not in shop.s2v("explain", "m.yaml", "a").out + shop.s2v("log", "m.yaml").out
    assert json.loads((run / "report.json").read_text())["items"][0]["prompt"] == NASTY + shop.mark
