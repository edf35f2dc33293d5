"""What to do next, with the command to type: one table, for the report and for the terminal."""

from __future__ import annotations

import shlex
from typing import Final

from ..core.life.lifecycle import Outcome
from ..core.life.money import totals
from ..core.limits.purse import Purse
from ..core.sums.tally import Group, Summary
from ..values import dataclass
from .facts import RunFacts
from .failures import failures_of, is_unknown, why_again
from .text import counted

COMMANDS: Final = {
    Outcome.IN_DOUBT: "s2v resolve {manifest}",
    Outcome.REVIEW: "s2v review {manifest}",
    Outcome.OPEN: "s2v run {manifest}",
    Outcome.FAILED: "s2v run {manifest} --failed",
    Outcome.DONE: "s2v verify {manifest}",
}
"""What is typed about items in that state; in the order in which a person should go about it."""

_WHY: Final = {
    Outcome.IN_DOUBT: "{items} may have been bought and may not: look at the provider, then settle",
    Outcome.REVIEW: "{items} to look at in review/: keep or reject them, then they count or not",
    Outcome.OPEN: "{items} not finished yet: go on where the run stopped; {twice}",
    Outcome.DONE: "nothing is open: check the videos on disk against the journal whenever you like",
}
_WHY_STOPPED: Final = "{items} not finished yet: {first}, then go on; {twice}"
"""What is said of open items instead where something is to be mended first, or the budget has no room for one more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One next step: the reason, and the command that can be pasted."""

    why: str
    command: str


def advice(run: RunFacts, summary: Summary, *, first: str | None = None) -> tuple[Advice, ...]:
    """Return the next steps, the most urgent first; for a finished run the one that proves it.

    `first` says in words what is to be mended before a run that was stopped goes on. As long as somebody is at work
    there is nothing to do but to look.
    """
    named, raised = _named(run), _raised(run, summary)
    if run.holder is not None:
        return (Advice(why=at_work(run.holder), command=f"s2v status {named} --watch"),)
    left = [state for state in COMMANDS if state is not Outcome.DONE and summary.wanted[state]]
    return tuple(_step(state, named, summary, raised, first) for state in left or (Outcome.DONE,))


def advice_on(run: RunFacts, summary: Summary) -> Advice | None:
    """Return the next step about the one item that is summed up; None where nothing is left to do about it."""
    if not any(summary.wanted[state] for state in COMMANDS if state is not Outcome.DONE):
        return None
    (step,) = advice(run, summary)
    if run.holder is not None or not summary.wanted[Outcome.FAILED]:
        return step
    (group,) = summary.groups
    retry = f"s2v fetch {_named(run)}" if is_unknown(group) else f"s2v retry {_named(run)} {shlex.join(group.ids)}"
    return Advice(why=step.why, command=retry)


def _step(state: Outcome, named: str, summary: Summary, raised: str | None, first: str | None) -> Advice:
    command = COMMANDS[state].format(manifest=named)
    if state is Outcome.FAILED:
        failures = failures_of(summary)
        named_alone = f"s2v retry {named} {shlex.join(failures.names)}" if failures.names else command
        return Advice(why=why_again(failures, raised), command=named_alone)
    items = counted(summary.wanted[state], "item")
    if state is Outcome.OPEN and (first := first or _raised_first(summary, raised)):
        return Advice(why=_WHY_STOPPED.format(items=items, first=first, twice=_twice(summary.anew)), command=command)
    return Advice(why=_WHY[state].format(items=items, twice=_twice(summary.anew)), command=command)


def at_work(holder: str) -> str:
    """Return in words who works in the folder."""
    return f"a run is at work, or paused: {holder}"


def _raised_first(summary: Summary, raised: str | None) -> str | None:
    """Return what is to be raised where an open item is yet to be bought; None where all of them have jobs."""
    under_way = summary.bought - summary.kept - summary.in_review - summary.lost
    return raised if summary.wanted[Outcome.OPEN] > under_way else None


def _twice(anew: int) -> str:
    """Return in words what is bought twice; a person asked for it, or a policy of the manifest.

    More is promised of what has a job alone: whether a doubt was a purchase is known to whoever settled it.
    """
    if not anew:
        return "nothing that has a job is bought twice"
    return f"{counted(anew, 'video')} {'is' if anew == 1 else 'are'} bought anew, nothing else that has a job"


def _raised(run: RunFacts, summary: Summary) -> str | None:
    """Return in words that the budget is to be raised; None while it has room for one more video."""
    if run.budget is None:
        return None
    committed = {money.currency: money for money in totals(*summary.spent, *summary.reserved)}
    purse, cap = Purse(run.budget.cap), run.budget.cap
    if (spent := committed.get(cap.currency)) is not None:
        purse.reserve(spent)
    if purse.ask(run.budget.price) is None:
        return None
    return f"raise limits.budget ({cap}, of which {spent or 'nothing'} is spent or reserved)"


def _named(run: RunFacts) -> str:
    return shlex.quote(run.manifest) + (f" --shard {run.shard}" if run.shard else "")


def try_again(run: RunFacts, summary: Summary, group: Group) -> str | None:
    """Return the command that tries exactly the failed items of a group again; None where none names just them.

    While somebody is at work none is given. People paste it: a provider's code with a character in it that a terminal
    would obey is never part of it.
    """
    if run.holder is not None:
        return None
    if group.state is not Outcome.FAILED:
        return COMMANDS[group.state].format(manifest=_named(run))
    alike = sum(other.count for other in summary.groups if (other.state, other.code) == (group.state, group.code))
    if is_unknown(group):  # whoever names an item buys it anew
        return f"s2v fetch {_named(run)}"
    if group.code and group.code.isprintable() and alike == group.count and not summary.ungrouped:
        return f"s2v retry {_named(run)} --code {shlex.quote(group.code)}"
    if group.count == len(group.ids):
        return f"s2v retry {_named(run)} {shlex.join(group.ids)}"
    return None


def decide(run: RunFacts) -> str:
    """Return the command that takes decisions about videos, without its flags."""
    return COMMANDS[Outcome.REVIEW].format(manifest=_named(run))
