"""Several machines run one manifest, each its shard: every item is bought once, and no limit is exceeded together."""

from __future__ import annotations

import time
from typing import Any

import pytest
from desk import Desk, Done

from runner.core.life.lifecycle import fold
from runner.core.life.state import index_of
from runner.core.plan.shard import holds
from runner.edge.folder.owning import owned
from runner.edge.journal.journal import Journal
from runner.events import Accepted, Broke, Event, Intended, Requeued, Settled, Stamped
from runner.model import Kind, Shard, Verdict

PRICED = {"minimax": {"poll": "20ms", "rate": "1000/1s", "price": {"amount": 0.5, "currency": "USD"}}}
PROMPTS = ["one", "two", "three", "four", "five", "six", "seven", "eight"]


def ids_of(desk: Desk, shard: str, *flags: object) -> set[str]:
    document = desk.s2v("plan", "m.yaml", "--shard", shard, "--json", *flags).document
    return {line["id"] for line in document["items"] if line["action"] == "buy"}


def run_all(desk: Desk, count: int, *flags: object) -> list[Done]:
    return [desk.s2v("run", "m.yaml", "--shard", f"{n}/{count}", *flags) for n in range(1, count + 1)]


def test_shards_buy_every_item_once_each_in_a_folder_of_its_own(desk: Desk) -> None:
    desk.manifest(PROMPTS)

    done = run_all(desk, 3)

    assert [each.code for each in done] == [0, 0, 0], [each.err for each in done]
    assert sorted(desk.submits) == sorted(PROMPTS)
    assert sorted(path.name for path in (desk.folder / "runs").iterdir()) == [
        f"try.shard-{n}of3" for n in (1, 2, 3)
    ]  # fmt: skip
    videos = [video for n in (1, 2, 3) for video in desk.videos(f"try.shard-{n}of3")]
    assert sorted(videos) == [f"{id_}.mp4" for id_ in "abcdefgh"]
    assert all("nothing to do" in each.out for each in run_all(desk, 3))


def test_a_shard_goes_on_while_another_one_waits_for_its_person_to_answer(desk: Desk) -> None:
    manifest = desk.manifest(PROMPTS, providers=PRICED)
    desk.s2v_at_a_terminal("run", manifest, "--shard", "1/2", typed="n\n")

    with owned(desk.folder / "runs/try.shard-1of2"):  # as it is while the question stands there
        done = desk.s2v("run", manifest, "--shard", "2/2")

    assert done.code == 0, done.err
    assert set(desk.submits) < set(PROMPTS)


def test_a_shard_is_known_as_one_from_the_moment_at_which_its_journal_is_there(desk: Desk) -> None:
    manifest, state = desk.manifest(PROMPTS), desk.folder / "runs/try.shard-1of2/state.db"
    with desk.start("run", manifest, "--shard", "1/2") as process:
        while not state.exists():
            assert process.poll() is None
        process.kill()

    with owned(state.parent):  # as it is while that run goes on
        done = desk.s2v("run", manifest, "--shard", "2/2")

    assert done.code == 0, done.err


def test_a_shard_is_a_matter_of_what_is_bought_and_not_of_its_place_or_name(desk: Desk) -> None:
    keys = {
        item["id"]: item["key"]
        for item in desk.s2v("plan", desk.manifest(PROMPTS), "--json").document["items"]
    }  # fmt: skip
    before = {shard: ids_of(desk, shard) for shard in ("1/2", "2/2")}
    desk.manifest(["new", *reversed(PROMPTS)])
    renamed = dict(zip("bcdefghi", reversed("abcdefgh"), strict=True))

    after = {shard: {renamed[id_] for id_ in ids_of(desk, shard) - {"a"}} for shard in ("1/2", "2/2")}

    assert before == after
    assert before["1/2"] == {id_ for id_, key in keys.items() if holds(Shard(index=1, count=2), key)}


def test_a_shard_s_folder_stands_beside_output_dir(desk: Desk) -> None:
    desk.manifest(PROMPTS[:3], output={"dir": "there/videos"})

    run_all(desk, 2)

    assert sorted(path.name for path in (desk.folder / "there").iterdir()) == ["videos.shard-1of2", "videos.shard-2of2"]


@pytest.mark.parametrize("command", ["status", "report", "verify", "log", "diff", "check", "plan", "fetch", "resolve"])
def test_every_command_finds_a_shard_by_its_flag_and_by_its_folder(desk: Desk, command: str) -> None:
    desk.manifest(PROMPTS[:4])
    run_all(desk, 2)

    by_flag = desk.s2v(command, "m.yaml", "--shard", "2/2")
    by_folder = desk.s2v(command, "runs/try.shard-2of2")

    assert by_flag.code == 0, by_flag.err
    assert by_flag.out == by_folder.out


