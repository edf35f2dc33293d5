from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from told_lives import FULL, PRICE, books_agree, entry, intent, item, key_of, lives, told

from runner import __version__
from runner.core.life.lifecycle import fold
from runner.core.life.state import Entry, Phase, index_of
from runner.edge.journal.annals import LOOKED_BACK
from runner.edge.journal.journal import Journal
from runner.edge.journal.state_file import FILE
from runner.errors import FolderError
from runner.events import (
    Accepted,
    Broke,
    Doubted,
    Event,
    Finished,
    Intended,
    Planned,
    Refused,
    Retired,
    Seen,
    Settled,
    Stalled,
    Stamped,
)
from runner.model import Kind, Money, Verdict

NO = Refused(verdict=Verdict(kind=Kind.CONTENT, code="1026", words="no"), final=False, retry_at=9.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_many_items_are_told_of_as_one_by_one(folder: Path) -> None:
    names = [f"item-{n}" for n in range(600)]
    keys = [key_of(name) for name in reversed(["never planned", *names, "nor this"])]
    with Journal.create_or_open(folder) as journal:
        journal.write_all(entry(told(item(name)), position=place) for place, name in enumerate(names))
        again = [
            *told(item("item-7")),
            Stamped(at=9.0, event=Retired()),
            Stamped(at=9.0, event=Planned(item=item("item-7", prompt="She nods."))),
        ]
        journal.write_all([entry(history=again)])

        tellings, phases = list(journal.tellings(keys)), list(journal.phases(keys))

        assert [each and each.item.id for each in tellings] == [None, *reversed(names), None]
        assert phases == [each and Phase.PLANNED for each in tellings]
        assert [journal.glance(key) for key in keys] == [
            each and (Phase.PLANNED, each.item.id, True) for each in tellings
        ]
        newest = journal.told(key_of("item-7"))
        assert newest is not None
        assert (newest.item.prompt, newest.position) == ("She nods.", 7)


def test_of_many_items_those_are_told_that_are_not_merely_planned(folder: Path) -> None:
    lives = {
        "plain": told(item("plain")),
        "gone": told(item("gone"), Retired()),
        "refused": told(item("refused"), intent(), NO),
        "doubted": told(item("doubted"), intent()),
        "failed": told(item("failed"), intent(), replace(NO, final=True)),
        "given up": told(item("given up"), intent(), Settled(decision="abandon")),
        "let go": told(item("let go"), intent(), Settled(decision="resubmit", by="policy")),
        "running": told(item("running"), intent(), Accepted(job_id="1"), Retired()),
    }
    names = [*lives, *(f"item-{n}" for n in range(600))]
    with Journal.create_or_open(folder) as journal:
        journal.write_all(
            entry(lives.get(name) or told(item(name)), position=place) for place, name in enumerate(names)
        )
        keys = {key_of(name): name for name in reversed(["never planned", *names])}

        assert [keys[key] for key in journal.begun(keys)] == [
            "running", "let go", "given up", "failed", "doubted"
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param((), False, id="nothing"),
        pytest.param((intent(),), True, id="no answer"),
        pytest.param((intent(), Accepted(job_id="1")), True, id="a job"),
        pytest.param((intent(), NO), False, id="a no"),
        pytest.param((intent(), NO, intent(2), NO), False, id="a second no"),
        pytest.param((intent(), NO, intent(2), Accepted(job_id="1")), True, id="a no, and then a job"),
        pytest.param((intent(), Settled(decision="resubmit"), intent(2), NO), True, id="a doubt, and then a no"),
        pytest.param((Settled(decision="adopt", job_id="1", by="callback"),), True, id="a job of a doubt from before"),
    ],
)
def test_it_is_known_whether_a_request_since_may_have_bought_something(
    folder: Path, events: tuple[Event, ...], *, expected: bool
) -> None:
    with Journal.create_or_open(folder) as journal:
        before = told(item("before"), intent(), Accepted(job_id="0"))
        journal.write_all([entry(before), entry(told(item("anna")))])
        since = journal.last_seq()
        history = told(item("anna"), *events)
        journal.write_all([Entry(key=key_of("anna"), stamped=history[1:], index=index_of(fold(history)))])

        assert (journal.bought_last(since=since) is not None) is expected


def test_every_commit_is_synced(folder: Path) -> None:
    with Journal.create_or_open(folder) as journal:
        assert journal.durability == ("wal", 2)


def test_a_new_journal_says_who_wrote_it_and_in_which_format(folder: Path) -> None:
    with Journal.create_or_open(folder, run_id="run-1") as journal:
        assert journal.header == {"format": 6, "run_id": "run-1", "epoch": 1, "runner": __version__}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
