"""Two prompts of one portrait that look alike are not both bought; where both were, nobody is kept from them."""

from __future__ import annotations

from typing import Any

import pytest
from desk import Desk

PLAIN, ODD = "She smiles.", "She  smiles."


def both(desk: Desk, *more: str, **keys: Any) -> None:
    """Write a manifest that asks for both prompts, as a former version let anybody do."""
    desk.manifest([PLAIN, ODD, *more], **keys)


def bought_both(desk: Desk) -> None:
    """Buy each of the two prompts under a manifest of its own."""
    for prompts in ([PLAIN], [{"id": "b", "portrait": "anna.png", "prompt": ODD + desk.mark}]):
        assert desk.s2v("run", desk.manifest(list(prompts))).code == 0
    both(desk)


@pytest.mark.parametrize("command", ["check", "plan", "diff", "run", "fetch", "retry", "status", "verify", "report"])
def test_what_was_bought_twice_already_keeps_nobody_from_it(desk: Desk, command: str) -> None:
    bought_both(desk)

    done = desk.s2v(command, "m.yaml")

    assert done.code == 0, done.err
    assert desk.submits == [PLAIN, ODD]


def test_beside_two_that_were_bought_a_third_is_refused_and_another_bought(desk: Desk) -> None:
    bought_both(desk)
    both(desk, "She winks.")
    done = desk.s2v("run", "m.yaml")
    both(desk, "She winks.", "She smiles. ")

    refused = desk.s2v("run", "m.yaml")

    assert done.code == 0, done.err
    assert refused.code == 3
    assert "the prompt of 'd' looks like that of 'a'" in refused.err
    assert desk.submits == [PLAIN, ODD, "She winks."]


def test_the_one_to_leave_out_is_the_one_that_is_not_paid_for(desk: Desk) -> None:
    desk.s2v("run", desk.manifest([PLAIN]))
    both(desk)
    refused = desk.s2v("run", "m.yaml")

    assert refused.code == 3
    assert "(remove 'b', for 'a' was asked for already, or set takes: 2 for two videos of the same pair)" in refused.err


def test_a_fetch_brings_home_what_was_paid_for_whatever_else_the_manifest_asks_for(desk: Desk) -> None:
    desk.s2v("run", desk.manifest([PLAIN]))
    (desk.folder / "runs/try/videos/a.mp4").unlink()
    both(desk)

    done = desk.s2v("fetch", "m.yaml")

    assert desk.videos() == ["a.mp4"], done.err
    assert desk.submits == [PLAIN]


def test_shards_that_bought_one_each_are_kept_from_nothing(desk: Desk) -> None:
    desk.manifest([PLAIN], output={"dir": "runs/try"})
    shards = ("1/2", "2/2")
    ours = next(each for each in shards if desk.s2v("plan", "m.yaml", "--shard", each, "--json").document["items"])
    desk.s2v("run", "m.yaml", "--shard", ours)
    written = (f"{PLAIN}{' ' * blanks}{desk.mark}" for blanks in range(1, 20))
    odd = next(prompt for prompt in written if not is_of(desk, prompt, ours))
    other = next(each for each in shards if each != ours)
    desk.manifest([PLAIN, {"id": "b", "portrait": "anna.png", "prompt": odd}], output={"dir": "runs/try"})

    done, refused = (desk.s2v("run", "m.yaml", "--shard", each) for each in (ours, other))

    assert done.code == 0, done.err
    assert refused.code == 3, refused.err
    assert desk.submits == [PLAIN]


def is_of(desk: Desk, prompt: str, shard: str) -> bool:
    """Return whether a shard would have an item of this prompt."""
    desk.manifest([{"id": "b", "portrait": "anna.png", "prompt": prompt}], "odd.yaml", output={"dir": "runs/odd"})
    return bool(desk.s2v("plan", "odd.yaml", "--shard", shard, "--json").document["items"])
