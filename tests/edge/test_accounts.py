"""The file by which runs at one account know of each other: what counts, for how long, and who may read it."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from runner.core.limits.admission import Go, Wait
from runner.edge.account.accounts import Holder, Tenant, joined, state_home
from runner.edge.account.claims import GRACE_S, RECHECK_S, Claims, Terms, uptime
from runner.edge.account.claims_file import FILE
from runner.edge.secret import Secret
from runner.errors import FolderError
from runner.model import Rate

CHILD = Path(__file__).with_name("account_child.py")
KEY = "sk-canary-account-1"
HOLDER = Holder(provider="studio", host="studio.invalid:443", key=Secret(KEY))
ONE_A_MINUTE = Terms(rate=Rate(count=1, window_s=60.0), in_flight=None, unseen_s=900.0)
ONE_SLOT = Terms(rate=None, in_flight=1, unseen_s=900.0)
TWO_SLOTS = Terms(rate=None, in_flight=2, unseen_s=900.0)


@dataclass
class House:
    """A state folder, a clock, and the runs that joined; `now` is theirs, too."""

    home: Path
    stack: ExitStack
    now: float = 1000.0
    runs: dict[str, ExitStack] = field(default_factory=dict)

    def join(self, name: str, terms: Terms, holder: Holder = HOLDER) -> Claims:
        """Let a run of this name join; the same name is the same folder."""
        self.runs[name] = self.stack.enter_context(ExitStack())
        tenant = Tenant(folder=self.home / name, run_id=name)
        claims = self.runs[name].enter_context(joined(self.home, holder, tenant, terms, clock=lambda: self.now))
        claims.begin({}, [])
        return claims

    def leave(self, name: str) -> None:
        self.runs[name].close()

    def ask(self, run: Claims, key: str = "b") -> float:
        """Return for how many seconds a run has to wait; 0 when it got its place."""
        answer = run.claim(key, now=self.now)
        run.settle()
        return answer.until - self.now if isinstance(answer, Wait) else 0.0

    @property
    def file(self) -> Path:
        (file,) = self.home.rglob(FILE)
        return file


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(tmp_path / "state", stack)


@contextmanager
def neighbour(home: Path, *claims: str) -> Iterator[subprocess.Popen[str]]:
    """Give a run in a process of its own, once it has its claims."""
    line = [sys.executable, str(CHILD), str(home), str(home / "child"), KEY, *claims]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "claimed\n"
        try:
            yield child
        finally:
            child.kill()


def test_a_submit_counts_from_its_answer_on_and_a_job_until_it_is_over(house: House) -> None:
    one, other = house.join("one", ONE_A_MINUTE), house.join("other", ONE_A_MINUTE)
    slots = house.join("slots", ONE_SLOT)
    house.ask(one, "a")
    assert house.ask(other) == RECHECK_S
    house.now += 10.0
    one.answered("a")
    assert house.ask(other) == 60.0
    assert house.ask(slots) == RECHECK_S
    house.now += 60.0
    one.release("a")
    assert house.ask(other) == 0.0


def test_a_job_that_may_run_unseen_keeps_its_slot_as_long_as_that_and_no_longer(house: House) -> None:
    one, other = house.join("one", ONE_SLOT), house.join("other", ONE_SLOT)
    house.ask(one, "a")
    one.answered("a")
    one.hold("a", 100.0)
    house.now += 99.0
    assert house.ask(other) == RECHECK_S
    house.now += 1.0
    assert house.ask(other) == 0.0


def test_a_submit_of_an_earlier_run_of_a_folder_counts_from_when_it_was(house: House) -> None:
    house.join("one", ONE_A_MINUTE).begin({}, [20.0])
    assert house.ask(house.join("other", ONE_A_MINUTE)) == 40.0


def test_a_job_of_an_earlier_run_of_a_folder_keeps_its_slot_as_long_as_it_may_run(house: House) -> None:
    house.join("one", ONE_SLOT).begin({"a": 1.5, "b": 0.5}, [])
    other = house.join("other", TWO_SLOTS)
    assert house.ask(other) == RECHECK_S
    house.now += 0.5
    assert house.ask(other) == 0.0


@pytest.mark.parametrize(
    ("rate", "in_flight", "is_shared"),
    [(None, None, False), (ONE_A_MINUTE.rate, None, True), (None, 1, True), (ONE_A_MINUTE.rate, 1, True)],
)
def test_an_account_of_which_any_limit_is_known_is_shared(
    rate: Rate | None, in_flight: int | None, *, is_shared: bool
) -> None:
    assert Terms(rate=rate, in_flight=in_flight, unseen_s=900.0).are_known is is_shared


@pytest.mark.parametrize(
    "holder",
    [
        Holder(provider="studio", host="studio.invalid:443", key=Secret("sk-another")),
        Holder(provider="studio", host="studio.invalid:444", key=Secret(KEY)),
        Holder(provider="relay", host="studio.invalid:443", key=Secret(KEY)),
        Holder(provider="studio", host="studio.invalid:443", key=None),
    ],
    ids=["another key", "another port", "another provider", "no key"],
)
def test_another_account_is_not_shared(house: House, holder: Holder) -> None:
    house.ask(house.join("one", ONE_A_MINUTE), "a")

    assert house.ask(house.join("other", ONE_A_MINUTE, holder)) == 0.0


def test_nothing_of_an_account_tells_the_key_or_is_open_to_others(house: House) -> None:
    umask = os.umask(0)
    try:
        house.ask(house.join("one", ONE_A_MINUTE), KEY[3:6])
    finally:
        os.umask(umask)
    accounts = house.home / "accounts"
    found = [accounts, *accounts.rglob("*")]

    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in found}
    assert modes == {(True, 0o700), (False, 0o600)}
    assert not [path for path in found if KEY in str(path) or (path.is_file() and KEY.encode() in path.read_bytes())]


def test_the_same_key_has_another_name_in_another_home(tmp_path: Path) -> None:
    names = set()
    for home in ("one", "other"):
        with ExitStack() as stack:
            house = House(tmp_path / home, stack)
            house.join("run", ONE_SLOT)
            names.add(house.file.parent.name)

    assert len(names) == 2


@pytest.mark.parametrize("end", ["stopped", "killed"])
def test_a_stopped_run_keeps_its_claims_and_a_killed_one_loses_them_in_time(house: House, end: str) -> None:
    house.now = uptime()
    with neighbour(house.home, "taken", "under way") as child:
        child.send_signal(signal.SIGSTOP if end == "stopped" else signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        slots, windows = house.join("slots", ONE_SLOT), house.join("windows", ONE_A_MINUTE)
        found_at = house.now

        waits = [house.ask(windows)]
        house.now = found_at + 60.0 + GRACE_S
        waits.append(house.ask(windows))
        house.now = found_at + ONE_SLOT.unseen_s + 1.0
        windows.release("b")
        waits.append(house.ask(slots))

    assert waits == ([RECHECK_S] * 3 if end == "stopped" else [60.0, 0.0, 0.0])


def test_a_run_that_goes_on_takes_its_claims_over_and_counts_none_twice(house: House) -> None:
    terms = Terms(rate=Rate(count=3, window_s=60.0), in_flight=2, unseen_s=900.0)
    first, other = house.join("one", terms), house.join("other", terms)
    house.ask(first, "a")
    first.answered("a")
    house.leave("one")
    again = house.join("one", terms)

    again.begin({"a": float("inf")}, [0.0])

    assert [house.ask(other, key) for key in "xy"] == [0.0, RECHECK_S]
    again.release("a")
    other.release("x")
    house.now += GRACE_S
    assert house.ask(other, "z") == 0.0


@pytest.mark.parametrize("now", [5.0, 940.0], ids=["long before", "a little before"])
def test_a_clock_that_begins_anew_exceeds_nothing_and_makes_nobody_wait_longer_than_a_window(
    house: House, now: float
) -> None:
    one = house.join("one", ONE_A_MINUTE)
    house.ask(one, "a")
    one.answered("a")
    one.hold("a", 900.0)
    house.leave("one")
    house.now = now
    other, slots = house.join("other", ONE_A_MINUTE), house.join("slots", ONE_SLOT)

    assert house.ask(other) == 60.0
    house.now += 60.0
    assert house.ask(other) == 0.0
    other.release("b")
    house.now = now + ONE_SLOT.unseen_s
    assert house.ask(slots) == 0.0


def test_who_waits_longest_has_the_next_place_and_loses_it_when_it_does_not_come(house: House) -> None:
    first, second, holder = (house.join(name, ONE_SLOT) for name in ("first", "second", "holder"))
    house.ask(holder, "a")
    assert house.ask(first) == RECHECK_S
    house.now += 1.0
    assert house.ask(second) == RECHECK_S
    holder.release("a")

    assert house.ask(second) == RECHECK_S
    assert house.ask(holder, "c") == RECHECK_S
    house.now += RECHECK_S
    assert house.ask(second) == RECHECK_S
    house.now += GRACE_S
    assert house.ask(second) == 0.0
    second.release("b")
    assert house.ask(holder, "c") == 0.0


def test_what_follows_a_submit_never_raises_and_is_told_later(house: House) -> None:
    one, other = house.join("one", ONE_SLOT), house.join("other", ONE_SLOT)
    house.ask(one, "a")
    one.sql.execute("PRAGMA query_only = ON")
    one.answered("a")
    one.release("a")
    assert house.ask(other) == RECHECK_S
    with pytest.raises(FolderError, match="cannot be used: attempt to write a readonly database"):
        one.claim("c", now=house.now)
    one.sql.execute("PRAGMA query_only = OFF")
    one.hold("d", 1.0)

    house.now += 1.0
    assert house.ask(other) == 0.0


def test_what_is_over_gathers_for_a_moment_and_counts_from_when_it_was(house: House) -> None:
    one, other = house.join("one", ONE_A_MINUTE), house.join("other", ONE_A_MINUTE)
    moments: list[Callable[[], None]] = []
    one.later = moments.append
    house.ask(one, "a")
    one.answered("a")
    one.release("a")
    assert house.ask(other) == RECHECK_S
    house.now += 10.0

    (moment,) = moments
    moment()

    assert house.ask(other) == 50.0


def test_a_claim_takes_along_what_its_run_has_not_told_yet(house: House) -> None:
    one = house.join("one", ONE_SLOT)
    house.join("other", ONE_SLOT)
    one.later = id  # never calls back
    house.ask(one, "a")
    one.answered("a")
    one.release("a")

    assert house.ask(one, "b") == 0.0


def test_claims_of_one_moment_are_counted_together_and_others_wait_until_they_are(house: House) -> None:
    one, other = house.join("one", TWO_SLOTS), house.join("other", TWO_SLOTS)
    other.sql.execute("PRAGMA busy_timeout = 1")
    assert (one.claim("a", now=0.0), one.claim("b", now=0.0)) == (Go(), Go())
    assert other.claim("c", now=0.0) == Wait(until=RECHECK_S, why=f"another process is writing to {house.file}")

    one.settle()

    assert house.ask(other, "c") == RECHECK_S
    one.release("a")
    assert house.ask(other, "c") == 0.0


def test_a_neighbour_that_was_stopped_while_it_wrote_is_waited_for(house: House) -> None:
    one = house.join("one", ONE_SLOT)
    one.sql.execute("PRAGMA busy_timeout = 1")
    with sqlite3.connect(house.file, isolation_level=None) as stopped:
        stopped.execute("BEGIN IMMEDIATE")
        one.answered("a")

        assert one.claim("a", now=0.0) == Wait(until=RECHECK_S, why=f"another process is writing to {house.file}")
    stopped.close()
    assert one.claim("a", now=0.0) == Go()


def garbage(file: Path) -> None:
    file.write_bytes(b"no database " * 999)


def nothing(file: Path) -> None:
    file.write_bytes(b"")


def newer(file: Path) -> None:
    with sqlite3.connect(file) as sql:
        sql.execute("PRAGMA user_version = 7")
    sql.close()


def tableless(file: Path) -> None:
    with sqlite3.connect(file) as sql:
        sql.execute("DROP TABLE run")
    sql.close()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (garbage, "file is not a database"),
        (nothing, "it has format 0"),
        (newer, "it has format 7, and this is s2v"),
        (tableless, "no such table: run"),
    ],
    ids=["garbage", "empty", "newer", "a table gone"],
)
def test_a_file_that_cannot_be_understood_is_refused_and_never_begun_anew(
    house: House, damage: Callable[[Path], None], words: str
) -> None:
    house.join("one", ONE_SLOT)
    house.leave("one")
    damage(house.file)
    found = house.file.read_bytes()

    with pytest.raises(FolderError, match=words) as refused:
        house.join("one", ONE_SLOT)

    assert str(house.file) in str(refused.value)
    assert "wait until they have ended and remove the file" in str(refused.value)
    assert house.file.read_bytes() == found


def test_a_folder_that_cannot_be_used_is_refused_with_the_variable_that_names_another(tmp_path: Path) -> None:
    file, link, mounts = tmp_path / "file", tmp_path / "link", tmp_path / "mounts"
    file.write_text("in the way")
    link.mkdir()
    (link / "accounts").symlink_to(tmp_path)
    mounts.write_text(f"server:/home {tmp_path}/nfs nfs4 rw 0 0\n")
    tenant = Tenant(folder=tmp_path, run_id="one")
    cases = {file: f"{file} is no folder", link: "is a link", tmp_path / "nfs": "network file system (nfs4)"}
    for home, words in cases.items():
        with pytest.raises(FolderError) as refused, joined(home, HOLDER, tenant, ONE_SLOT, mounts=mounts):
            pass
        assert words in str(refused.value)
        assert str(refused.value).endswith("set S2V_STATE_DIR to a folder of yours on a local disk")


@pytest.mark.parametrize(
    ("environ", "home"),
    [
        ({"S2V_STATE_DIR": "/state", "XDG_STATE_HOME": "/xdg", "HOME": "/home/a"}, "/state"),
        ({"XDG_STATE_HOME": "/xdg", "HOME": "/home/a"}, "/xdg/s2v"),
        ({"XDG_STATE_HOME": "xdg", "HOME": "/home/a"}, "/home/a/.local/state/s2v"),
    ],
    ids=["named", "XDG", "home"],
)
def test_the_state_folder_is_the_one_that_is_named(environ: dict[str, str], home: str) -> None:
    assert state_home(environ) == Path(home)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "HOME is not set"),
        ({"HOME": ""}, "HOME is not set"),
        ({"HOME": "home/a"}, "found HOME=home/a, expected a path that begins with /"),
        ({"XDG_STATE_HOME": "xdg"}, "found XDG_STATE_HOME=xdg, expected a path that begins with /"),
    ],
    ids=["not set", "empty", "relative", "XDG relative"],
)
def test_without_a_home_somebody_has_to_name_a_folder(environ: dict[str, str], words: str) -> None:
    with pytest.raises(FolderError, match=rf"no home folder \(.*{words}\); runs that share .*: set S2V_STATE_DIR"):
        state_home(environ)


def test_no_program_that_a_test_starts_finds_a_real_home() -> None:
    assert state_home(os.environ).is_relative_to(tempfile.gettempdir())