@pytest.mark.parametrize("command", ["run", "retry", "fetch", "plan", "status", "check"])
def test_a_folder_remembers_its_shard_and_refuses_another(desk: Desk, command: str) -> None:
    desk.manifest(PROMPTS)
    run_all(desk, 2)

    done = desk.s2v(command, "runs/try.shard-1of2", "--shard", "2/2")

    assert done.code == 2
    assert "runs/try.shard-1of2 is the folder of shard 1/2; shard 2/2 needs a folder of its own" in done.err
    assert len(desk.submits) == len(PROMPTS)


@pytest.mark.parametrize("command", ["run", "fetch", "plan", "status"])
@pytest.mark.parametrize(
    ("name", "flags", "words"),
    [
        pytest.param("try", (), "is the folder of shard 1/2; a whole run needs a folder", id="as the whole"),
        pytest.param("try.shard-2of2", ("--shard", "2/2"), "is the folder of shard 1/2; shard 2/2", id="as another"),
    ],
)
def test_a_shard_s_folder_under_another_name_is_refused(
    desk: Desk, command: str, name: str, flags: tuple[str, ...], words: str
) -> None:
    desk.manifest(PROMPTS)
    desk.s2v("run", "m.yaml", "--shard", "1/2")
    (desk.folder / "runs/try.shard-1of2").rename(desk.folder / "runs" / name)
    bought = len(desk.submits)

    done = desk.s2v(command, "m.yaml", *flags)

    assert done.code == 2
    assert words in done.err
    assert len(desk.submits) == bought