def test_a_journal_and_its_log_belong_to_their_owner_alone(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with Journal.create_or_open(tmp_path):
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(["state.db", "state.db-shm", "state.db-wal"], 0o600)


def test_what_a_run_notes_in_the_header_is_there_for_the_next(folder: Path) -> None:
    with Journal.create_or_open(folder) as journal:
        journal.set_header(plan="a", manifest="spring.yaml")
        journal.set_header(plan="b")
    with Journal.read(folder) as journal:
        assert (journal.header["plan"], journal.header["manifest"]) == ("b", "spring.yaml")


def test_the_newest_facts_of_some_kinds_come_in_their_order(folder: Path) -> None:
    seen = [Stamped(at=100.0 + n, event=Seen(status=f"word {n}")) for n in range(12)]
    with Journal.create_or_open(folder) as journal:
        journal.write_all([entry(history=[*told(item(), intent(), Accepted(job_id="1")), *seen])])

        assert [fact.at for _, fact in journal.newest(["Seen"], most=3)] == [109.0, 110.0, 111.0]
        assert [type(fact.event) for _, fact in journal.newest(["Accepted", "Intended"], most=2)] == [
            Intended,
            Accepted,
        ]


@pytest.mark.parametrize("event", FULL.values(), ids=lambda event: type(event).__name__)
def test_a_fact_is_read_back_as_it_was_written(folder: Path, event: Event) -> None:
    history = [*told(item(), intent()), Stamped(at=7.25, event=event)]
    with Journal.create_or_open(folder) as journal:
        journal.write_all([entry(history, position=0)])
    with Journal.create_or_open(folder) as journal:
        assert journal.history(item().key) == history


def test_words_that_are_no_unicode_are_kept(folder: Path) -> None:
    broken = Verdict(kind=Kind.CONTENT, code="1027", words="\ud800 \x00 她笑")
    history = told(item(prompt="\udcff"), intent(), Accepted(job_id="1"), Broke(verdict=broken))
    with Journal.create_or_open(folder) as journal:
        journal.write_all([entry(history, position=0)])
        assert journal.history(item().key) == history


def test_an_item_that_was_never_planned_has_no_state(folder: Path) -> None:
    with Journal.create_or_open(folder) as journal:
        assert journal.state("0" * 64) is None


def test_the_second_to_open_takes_over_and_the_first_writes_nothing_any_more(folder: Path) -> None:
    planned = entry(told(item()), position=0)
    with Journal.create_or_open(folder) as first:
        first.write_all([planned])
        with Journal.create_or_open(folder) as second:
            with pytest.raises(FolderError, match="another run has taken over"):
                first.write(planned.key, [Stamped(at=1.0, event=Doubted(reason="late"))], planned.index)
            with pytest.raises(FolderError, match="another run has taken over"):
                first.set_header(plan="late")
            second.write(planned.key, [Stamped(at=2.0, event=Doubted(reason="mine"))], planned.index)
            assert [stamped.event for _, _, stamped in second.events()] == [
                Planned(item=item()),
                Doubted(reason="mine"),
            ]
            assert "plan" not in second.header


def test_what_fails_half_way_through_a_commit_leaves_nothing(folder: Path) -> None:
    def entries() -> Iterator[Entry]:
        yield entry(told(item()), position=0)
        raise RuntimeError

    with Journal.create_or_open(folder) as journal:
        with pytest.raises(RuntimeError):
            journal.write_all(entries())
        assert (list(journal.events()), list(journal.index())) == ([], [])
        journal.write_all([entry(told(item()), position=0)])


def a_plan(count: int) -> list[Entry]:
    return [entry(told(item(f"item-{at}")), position=at) for at in range(count)]


def test_a_journal_may_be_closed_while_somebody_still_reads(folder: Path) -> None:
    with Journal.create_or_open(folder) as journal:
        journal.write_all(a_plan(3))
        events = journal.events()
        next(events)
    del events  # an exception here would be reported as unraisable


def test_another_run_can_be_watched_while_it_writes(folder: Path) -> None:
    planned = entry(told(item()), position=0)
    with Journal.create_or_open(folder) as writer, Journal.read(folder) as reader:
        assert reader.counts() == {}
        writer.write_all([planned])
        assert reader.counts() == {"planned": 1}
        seen = reader.events()
        next(seen)
        writer.write(planned.key, [Stamped(at=1.0, event=Seen(status="Queueing"))], planned.index)
        assert list(seen) == []  # what began to be read stays as it was
        assert len(reader.history(planned.key)) == 2


def test_a_journal_that_was_opened_to_look_at_it_is_not_changed(folder: Path) -> None:
    Journal.create_or_open(folder).close()
    before = (folder / "state.db").read_bytes()
    with Journal.read(folder) as journal:
        list(journal.states())
    assert (folder / "state.db").read_bytes() == before


def test_keys_come_in_plan_order_page_by_page(folder: Path) -> None:
    plan = a_plan(7)
    with Journal.create_or_open(folder) as journal:
        journal.write_all(reversed(plan))
        pages, after = [], -1
        while page := journal.places([Phase.PLANNED], after=after, most=3):
            pages.append([key for _, key in page])
            after = page[-1][0]
    keys = [each.key for each in plan]
    assert pages == [keys[:3], keys[3:6], keys[6:]]


def test_only_wanted_items_in_the_phases_asked_for_are_paged(folder: Path) -> None:
    histories = {
        "plain": told(item("plain")),
        "open": told(item("open"), intent()),
        "gone": told(item("gone"), Retired()),
        "gone-open": told(item("gone-open"), intent(), Accepted(job_id="1"), Retired()),
    }
    with Journal.create_or_open(folder) as journal:
        journal.write_all(entry(history, position=at) for at, history in enumerate(histories.values()))
        keys = {id_: item(id_).key for id_ in histories}
        assert journal.places([Phase.PLANNED, Phase.IN_DOUBT, Phase.RUNNING]) == [(0, keys["plain"]), (1, keys["open"])]
        assert journal.keys_in([Phase.RUNNING]) == [keys["gone-open"]]
        assert journal.counts() == {"planned": 1, "in_doubt": 1}


def test_an_item_keeps_its_place_until_the_plan_gives_it_another(folder: Path) -> None:
    plain, other = a_plan(2)
    with Journal.create_or_open(folder) as journal:
        journal.write_all([plain, other])
        journal.write(plain.key, [Stamped(at=5.0, event=Stalled(reason="", retry_at=0.0))], plain.index)
        assert journal.places([Phase.PLANNED]) == [(0, plain.key), (1, other.key)]
        journal.write_all([Entry(key=plain.key, stamped=(), index=plain.index, position=9)])
        assert journal.places([Phase.PLANNED]) == [(1, other.key), (9, plain.key)]


def test_recent_facts_come_newest_first_and_end_at_the_moment_asked_for(folder: Path) -> None:
    history = told(item(), intent(), Accepted(job_id="1"), Seen(status="Queueing"))
    with Journal.create_or_open(folder) as journal:
        journal.write_all([entry(history, position=0)])
        assert list(journal.recent(2.0)) == [(item().key, history[3]), (item().key, history[2])]
        assert journal.recent_keys(["Accepted", "Seen"], 2.0) == [item().key]
        assert journal.recent_keys(["Accepted"], 3.0) == []


def test_a_fact_by_a_clock_that_was_behind_hides_none_before_it(folder: Path) -> None:
    bought, settled = told(item("bought"), intent(), Accepted(job_id="1")), told(item("doubt"), intent())
    bought = [replace(stamped, at=stamped.at + 7_200.0) for stamped in bought]
    with Journal.create_or_open(folder) as journal:
        journal.write_all(entry(history) for history in (settled, bought))
        late = Stamped(at=3.0, event=Settled(decision="abandon"))
        journal.write_all([entry([*settled, late])])
        assert [stamped.at for _, stamped in journal.recent(7_000.0)] == [7_202.0, 7_201.0]
        assert journal.recent_keys(["Accepted", "Settled"], 7_000.0) == [key_of("bought")]
        assert [journal.not_before(key_of("bought"), at) for at in (5.0, 9_000.0)] == [7_202.0, 9_000.0]


def test_what_happened_lately_is_found_by_an_index_and_not_by_a_walk(folder: Path) -> None:
    with Journal.create_or_open(folder) as journal:
        journal.write_all([entry(told(item(), intent()), position=0)])
    with closing(sqlite3.connect(folder / FILE)) as sql:
        happened = "kind NOT IN ('Planned', 'Retired')"
        queries = [
            f"SELECT item FROM event WHERE at >= 5 AND {happened} ORDER BY at DESC, seq DESC",
            f"SELECT item FROM event WHERE at >= 5 AND {happened} AND kind IN ('Purged') ORDER BY +seq",
            "SELECT key FROM item WHERE provider = 'minimax' AND job = '7'",
            "SELECT item FROM event WHERE kind IN ('Accepted', 'Settled') AND json_extract(body, '$.job_id') = '7'",
            "SELECT DISTINCT item FROM event INDEXED BY event_by_refusal WHERE kind = 'Refused' AND at >= 5",
            "SELECT DISTINCT item FROM event INDEXED BY event_by_doubt WHERE kind = 'Doubted' AND at >= 5",
        ]
        plans = [str(list(sql.execute(f"EXPLAIN QUERY PLAN {query}"))) for query in queries]
    indexes = ["event_by_time"] * 2 + ["item_by_job", "event_by_job", "event_by_refusal", "event_by_doubt"]
    assert all(index in plan for index, plan in zip(indexes, plans, strict=True)), plans


def test_the_newest_facts_of_a_kind_are_found_and_no_further_back_than_is_quick(folder: Path) -> None:
    ended = [told(item(id_), intent(), Accepted(job_id=id_), FULL[Finished]) for id_ in ("a", "b", "c")]
    planned = [told(item(f"planned-{number}")) for number in range(LOOKED_BACK)]
    with Journal.create_or_open(folder) as journal:
        assert journal.newest(["Finished"], most=9) == []
        journal.write_all(entry(history) for history in ended)
        assert [key for key, _ in journal.newest(["Finished"], most=2)] == [key_of("b"), key_of("c")]

        journal.write_all(entry(history) for history in planned[1:])
        assert [key for key, _ in journal.newest(["Finished"], most=9)] == [key_of("c")]


def test_what_a_manifest_says_of_an_item_is_nothing_that_happened_to_it(folder: Path) -> None:
    history = told(item(), intent(), Retired(), Planned(item=item()), FULL[Refused])
    with Journal.create_or_open(folder) as journal:
        journal.write_all([entry(history, position=0)])
        assert [stamped for _, stamped in journal.recent(0.0)] == [history[4], history[1]]


def test_facts_that_come_from_another_journal_are_recent_by_their_time_and_not_by_their_number(folder: Path) -> None:
    mine, other = told(item(), intent(), Accepted(job_id="1")), told(item("other"), intent(), Accepted(job_id="2"))
    later = [replace(stamped, at=stamped.at + 100.0) for stamped in mine]
    with Journal.create_or_open(folder) as journal:
        journal.write_all([entry(later, position=0)])
        facts = [(key_of("other"), stamped) for stamped in other]
        index = index_of(fold(other))
        journal.take_in(facts, [Entry(key=key_of("other"), stamped=(), index=index, position=1)], {"name": "x"})
        journal.write(item().key, [Stamped(at=200.0, event=Seen(status="x"))], index_of(fold(later)))

        assert [stamped.at for _, stamped in journal.recent(101.0)] == [200.0, 102.0, 101.0]
        assert [stamped.at for _, stamped in journal.recent(1.0)] == [200.0, 102.0, 101.0, 2.0, 1.0]
        assert [journal.recent_keys(["Accepted"], since) for since in (2.0, 3.0, 103.0)] == [
            [item().key, key_of("other")], [item().key], [],
        ]  # fmt: skip
        assert journal.history(key_of("other")) == other
        assert journal.header["name"] == "x"


def test_what_is_read_while_nobody_writes_leaves_nothing_behind(folder: Path) -> None:
    with Journal.create_or_open(folder) as journal:
        journal.write_all([entry(told(item()), position=0)])

    with Journal.read(folder, is_still=True) as journal:
        assert journal.last_seq() == 1

    assert [path.name for path in folder.iterdir()] == ["state.db"]


def test_committed_money_is_what_was_spent_and_what_is_reserved_by_currency(folder: Path) -> None:
    yuan = Money(micros=3_000_000, currency="CNY")
    histories = [
        told(item("bought"), intent(), Accepted(job_id="1")),
        told(item("in-doubt"), intent()),
        told(item("refused"), intent(), FULL[Refused]),
        told(item("elsewhere"), replace(intent(), price=yuan)),
        told(item("free"), replace(intent(), price=None)),
    ]
    with Journal.create_or_open(folder) as journal:
        journal.write_all(entry(history, position=at) for at, history in enumerate(histories))
        assert journal.committed() == {"USD": 2 * PRICE.micros, "CNY": yuan.micros}


@settings(max_examples=25)
@given(st.tuples(*(lives(f"item-{number}") for number in range(3))), st.data())
def test_the_index_is_the_fold_of_all_facts(
    tmp_path_factory: pytest.TempPathFactory, histories: tuple[list[Stamped], ...], data: st.DataObject
) -> None:
    with Journal.create_or_open(tmp_path_factory.mktemp("run")) as journal:
        for position, history in enumerate(histories):
            cut = data.draw(st.integers(min_value=1, max_value=len(history)))
            journal.write_all([entry(history[:cut], position=position)])
            for at in range(cut, len(history)):
                key = fold(history).item.key
                journal.write(key, history[at : at + 1], index_of(fold(history[: at + 1])))
        folded = {fold(history).item.key: fold(history) for history in histories}
        assert {state.item.key: state for state in journal.states()} == folded
        assert dict(journal.index()) == {key: index_of(state) for key, state in folded.items()}
        assert books_agree(journal)
