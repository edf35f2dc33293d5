"""A run that asks to be called back, with a provider in another process that does call, over real HTTP."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from desk import Desk
from loopback import closed_port

from runner.cli.plan.offers import offer
from runner.cli.run.calls import hearing
from runner.edge.journal.journal import Journal
from runner.errors import Problems
from runner.manifest.parse import read


@pytest.fixture
def port() -> int:
    return closed_port()


def asked(port: int, **keys: Any) -> dict[str, Any]:
    """Return the keys of a manifest that asks to be called on this very machine."""
    return {"callback": {"url": f"http://127.0.0.1:{port}/s2v", "listen": f"127.0.0.1:{port}"}, **keys}


def answers(desk: Desk, port: int) -> list[list[Any]]:
    """Return what was answered to the provider's calls to this port: URL, to the challenge, to the news."""
    lines = (desk.ledger.with_name("calls").read_text()).splitlines()
    return [call for call in map(json.loads, lines) if f":{port}/" in call[0]]


def secret(desk: Desk) -> str:
    with Journal.read(desk.folder / "runs" / "try") as book:
        return str(book.header["callback_secret"])


def test_a_job_whose_reply_was_lost_is_found_again_and_paid_for_once(desk: Desk, port: int) -> None:
    done = desk.s2v("run", desk.manifest(["fine", "lost [500]"], **asked(port)))

    assert done.code == 0, done.out + done.err
    assert desk.videos() == ["a.mp4", "b.mp4"]
    assert sorted(desk.submits) == ["fine", "lost [500]"]
    assert f"listening on 127.0.0.1:{port} for calls to http://127.0.0.1:{port}/s2v" in done.err


def test_the_handshake_is_answered_with_its_own_words_and_the_news_with_thanks(desk: Desk, port: int) -> None:
    done = desk.s2v("run", desk.manifest(["one [called]", "two [called]"], **asked(port)))

    assert done.code == 0, done.err
    heard = answers(desk, port)
    assert len(heard) == 2
    assert all(call[1:] == [{"challenge": call[0]}, {"status": "success"}] for call in heard)


def test_the_secret_is_the_folders_own_and_shows_nowhere_else(desk: Desk, port: int) -> None:
    first = desk.s2v("run", desk.manifest(["fine", "lost [500]"], **asked(port)), "--events")
    before = secret(desk)
    again = desk.s2v("run", desk.manifest(["fine", "lost [500]", "more"], **asked(port)))
    said = [first, again, *(desk.s2v(*words) for words in (["status", "runs/try"], ["report", "runs/try"]))]

    kept = [path for path in desk.folder.rglob("*") if path.is_file() and not path.name.startswith("state.db")]
    assert secret(desk) == before
    assert len(bytes.fromhex(before)) == 32
    assert [done for done in said if before in done.out + done.err] == []
    assert [path for path in kept if before.encode() in path.read_bytes()] == []


def test_calls_that_never_arrive_leave_the_doubt_after_a_while(desk: Desk, port: int) -> None:
    keys = asked(port, limits={"item_deadline": "3s"})  # waited out: from the request, whose answer takes its time
    keys["callback"]["url"] = "http://127.0.0.1:9/s2v"

    done = desk.s2v("run", desk.manifest(["lost [500]"], **keys))

    assert done.code == 6
    assert "1 in doubt: waiting up to" in done.err
    assert desk.submits == ["lost [500]"]


def test_a_call_that_comes_between_two_runs_is_made_again_and_settles_the_doubt(desk: Desk, port: int) -> None:
    keys = asked(port)
    elsewhere = {**keys["callback"], "listen": "127.0.0.1:0"}
    deaf = desk.s2v("run", desk.manifest(["lost [500]"], callback=elsewhere, limits={"item_deadline": "300ms"}))

    done = desk.s2v("run", desk.manifest(["lost [500]"], **keys))

    assert (deaf.code, done.code) == (6, 0), done.err
    assert desk.submits == ["lost [500]"]
    assert desk.videos() == ["a.mp4"]


@pytest.mark.parametrize("command", ["run", "fetch"])
@pytest.mark.parametrize("retry", [{"in_doubt": "resubmit"}, {}], ids=["resubmits", "leaves doubts"])
def test_an_older_copy_of_a_run_whose_doubt_was_settled_by_a_call_buys_nothing_anew(
    desk: Desk, port: int, command: str, retry: dict[str, str]
) -> None:
    keys = asked(port, retry=retry)
    again: dict[str, Any] = {"retry": {"in_doubt": "resubmit"}, "limits": {"item_deadline": "300ms"}}
    deaf: dict[str, Any] = {"callback": {**keys["callback"], "listen": "127.0.0.1:0"}}
    desk.s2v("run", desk.manifest(["lost [500]"], **deaf, limits={"item_deadline": "300ms"}))
    folder = desk.folder / "runs/try"
    shutil.copytree(folder, folder.with_name("copy"))
    heard = desk.s2v(command, desk.manifest(["lost [500]"], **keys))
    shutil.rmtree(folder)
    folder.with_name("copy").rename(folder)

    done = desk.s2v("run", desk.manifest(["lost [500]"], **deaf, **again))

    assert desk.submits == ["lost [500]"]
    assert (heard.code, done.code) == (0, 9), heard.err + done.err


