"""A run against a provider in a process of its own, over real HTTP: what is bought, said and left behind."""

from __future__ import annotations

import json

import pytest
from desk import KEY, Desk


def test_a_run_leaves_verified_videos_and_every_report(desk: Desk) -> None:
    done = desk.s2v("run", desk.manifest(["She smiles.", "She winks."]))

    assert done.code == 0, done.err
    assert desk.videos() == ["a.mp4", "b.mp4"]
    folder = desk.folder / "runs" / "try"
    expected = {
        "report.html",
        "thumbs",
        "report.md",
        "report.json",
        "results.jsonl",
        "results.csv",
        "junit.xml",
        "plan.lock.json",
        "state.db",
    }
    assert expected <= {path.name for path in folder.iterdir()}
    assert "2 of 2 videos done" in done.out
    assert desk.s2v("verify", folder, "--journal").code == 0


def test_a_second_run_buys_nothing_and_changes_no_report(desk: Desk) -> None:
    manifest = desk.manifest(["She smiles."])
    desk.s2v("run", manifest)
    report = desk.folder / "runs" / "try" / "report.json"
    before, stamp, events = report.read_bytes(), report.stat().st_mtime_ns, desk.events()

    done = desk.s2v("run", manifest)

    assert (done.code, done.err) == (0, "")
    assert "nothing to do" in done.out
    assert desk.submits == ["She smiles."]
    assert (report.read_bytes(), report.stat().st_mtime_ns, desk.events()) == (before, stamp, events)


def test_a_finished_run_needs_neither_key_nor_provider(desk: Desk) -> None:
    manifest = desk.manifest(["She smiles."])
    desk.s2v("run", manifest)

    done = desk.s2v("run", manifest, MINIMAX_API_KEY="", MINIMAX_API_HOST="http://127.0.0.1:9")

    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("prompts", "code", "states"),
    [
        pytest.param(["fine", "bad [1026]"], 5, {"a": "done", "b": "failed"}, id="content"),
        pytest.param(["fine", "lost [500]"], 6, {"a": "done", "b": "in_doubt"}, id="reply lost"),
        pytest.param(["fine", "broke [fail]"], 5, {"a": "done", "b": "failed"}, id="failed after payment"),
        pytest.param(["poor [1008]"], 7, {"a": "open"}, id="no balance"),
        pytest.param(["wrong key [1004]"], 8, {"a": "open"}, id="key refused"),
        pytest.param(["busy [1002 once]"], 0, {"a": "done"}, id="throttled once"),
        pytest.param(["bad [1026]", "lost [500]"], 6, {"a": "failed", "b": "in_doubt"}, id="doubt before failure"),
    ],
)
def test_the_exit_code_says_how_it_ended(desk: Desk, prompts: list[str], code: int, states: dict[str, str]) -> None:
    done = desk.s2v("run", desk.manifest(prompts, retry={"backoff": "10ms..20ms"}))

    assert done.code == code, done.out + done.err
    assert {id_: row["state"] for id_, row in desk.results().items()} == states


@pytest.mark.parametrize(
    ("prompt", "first"),
    [
        pytest.param("poor [1008]", "add to the balance at the provider, then go on", id="no balance"),
        pytest.param("no [1004]", "mend the key or the account, which s2v doctor looks at, then go on", id="no key"),
    ],
)
def test_who_is_stopped_by_a_provider_is_told_what_to_mend_before_going_on(desk: Desk, prompt: str, first: str) -> None:
    done = desk.s2v("run", desk.manifest([prompt]))

    assert done.out.endswith(
        f"next: s2v run m.yaml   # 1 item not finished yet: {first}; nothing that has a job is bought twice\n"
    )


def test_a_reply_that_was_lost_is_never_bought_again_by_itself(desk: Desk) -> None:
    manifest = desk.manifest(["lost [500]"])
    codes = [desk.s2v("run", manifest).code for _ in range(3)]

    assert codes == [6, 6, 6]
    assert desk.submits == ["lost [500]"]
    assert desk.results()["a"]["reserved"] == {"amount": "0.65", "currency": "USD"}


def test_a_failed_item_is_tried_again_only_when_asked(desk: Desk) -> None:
    manifest = desk.manifest(["bad [1026 once]", "bad too [1042]"], retry={"backoff": "10ms..20ms"})
    assert [desk.s2v("run", manifest).code for _ in range(2)] == [5, 5]

    done = desk.s2v("run", manifest, "--code", "1026")

    assert done.code == 0, done.out + done.err
    assert sorted(desk.submits) == ["bad [1026 once]", "bad [1026 once]", "bad too [1042]"]
    assert [row["state"] for row in desk.results().values()] == ["done", "failed"]


def test_the_budget_is_never_overshot(desk: Desk) -> None:
    limits = {"budget": {"amount": 1.50, "currency": "USD"}}
    manifest = desk.manifest(["one", "two", "three", "four"], limits=limits)

    done = desk.s2v("run", manifest)

    assert done.code == 7
    assert "budget of 1.50 USD: 1.30 USD spent or reserved" in done.err
    assert sorted(desk.submits) == ["one", "two"]
    assert desk.s2v("run", manifest).code == 7
    assert len(desk.submits) == 2


