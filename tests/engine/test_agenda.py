"""The agenda alone: due times, and items that are moved or removed before their time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.engine.agenda import Agenda, Lane


def drained(agenda: Agenda, lane: Lane) -> list[str]:
    return [agenda.take(lane) for _ in range(100) if agenda.due_at(lane) is not None]


def test_equal_times_are_served_in_the_order_in_which_they_came() -> None:
    agenda = Agenda()
    for key in "bca":
        agenda.put(Lane.POLL, key, 5.0)

    assert drained(agenda, Lane.POLL) == ["b", "c", "a"]


def test_a_hastened_item_is_served_once_and_earlier() -> None:
    agenda = Agenda()
    agenda.put(Lane.POLL, "a", 5.0)
    agenda.put(Lane.POLL, "b", 9.0)

    assert agenda.hasten(Lane.POLL, "b", 1.0)
    assert agenda.due_at(Lane.POLL) == 1.0
    assert drained(agenda, Lane.POLL) == ["b", "a"]


def test_only_what_is_there_and_due_later_can_be_hastened() -> None:
    agenda = Agenda()
    agenda.put(Lane.POLL, "a", 5.0)

    tries = [(Lane.FETCH, "a", 1.0), (Lane.POLL, "b", 1.0), (Lane.POLL, "a", 5.0), (Lane.POLL, "a", 6.0)]

    assert [agenda.hasten(lane, key, due) for lane, key, due in tries] == [False] * 4


def test_an_item_that_was_taken_and_entered_again_is_not_served_for_its_old_entry() -> None:
    agenda = Agenda()
    agenda.put(Lane.POLL, "a", 5.0)
    agenda.hasten(Lane.POLL, "a", 1.0)
    agenda.take(Lane.POLL)
    agenda.put(Lane.POLL, "a", 20.0)

    assert agenda.due_at(Lane.POLL) == 20.0


def test_a_removed_item_is_in_no_lane() -> None:
    agenda = Agenda()
    agenda.put(Lane.HEAR, "a", 5.0)
    agenda.put(Lane.HEAR, "b", 6.0)

    agenda.remove("a")

    assert agenda.entries(Lane.HEAR) == [(6.0, "b")]
    assert agenda.clear(Lane.HEAR) == ["b"]
    assert agenda.due_at(Lane.HEAR) is None


MOVES = st.tuples(
    st.sampled_from(["put", "hasten", "remove", "take", "clear"]),
    st.sampled_from([Lane.POLL, Lane.HEAR]), st.sampled_from("abc"), st.integers(0, 9),
)  # fmt: skip


@given(st.lists(MOVES, max_size=30))
def test_whatever_is_done_an_item_stands_in_one_lane_at_its_last_time(moves: list[tuple[str, Lane, str, int]]) -> None:
    agenda, model = Agenda(), dict[str, tuple[Lane, float]]()
    for move, lane, key, due in moves:
        there = {other: at for other, (of, at) in model.items() if of is lane}
        if move == "put":
            agenda.put(lane, key, due)
            model[key] = lane, due
        elif move == "hasten":
            assert agenda.hasten(lane, key, due) == (key in there and due < there[key])
            model |= {key: (lane, due)} if key in there and due < there[key] else {}
        elif move == "remove":
            agenda.remove(key)
            model.pop(key, None)
        elif move == "take" and there:
            taken = agenda.take(lane)
            assert there[taken] == min(there.values())
            del model[taken]
        elif move == "clear":
            assert sorted(agenda.clear(lane)) == sorted(there)
            model = {other: at for other, at in model.items() if other not in there}
        for each in (Lane.POLL, Lane.HEAR):
            left = {(at, other) for other, (of, at) in model.items() if of is each}
            assert set(agenda.entries(each)) == left
            assert agenda.due_at(each) == min((at for at, _ in left), default=None)


def test_of_what_is_due_the_lowest_rank_is_picked_and_of_equals_the_first() -> None:
    agenda = Agenda()
    ranks = {"a": 9.0, "b": 5.0, "c": 5.0, "later": 1.0}
    for due, key in ((1.0, "a"), (3.0, "b"), (2.0, "c"), (7.0, "later")):
        agenda.put(Lane.FETCH, key, due)

    picked = [agenda.pick(5.0, ranks.__getitem__) for _ in range(3)]

    assert picked == ["c", "b", "a"]
    assert agenda.due_at(Lane.FETCH) == 7.0


RANKS = {key: float(rank) for rank, key in enumerate("abcde")}


@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "remove", "pick", "clear"]), st.sampled_from("abcde"), st.integers(0, 9))
    )
)
def test_whatever_is_done_what_is_picked_is_due_and_of_the_lowest_rank(moves: list[tuple[str, str, int]]) -> None:
    agenda, model, now = Agenda(), dict[str, float](), 0
    for move, key, at in moves:
        match move:
            case "put":
                agenda.put(Lane.FETCH, key, at)
                model[key] = at
            case "remove":
                agenda.remove(key)
                model.pop(key, None)
            case "clear":
                assert sorted(agenda.clear(Lane.FETCH)) == sorted(model)
                model.clear()
            case _:
                now = max(now, at)
        due = {other: time for other, time in model.items() if time <= now}
        assert agenda.is_due(Lane.FETCH, now) == bool(due)
        if move == "pick" and due:
            assert agenda.pick(now, RANKS.__getitem__) == min(due, key=RANKS.__getitem__)
            del model[min(due, key=RANKS.__getitem__)]
        assert sorted(agenda.entries(Lane.FETCH)) == sorted((time, other) for other, time in model.items())
        assert {other for other, time in model.items() if time > now} <= set(agenda.waiting()) <= set(model)


def test_what_was_found_to_be_due_stays_so_when_the_clock_is_set_back() -> None:
    agenda = Agenda()
    for key in "abc":
        agenda.put(Lane.FETCH, key, 9.0)
    assert agenda.pick(9.0, RANKS.__getitem__) == "a"

    assert agenda.is_due(Lane.FETCH, 1.0)
    assert agenda.pick(1.0, RANKS.__getitem__) == "b"