def test_a_call_to_a_shard_settles_the_doubt_in_the_run_that_it_was_merged_into(desk: Desk, port: int) -> None:
    keys, shards = asked(port), [f"runs/try.shard-{n}of2" for n in (1, 2)]
    elsewhere = {**keys["callback"], "listen": "127.0.0.1:0"}
    prompts = ["one [500]", "two [500]", "three [500]", "four [500]"]
    desk.manifest(prompts, callback=elsewhere, limits={"item_deadline": "300ms"})
    deaf = [desk.s2v("run", "m.yaml", "--shard", f"{n}/2") for n in (1, 2)]
    desk.s2v("merge", "runs/first", *shards)  # what was merged twice is heard, too

    merged = desk.s2v("merge", "runs/try", "runs/first")
    done = desk.s2v("run", desk.manifest(prompts, **keys, limits={"item_deadline": "60s"}))

    assert ([each.code for each in deaf], merged.code, done.code) == ([6, 6], 0, 0), done.out + done.err
    assert sorted(desk.submits) == sorted(prompts)
    assert desk.videos() == ["a.mp4", "b.mp4", "c.mp4", "d.mp4"]


def test_calls_about_the_doubts_of_two_copies_of_a_shard_are_both_heard(desk: Desk, port: int) -> None:
    keys = asked(port)
    elsewhere = {**keys["callback"], "listen": "127.0.0.1:0"}
    prompts = ["fine", "one [500]", "two [500]", "three [500]", "four [500]"]
    shard = desk.folder / "runs/try.shard-1of1"
    desk.manifest(prompts, callback=elsewhere, limits={"item_deadline": "300ms"})
    desk.s2v("run", "m.yaml", "--shard", "1/1", "--only", "a")
    shutil.copytree(shard, copy := desk.folder / "runs/copy")
    desk.s2v("run", "m.yaml", "--shard", "1/1", "--only", "b", "--only", "c")
    shard.rename(desk.folder / "runs/first")
    copy.rename(shard)
    there = {"S2V_STATE_DIR": str(desk.folder / "another machine")}
    deaf = desk.s2v("run", "m.yaml", "--shard", "1/1", "--only", "d", "--only", "e", **there)

    merged = desk.s2v("merge", "runs/try", "runs/first", shard)
    done = desk.s2v("run", desk.manifest(prompts, **keys, limits={"item_deadline": "60s"}))

    assert (deaf.code, merged.code, done.code) == (6, 0, 0), merged.err + done.err
    assert sorted(desk.submits) == sorted(prompts)
    assert len(desk.videos()) == len(prompts)


def test_a_call_to_a_shard_about_a_doubt_that_was_bought_anew_since_settles_nothing(desk: Desk, port: int) -> None:
    """The second request is in doubt, too, and each of the two jobs is named by a call of its own."""
    keys = asked(port)
    deaf: dict[str, Any] = {"callback": {**keys["callback"], "listen": "127.0.0.1:0"}}
    manifest = desk.manifest(["lost [500]"], **deaf, limits={"item_deadline": "300ms"})
    for shard in ("1/2", "2/2"):
        desk.s2v("run", manifest, "--shard", shard)
    desk.s2v("merge", "runs/try", "runs/try.shard-1of2", "runs/try.shard-2of2")
    desk.s2v("resolve", manifest, "a", "--resubmit")
    desk.s2v("run", manifest)
    with Journal.read(desk.folder / "runs/try") as book:
        assert book.header["callbacks_merged"]

    done = desk.s2v("run", desk.manifest(["lost [500]", "slower"], **keys, limits={"item_deadline": "60s"}))

    told = re.search(r"calls about job (\S+) of request 1, of which nothing is known here", done.err)
    assert done.code == 0, done.out + done.err
    assert desk.submits == ["lost [500]", "lost [500]", "slower"]
    assert told is None or told[1] != desk.results()["a"]["job_id"]


def test_a_port_that_is_taken_stops_the_run_before_anything_is_sent(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = desk.s2v("run", desk.manifest(["fine"], **asked(port)))

    assert done.code == 8
    assert (
        f"callback.listen: cannot listen on 127.0.0.1:{port}: Address already in use; choose another port" in done.err
    )
    assert desk.submits == []


@pytest.mark.parametrize("command", ["check", "run"])
def test_what_listens_must_be_installed(desk: Desk, port: int, command: str) -> None:
    """A process in which uvicorn cannot be found, as where the extra was not asked for."""
    script = "import sys; sys.modules['uvicorn'] = None; from runner.cli.main import main; sys.exit(main())"
    manifest = desk.manifest(["fine"], **asked(port))
    done = subprocess.run(
        [sys.executable, "-c", script, command, manifest], cwd=desk.folder, env=desk.environ(), text=True,
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == 8
    assert "callback needs uvicorn: pip install 's2v-runner[callbacks]'" in done.stderr
    assert desk.submits == []


def test_check_and_plan_open_no_port(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        manifest = desk.manifest(["fine"], **asked(listener.getsockname()[1]))
        codes = [desk.s2v(command, manifest).code for command in ("check", "plan")]

    assert codes == [0, 0]


def test_the_embedded_service_is_not_asked_to_call(desk: Desk, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, Journal.create_or_open(tmp_path) as book:
        path = desk.manifest(["fine"], **asked(listener.getsockname()[1], provider="local", providers={}))
        manifest = read(path, Problems())
        assert manifest is not None
        with hearing(manifest, book, [offer("local", manifest, {})], tell=[]) as hints:
            assert hints is None
        assert "callback_secret" not in book.header