def test_max_cost_caps_this_run_alone(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two", "three"])

    codes = [desk.s2v("run", manifest, "--max-cost", "0.70").code for _ in range(3)]

    assert codes == [7, 7, 0]
    assert desk.submits == ["one", "two", "three"]


def test_who_is_stopped_by_max_cost_is_told_of_it_and_of_no_budget(desk: Desk) -> None:
    done = desk.s2v("run", desk.manifest(["one", "two"]), "--max-cost", "0.70")

    assert "stopped: --max-cost of 0.70 USD: 0.65 USD spent or reserved, and minimax asks 0.65 USD\n" in done.err
    assert "budget" not in done.out + done.err


def test_a_run_that_finds_nothing_to_do_says_what_to_type_where_not_all_is_done(desk: Desk) -> None:
    manifest = desk.manifest(["fine", "bad [1026]"])
    desk.s2v("run", manifest)

    again = desk.s2v("run", manifest.name)

    idle, trouble, advice = again.out.splitlines()
    assert again.code == 5
    assert (idle, trouble) == (
        "1 of 2 videos done; 1 failed; nothing to do in runs/try",
        "  1 failed: 1026: mood 1026 (b)",
    )
    assert advice.startswith("next: s2v run m.yaml --failed   # 1 item failed: try again, which buys anew; ")


def test_a_cap_in_a_currency_without_a_price_is_refused_before_anything_is_sent(desk: Desk) -> None:
    done = desk.s2v("run", desk.manifest(["one"], limits={"budget": {"amount": 5, "currency": "EUR"}}))

    assert done.code == 3
    assert "limits.budget: the cap is in EUR, but the price at minimax is 0.65 USD" in done.err
    assert desk.submits == []


def test_a_dry_run_writes_and_sends_nothing(desk: Desk) -> None:
    done = desk.s2v("run", desk.manifest(["She smiles."]), "--dry-run")

    assert done.code == 0
    assert "buy at minimax for at most 0.65 USD" in done.out
    assert not (desk.folder / "runs").exists()
    assert desk.submits == []


def test_events_are_json_lines_and_the_last_is_the_check(desk: Desk) -> None:
    done = desk.s2v("run", desk.manifest(["She smiles."]), "--events")

    told = [json.loads(line)["event"] for line in done.out.splitlines()]
    assert [event for event in told if event != "seen"] == ["intended", "accepted", "finished", "saved", "checked"]
    assert "1 of 1 video done" in done.err


def test_json_is_the_report_itself(desk: Desk) -> None:
    done = desk.s2v("run", desk.manifest(["She smiles."]), "--json")

    assert done.document == json.loads((desk.folder / "runs/try/report.json").read_text())


def test_a_job_that_never_ends_is_left_open_and_asked_after_again(desk: Desk) -> None:
    manifest = desk.manifest(["slow [slow]"], limits={"item_deadline": "200ms"})

    codes = [desk.s2v("run", manifest).code for _ in range(2)]

    assert codes == [10, 10]
    assert desk.submits == ["slow [slow]"]
    assert desk.results()["a"]["state"] == "open"


def test_the_key_stands_nowhere(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one", "bad [1026]", "lost [500]"]))

    kept = [path for path in desk.folder.rglob("*") if path.is_file()]
    assert [path for path in kept if KEY.encode() in path.read_bytes()] == []


def test_a_video_that_was_deleted_comes_back_for_nothing(desk: Desk) -> None:
    manifest = desk.manifest(["She smiles."])
    desk.s2v("run", manifest)
    video = desk.folder / "runs/try/videos/a.mp4"
    before = video.read_bytes()
    video.unlink()

    done = desk.s2v("run", manifest)

    assert done.code == 0, done.err
    assert video.read_bytes() == before
    assert desk.submits == ["She smiles."]
    assert "1 video gone or changed in runs/try, fetched again for nothing: a" in done.err


def test_two_runs_never_share_a_folder(desk: Desk) -> None:
    manifest = desk.manifest(["slow [slow]"], limits={"item_deadline": "1m"})
    first = desk.start("run", manifest, "--events")
    assert first.stdout is not None
    first.stdout.readline()

    second = desk.s2v("run", manifest)

    first.kill()
    first.communicate()
    assert second.code == 9
    assert f"is held by another run (process {first.pid} on" in second.err


def test_the_report_counts_what_the_last_run_was_asked_for(desk: Desk) -> None:
    manifest = desk.manifest(["one", "bad [1026]", "three"])

    def selected(*args: object) -> dict[str, int]:
        document = desk.s2v(*args).document
        assert document == json.loads((desk.folder / "runs/try/report.json").read_text())
        return {state: count for state, count in document["summary"]["selected"].items() if count}

    assert selected("run", manifest, "--only", "a", "--json") == {"done": 1}
    assert selected("fetch", manifest, "--json") == {"done": 1}
    assert selected("run", manifest, "--json") == {"done": 2, "failed": 1}
    assert selected("run", manifest, "--only", "b", "--json") == {"failed": 1}
    assert desk.s2v("report", manifest).code == 0
    assert selected("status", manifest, "--json") == {"failed": 1}
    assert selected("run", manifest, "--json") == {"done": 2, "failed": 1}
