from __future__ import annotations

from pathlib import Path

from studio import video_of
from worlds import CHECK_S, FETCH_S, PACE, World, item

from runner.core.sums.ending import Conclusion, Ending
from runner.events import Accepted, Checked, Finished, Intended, Saved
from runner.model import Rate


def test_one_item_comes_home_to_the_second(tmp_path: Path) -> None:
    one = World(folder=tmp_path, ids=["anna"])
    assert one.run() == Conclusion(ending=Ending.FINISHED)
    accepted = 0.5
    finished = accepted + PACE.first_s + 4 * PACE.every_s + 0.5  # a poll takes half a second, and puts off no other
    saved = finished + 0.5 + FETCH_S
    assert [(at, type(event)) for at, _, event in one.diary.pages if type(event) in _LIFE] == [
        (0.0, Intended), (accepted, Accepted), (finished, Finished), (saved, Saved), (saved + CHECK_S, Checked),
    ]  # fmt: skip
    assert one.disk.videos == {"anna.mp4": video_of("anna")}
    assert one.disk.sidecars == {"anna.mp4": "done"}


def test_a_batch_respects_rate_and_slots_and_wastes_no_second(tmp_path: Path) -> None:
    batch = World(
        folder=tmp_path, ids=[f"item-{n}" for n in range(12)], rates=(Rate(count=5, window_s=60.0),), in_flight=8
    )
    batch.run()
    assert set(batch.phases().values()) == {"done"}
    assert sorted(receipt.prompt for receipt in batch.studio.submits) == sorted(batch.ids)
    assert batch.studio.most_submits_in(60.0) == 5
    assert batch.studio.most_in_flight() <= 8
    assert batch.diary.times(Intended) == [*[0.0] * 5, *[60.5] * 3, *[61.0] * 2, *[121.0] * 2]


def test_slots_are_given_on_as_jobs_are_seen_to_end(tmp_path: Path) -> None:
    batch = World(folder=tmp_path, ids=list("abcd"), in_flight=1)
    batch.run()
    ends, starts = batch.diary.times(Finished), batch.diary.times(Intended)
    assert starts == [0.0, *ends[:3]]
    assert batch.studio.most_in_flight() == 1


def test_no_more_requests_are_under_way_than_the_wire_has_connections(tmp_path: Path) -> None:
    batch = World(folder=tmp_path, ids=[str(n) for n in range(20)])
    batch.run()
    assert batch.diary.times(Intended) == [*[0.0] * 8, *[0.5] * 8, *[1.0] * 4]


def test_every_rate_holds_at_once(tmp_path: Path) -> None:
    batch = World(
        folder=tmp_path,
        ids=[str(n) for n in range(9)],
        rates=(Rate(count=2, window_s=10.0), Rate(count=5, window_s=60.0)),
    )
    batch.run()
    assert batch.diary.times(Intended) == [0.0, 0.0, 10.5, 10.5, 21.0, 60.5, 60.5, 71.0, 71.0]


def test_no_more_states_are_at_hand_than_items_are_under_way(tmp_path: Path) -> None:
    batch = World(folder=tmp_path, ids=[str(n) for n in range(300)], in_flight=8)
    sizes: list[int] = []
    batch.passes = lambda _: sizes.append(len(batch.drive.ledger)) if batch.drive else None
    batch.run()
    assert max(sizes) <= 8 + 8 + 1  # running, on their way home, and the next one at the gate
    assert batch.drive is not None
    assert len(batch.drive.ledger) == 0


def test_a_second_run_over_a_finished_batch_asks_nobody(tmp_path: Path) -> None:
    batch = World(folder=tmp_path, ids=list("ab"))
    batch.run()
    asked = len(batch.studio.submits), len(batch.studio.polls), len(batch.studio.links), len(batch.diary.pages)
    assert batch.run() == Conclusion(ending=Ending.FINISHED)
    assert (
        len(batch.studio.submits),
        len(batch.studio.polls),
        len(batch.studio.links),
        len(batch.diary.pages),
    ) == asked


def test_only_what_is_selected_is_bought(tmp_path: Path) -> None:
    batch = World(folder=tmp_path, ids=list("abc"), selected={item("b").key})
    batch.run()
    assert batch.phases() == {"a": "planned", "b": "done", "c": "planned"}


_LIFE = {Intended, Accepted, Finished, Saved, Checked}