def test_a_folder_that_is_not_the_manifest_s_any_more_is_not_bought_anew_elsewhere(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one"]))
    desk.manifest(["one"], output={"dir": "runs/moved"})

    done = desk.s2v("run", "runs/try")

    assert done.code == 2
    assert "runs/try is not where m.yaml is run by now, which is runs/moved" in done.err
    assert desk.submits == ["one"]


def test_a_whole_run_does_not_buy_what_a_shard_bought_before_they_are_merged(desk: Desk) -> None:
    desk.manifest(PROMPTS)
    run_all(desk, 2)

    done = desk.s2v("run", "m.yaml")

    assert done.code == 2
    assert "may be paid for in runs/try.shard-1of2 already" in done.err
    assert "s2v merge runs/try runs/try.shard-1of2" in done.err
    assert len(desk.submits) == len(PROMPTS)


def test_a_shard_does_not_buy_what_the_whole_run_bought(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(PROMPTS))

    done = desk.s2v("run", "m.yaml", "--shard", "1/2")

    assert done.code == 2
    assert "may be paid for in runs/try already" in done.err
    assert len(desk.submits) == len(PROMPTS)


LOST = Verdict(kind=Kind.CONTENT, code="1027", words="output new_sensitive")


@pytest.mark.parametrize(
    "came_of_it", [(Accepted(job_id="j"), Broke(verdict=LOST)), (Settled(decision="abandon"),)],
    ids=["its job failed", "its doubt was given up"],
)  # fmt: skip
def test_what_a_shard_asked_for_at_a_price_that_nobody_knows_is_not_bought_by_the_whole_run(
    desk: Desk, came_of_it: tuple[Event, ...]
) -> None:
    desk.manifest(["one [1026]"])
    (shard,) = (shard for shard in ("1/2", "2/2") if ids_of(desk, shard))
    desk.s2v("run", "m.yaml", "--shard", shard)
    intent = Intended(attempt=2, provider="vapi", price=None, idempotency_key=None)
    with Journal.create_or_open(desk.folder / f"runs/try.shard-{shard.replace('/', 'of')}") as book:
        (key,) = book.keys_in(["failed"])
        news = [Stamped(at=time.time(), event=event) for event in (Requeued(by="retry"), intent, *came_of_it)]
        book.write(key, news, index_of(fold([*book.history(key), *news])))

    done = desk.s2v("run", "m.yaml")

    assert "may be paid for in runs/try.shard-" in done.err
    assert (done.code, len(desk.submits)) == (2, 1)


def test_shards_of_two_divisions_do_not_buy_one_item_twice(desk: Desk) -> None:
    desk.manifest(PROMPTS)
    run_all(desk, 2)

    done = run_all(desk, 3)

    assert {each.code for each in done} == {2}
    assert len(desk.submits) == len(PROMPTS)


def test_while_a_shard_is_run_the_whole_is_not(desk: Desk) -> None:
    desk.manifest(["slow [slow]"], limits={"item_deadline": "1m"})
    (shard,) = (shard for shard in ("1/2", "2/2") if ids_of(desk, shard))
    first = desk.start("run", "m.yaml", "--shard", shard, "--events")
    assert first.stdout is not None
    first.stdout.readline()

    second = desk.s2v("run", "m.yaml")

    first.kill()
    first.communicate()
    assert second.code == 9
    assert f"is held by another run (process {first.pid} on" in second.err


LIMITS: dict[str, Any] = {"budget": {"amount": 3.90, "currency": "USD"}, "in_flight": 3, "rate": "1000/1s"}


def test_the_plan_tells_the_shard_s_part_of_every_limit(desk: Desk) -> None:
    desk.manifest(PROMPTS, limits={**LIMITS, "stop_after": {"failures": 5}})

    told = desk.s2v("plan", "m.yaml", "--shard", "1/2").out
    part = desk.s2v("plan", "m.yaml", "--shard", "2/2", "--json").document["shard"]

    assert "budget 1.95 USD of 3.90 USD, rate 500 in 1 s of 1000 in 1 s, in_flight 2 of 3" in told
    assert part["limits"]["in_flight"] == {"part": "1", "whole": "3"}
    assert part["limits"]["stop_after.failures"] == {"part": "2", "whole": "5"}
    assert (part["index"], part["count"], part["videos_of_all"]) == (2, 2, 8)


def test_all_shards_together_never_exceed_the_budget(desk: Desk) -> None:
    desk.manifest(PROMPTS, limits={"budget": {"amount": 3.00, "currency": "USD"}})

    done = run_all(desk, 2)

    assert {each.code for each in done} == {7}
    assert len(desk.submits) == 4
    assert all("budget of 1.50 USD" in each.err for each in done)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        pytest.param({"in_flight": 3}, "m.yaml:13:14: limits.in_flight: 3 cannot be divided among", id="slots"),
        pytest.param({"rate": "2/1m"}, "limits.rate: 2 in 1 min cannot be divided among 4 shards", id="rate"),
        pytest.param({"stop_after": {"failures": 1}}, "limits.stop_after.failures: 1 cannot", id="stop-loss"),
        pytest.param(
            {"budget": {"amount": 2.00, "currency": "USD"}},
            "limits.budget: the part of shard 1/4 is 0.50 USD, which buys nothing: a video is 0.65 USD at minimax",
            id="budget",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["check", "plan", "run"])
def test_a_limit_that_cannot_be_divided_is_refused(
    desk: Desk, command: str, limits: dict[str, Any], words: str
) -> None:
    done = desk.s2v(command, desk.manifest(["one"], limits=limits), "--shard", "1/4")

    assert done.code == 3
    assert words in done.err
    assert desk.submits == []


def test_a_provider_s_own_limit_is_divided_too(desk: Desk) -> None:
    desk.manifest(PROMPTS, providers={"minimax": {"poll": "20ms"}})

    one = desk.s2v("plan", "m.yaml", "--shard", "1/5")
    many = desk.s2v("plan", "m.yaml", "--shard", "1/6")

    assert "rate at minimax 1 in 1 min of 5 in 1 min" in one.out
    assert many.code == 3
    assert "providers.minimax.rate: 5 in 1 min cannot be divided among 6 shards" in many.err


def test_a_shard_without_an_item_has_nothing_to_do(desk: Desk) -> None:
    desk.manifest(["one"])

    done = run_all(desk, 2)

    assert [each.code for each in done] == [0, 0], [each.err for each in done]
    assert desk.submits == ["one"]
    assert sorted(desk.s2v("check", "m.yaml", "--shard", f"{n}/2").out.split(":")[1][:9] for n in (1, 2)) == [
        " 0 videos", " 1 video "
    ]  # fmt: skip


def test_one_command_line_serves_all_machines_also_where_it_selects_nothing(desk: Desk) -> None:
    desk.manifest(PROMPTS)

    done = run_all(desk, 3, "--only", "a")
    wrong = desk.s2v("run", "m.yaml", "--shard", "1/3", "--only", "z")

    assert [each.code for each in done] == [0, 0, 0]
    assert desk.submits == ["one"]
    assert (wrong.code, "no item is called 'z'" in wrong.err) == (2, True)


def test_advice_names_the_shard(desk: Desk) -> None:
    desk.manifest(["bad [1026]"])
    (shard,) = (shard for shard in ("1/2", "2/2") if ids_of(desk, shard))

    done = desk.s2v("run", "m.yaml", "--shard", shard)

    assert f"next: s2v run m.yaml --shard {shard} --failed" in done.out
    assert desk.s2v("retry", "m.yaml", "a", "--shard", shard).code == 5
    assert len(desk.submits) == 2


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "1/0", "a/b", "-1/4", "1/4/2"])
def test_what_is_no_shard_is_a_word_of_the_command_line(desk: Desk, text: str) -> None:
    done = desk.s2v("plan", desk.manifest(["one"]), f"--shard={text}")

    assert done.code == 2
    assert f"found '{text}', expected i/n" in done.err
