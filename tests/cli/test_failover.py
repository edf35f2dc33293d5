"""A list of providers, each a process of its own: when the first one breaks, the second makes the videos."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Done

BOTH = ["minimax", "local"]
QUICK = {"poll": "20ms", "rate": "1000/1s"}
SETTINGS = {"minimax": QUICK, "local": {**QUICK, "price": {"amount": 0.70, "currency": "USD"}}}
HASTE = {"backoff": "10ms..20ms"}


@dataclass(frozen=True)
class TwoDesks:
    """A desk whose manifests name both providers; `other` reads the books of the second."""

    desk: Desk
    other: Desk

    def manifest(self, prompts: list[Any], **keys: Any) -> Path:
        return self.desk.manifest(prompts, **{"provider": BOTH, "providers": SETTINGS, "retry": HASTE} | keys)

    def s2v(self, *args: object, **environ: str) -> Done:
        return self.desk.s2v(*args, **{"S2V_LOCAL_HOST": self.other.url} | environ)

    @property
    def submits(self) -> tuple[list[str], list[str]]:
        """Return the prompts that reached the first provider, and those that reached the second."""
        return sorted(self.desk.submits), sorted(self.other.submits)

    def makers(self) -> dict[str, str]:
        return {id_: row["provider"] for id_, row in self.desk.results().items()}


@pytest.fixture
def desks(desk: Desk, other_provider: tuple[str, Path]) -> TwoDesks:
    return TwoDesks(desk, Desk(desk.folder, *other_provider, desk.warm))


def test_while_the_first_works_the_second_is_not_asked(desks: TwoDesks) -> None:
    done = desks.s2v("run", desks.manifest(["one", "two [1002 once]"]))

    assert done.code == 0, done.err
    assert desks.submits[1] == []
    assert desks.makers() == {"a": "minimax", "b": "minimax"}


@pytest.mark.parametrize(
    ("code", "words"), [(1004, "1004: mood 1004"), (1008, "1008: mood 1008")], ids=["key refused", "no balance"]
)
def test_where_the_account_is_refused_the_second_finishes_and_says_what_was_refused(
    desks: TwoDesks, code: int, words: str
) -> None:
    done = desks.s2v("run", desks.manifest([f"one [{code}]", "two"], limits={"in_flight": 1}))

    assert done.code == 0, done.out + done.err
    assert f"minimax refused: {words}" in done.err
    assert "; new purchases go to local" in done.err
    assert desks.submits == ([f"one [{code}]"], [f"one [{code}]", "two"])
    assert desks.desk.videos() == ["a.mp4", "b.mp4"]


def test_where_the_first_cannot_be_reached_the_second_makes_everything(desks: TwoDesks) -> None:
    manifest = desks.manifest(["one", "two"])

    done = desks.s2v("run", manifest, MINIMAX_API_HOST="http://127.0.0.1:9")

    assert done.code == 0, done.out + done.err
    assert "minimax gives no usable answer: not sent" in done.err
    assert desks.submits == ([], ["one", "two"])
    assert desks.s2v("run", manifest).code == 0
    assert desks.submits == ([], ["one", "two"])


def test_a_refused_content_is_not_shopped_around_and_a_doubt_stays_where_it_is(desks: TwoDesks) -> None:
    manifest = desks.manifest(["bad [1026]", "lost [500]", "fine"])

    codes = [desks.s2v("run", manifest).code for _ in range(2)]

    assert codes == [6, 6]
    assert desks.submits == (["bad [1026]", "fine", "lost [500]"], [])


def test_every_video_says_who_made_it_and_the_report_counts_them(desks: TwoDesks) -> None:
    done = desks.s2v("run", desks.manifest(["one", "two [1008]"], limits={"in_flight": 1}))

    assert done.code == 0, done.out + done.err
    folder = desks.desk.folder / "runs" / "try"
    sidecars = {id_: json.loads((folder / "videos" / f"{id_}.json").read_text()) for id_ in "ab"}
    assert {id_: sidecar["provider"] for id_, sidecar in sidecars.items()} == {"a": "minimax", "b": "local"}
    report = json.loads((folder / "report.json").read_text())
    assert report["run"]["providers"] == BOTH
    assert report["summary"]["providers"] == {"local": 1, "minimax": 1}
    assert report["summary"]["spent"] == [{"amount": "1.35", "currency": "USD"}]


def test_the_run_ends_with_the_graver_reason_when_both_are_broken(desks: TwoDesks) -> None:
    manifest = desks.manifest(["one [1004]"])

    done = desks.s2v("run", manifest, S2V_LOCAL_HOST="http://127.0.0.1:9")

    assert done.code == 8, done.out + done.err
    assert "stopped: minimax refused: 1004: mood 1004 (" in done.err
    assert "; local gives no usable answer: not sent" in done.err
    assert desks.s2v("run", manifest).code == 0


def test_the_budget_holds_across_both(desks: TwoDesks) -> None:
    limits = {"budget": {"amount": 1.40, "currency": "USD"}, "in_flight": 1}

    done = desks.s2v("run", desks.manifest(["one", "two [1008]", "three"], limits=limits))

    assert done.code == 7
    assert "budget of 1.40 USD: 1.35 USD spent or reserved" in done.err
    assert desks.submits == (["one", "two [1008]"], ["two [1008]"])


def test_the_plan_reckons_with_the_dearest(desks: TwoDesks) -> None:
    manifest = desks.manifest(["one", "two"])

    assert "2  buy at minimax, else local for at most 1.40 USD\n" in desks.s2v("plan", manifest).out
    document = desks.s2v("plan", manifest, "--json").document
    assert (document["providers"], document["cost_at_most"]["amount"]) == (BOTH, "1.40")


@pytest.mark.parametrize(
    ("budget", "few"), [(1.35, "1 to 2"), (2.0, "2 to 3")], ids=["never all", "all at the cheaper"]
)
def test_the_plan_says_how_many_a_budget_has_room_for_whoever_sells_them(
    desks: TwoDesks, budget: float, few: str
) -> None:
    limits = {"budget": {"amount": budget, "currency": "USD"}}
    manifest = desks.manifest(["one", "two", "three"], limits=limits)

    assert f"{few}  of these within limits.budget {budget:.2f} USD" in desks.s2v("plan", manifest).out
    assert f"{few} of 3 videos in " in desks.s2v("run", manifest).err


def test_the_plan_names_prices_that_cannot_be_compared(desks: TwoDesks) -> None:
    settings = {"minimax": QUICK, "local": {"price": {"amount": 2, "currency": "PTC"}}}

    done = desks.s2v("plan", desks.manifest(["one"], providers=settings))

    told = "at minimax, else local at prices in several currencies (0.65 USD at minimax, 2.00 PTC at local, for each)"
    assert told in done.out
    assert desks.s2v("plan", "m.yaml", "--json").document["cost_at_most"] is None


def test_a_cap_must_count_at_every_provider_of_the_list(desks: TwoDesks) -> None:
    settings = {"minimax": QUICK, "local": {"price": {"amount": 2, "currency": "PTC"}}}
    manifest = desks.manifest(["one"], providers=settings)

    by_flag = desks.s2v("run", manifest, "--max-cost", "5.00 USD")
    limits = {"budget": {"amount": 5, "currency": "USD"}}
    by_budget = desks.s2v("check", desks.manifest(["one"], providers=settings, limits=limits))

    assert (by_flag.code, by_budget.code) == (2, 3)
    assert "found USD, but the price at local is 2.00 PTC" in by_flag.err
    assert "the cap is in USD, but the price at local is 2.00 PTC" in by_budget.err


def test_each_provider_of_the_list_needs_its_key_before_anything_is_sent(desks: TwoDesks) -> None:
    done = desks.s2v("run", desks.manifest(["one"], provider=["local", "minimax"]), MINIMAX_API_KEY="")

    assert done.code == 8
    assert "no key for minimax" in done.err
    assert desks.submits == ([], [])
