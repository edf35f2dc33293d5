"""The path of a submit, and the box in which hints wait."""

from __future__ import annotations

import asyncio
import threading
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.edge.callbacks.mailbox import Mailbox
from runner.edge.callbacks.paths import Paths
from runner.edge.secret import Secret
from runner.engine.ports import Hint

URL = "https://example.org/s2v"
SECRET = Secret("5" * 64)
PATHS = Paths(URL, "run1", SECRET)
KEY = "ab" * 32
OWN = PATHS.url_for(KEY, 2).removeprefix("https://example.org")


def hint(key: str = KEY, attempt: int = 1, job_id: str | None = None, *, is_over: bool = False) -> Hint:
    return Hint(key=key, attempt=attempt, job_id=job_id, is_over=is_over)


def test_a_path_is_known_again_by_another_run_with_the_same_secret() -> None:
    assert Paths("https://elsewhere.org", "run1", Secret("5" * 64)).read(OWN) == (KEY, 2)


def test_every_submit_has_a_path_of_its_own() -> None:
    paths = {PATHS.url_for(key, attempt) for key in (KEY, "cd" * 32) for attempt in range(1, 50)}

    assert len(paths) == 98


@pytest.mark.parametrize("front", ["", "/s2v", "/a/proxy/put/this"])
def test_a_proxy_may_change_the_front_of_a_path(front: str) -> None:
    assert PATHS.read(OWN.replace("/s2v", front)) == (KEY, 2)


SIGNATURE = OWN.rsplit("/", 1)[1]
FORGED = [
    pytest.param("", id="empty"),
    pytest.param("/", id="root"),
    pytest.param("/s2v", id="the base"),
    pytest.param(f"/s2v/run1/{KEY}/2", id="no signature"),
    pytest.param(f"/s2v/run1/{KEY}/2/", id="an empty signature"),
    pytest.param(f"/s2v/run1/{KEY}/2/{SIGNATURE[:-1]}", id="a signature cut short"),
    pytest.param(f"/s2v/run1/{KEY}/2/{SIGNATURE}/", id="something behind it"),
    pytest.param(f"/s2v/run1/{KEY}/2/{SIGNATURE.upper()}", id="a signature in capitals"),
    pytest.param(f"/s2v/run1/{KEY}/2/{'0' * 64}", id="a wrong signature"),
    pytest.param(f"/s2v/run1/{KEY}/2/\u00e9\ud800", id="a signature that is no ASCII"),
    pytest.param(f"/s2v/run1/{KEY}/3/{SIGNATURE}", id="another attempt"),
    pytest.param(f"/s2v/run1/{KEY}/02/{SIGNATURE}", id="the same attempt, written otherwise"),
    pytest.param(f"/s2v/run1/{KEY}/\u0662/{SIGNATURE}", id="the same attempt in other digits"),
    pytest.param(f"/s2v/run1/{KEY[:-1]}0/2/{SIGNATURE}", id="another item"),
    pytest.param(f"/s2v/run1/{KEY[:32]}/2/{SIGNATURE}", id="a part of the item"),
    pytest.param(f"/s2v/run2/{KEY}/2/{SIGNATURE}", id="another run"),
    pytest.param(Paths(URL, "run2", SECRET).url_for(KEY, 2), id="signed for another run"),
    pytest.param(Paths(URL, "run1", Secret("6" * 64)).url_for(KEY, 2), id="signed with another secret"),
]


@pytest.mark.parametrize("path", FORGED)
def test_a_path_that_this_run_did_not_make_is_nothing(path: str) -> None:
    assert PATHS.read(path) is None


THEIRS = Secret("6" * 64)
MERGED = Paths(URL, "run1", SECRET, {("run2", KEY, "2"): THEIRS})


def test_a_path_of_a_run_that_was_merged_is_known_for_that_very_submit() -> None:
    assert MERGED.read(Paths(URL, "run2", THEIRS).url_for(KEY, 2)) == (KEY, 2)
    assert MERGED.read(OWN) == (KEY, 2)


@pytest.mark.parametrize(
    ("run_id", "secret", "key", "attempt"),
    [
        ("run2", THEIRS, KEY, 1), ("run2", THEIRS, f"{KEY[:-1]}0", 2), ("run2", SECRET, KEY, 2),
        ("run3", THEIRS, KEY, 2), ("run1", THEIRS, KEY, 2),
    ],
    ids=["another attempt", "another item", "our secret", "another run", "our run"],
)  # fmt: skip
def test_no_other_path_of_a_run_that_was_merged_is_known(run_id: str, secret: Secret, key: str, attempt: int) -> None:
    assert MERGED.read(Paths(URL, run_id, secret).url_for(key, attempt)) is None


@given(st.text(max_size=300))
def test_no_text_at_all_upsets_the_reader(text: str) -> None:
    assert PATHS.read(text) is None
    assert PATHS.read(OWN + text) == (None if text else (KEY, 2))


def test_the_secret_shows_in_no_path_and_no_repr() -> None:
    shown = f"{PATHS!r} {vars(Mailbox(PATHS))!r} {SECRET!r} {PATHS.url_for(KEY, 1)}"

    assert SECRET.reveal() not in shown


def test_what_is_said_twice_and_in_any_order_is_one_hint() -> None:
    mailbox = Mailbox(PATHS)
    for said in (hint(is_over=True), hint(job_id="j1"), hint(), hint(attempt=2), hint(is_over=True)):
        assert mailbox.put(said)

    assert mailbox.take() == [hint(job_id="j1", is_over=True), hint(attempt=2)]
    assert mailbox.take() == []


def test_no_job_that_is_named_for_one_submit_hides_another() -> None:
    mailbox = Mailbox(PATHS)
    for job_id in ("j1", None, "j2", "j1", "j3", "j4", "j5"):
        assert mailbox.put(hint(job_id=job_id))

    (kept,) = mailbox.take()
    assert kept.job_ids == ("j1", "j2", "j3", "j4")


def test_a_full_box_takes_no_more_submits_and_still_hears_those_it_has() -> None:
    mailbox = Mailbox(PATHS, most=2)

    taken = [mailbox.put(hint(attempt=attempt)) for attempt in (1, 2, 3, 1)]

    assert taken == [True, True, False, True]
    assert len(mailbox.take()) == 2


def test_a_closed_box_takes_nothing_so_that_a_provider_that_tries_again_does() -> None:
    mailbox = Mailbox(PATHS)
    mailbox.close()

    assert not mailbox.put(hint())


def test_ten_thousand_calls_about_one_submit_cost_the_memory_of_one() -> None:
    mailbox = Mailbox(PATHS)
    mailbox.put(hint())
    tracemalloc.start()
    for number in range(10_000):
        mailbox.put(hint(job_id=f"job-{number}"))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(mailbox.take()) == 1
    assert grown < 10_000


def test_a_hint_from_another_thread_rings_on_the_loop_once_until_the_box_is_emptied() -> None:
    mailbox, rings = Mailbox(PATHS), []

    async def attend() -> None:
        rung = asyncio.Event()

        def ring() -> None:
            rings.append(threading.current_thread())
            rung.set()

        mailbox.attend(ring)
        for _ in range(2):
            rung.clear()
            caller = threading.Thread(target=lambda: [mailbox.put(hint(attempt=n)) for n in range(1, 4)])
            caller.start()
            await rung.wait()
            caller.join()
            await asyncio.sleep(0)
            mailbox.take()

    asyncio.run(attend())
    assert rings == [threading.current_thread()] * 2
    assert mailbox.put(hint()), "and after the run a call is no error"
