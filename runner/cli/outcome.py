"""How a run went, in words for a person, and the exit code for whoever called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from ..core.life.lifecycle import Outcome
from ..core.life.state import Phase
from ..core.sums.tally import OUTCOMES, Group, Summary, matters
from ..report.advice import advice
from ..report.facts import RunFacts
from ..report.markdown import gone_words, headline, held_words, placed_words
from ..report.papers import PAGE
from ..report.text import clipped, counted, first_of, foretold, iso, together

_GROUPS: Final = 5  # kinds of trouble shown; the report has the others
_IDS: Final = 3
_WORDS: Final = 160  # characters of a reason


def standing(counts: Iterable[tuple[str, bool, bool, int]], *, only_paid: bool) -> Mapping[Outcome, int]:
    """Return how many items stand where, of counts as `Journal.standings` gives them, by phase, wanted and job.

    `only_paid` leaves out what was not bought, for a command that buys nothing.
    """
    unpaid = {Phase.PLANNED, Phase.IN_DOUBT} if only_paid else set()
    result: Counter[Outcome] = Counter()
    for word, wanted, is_bought, count in counts:
        phase = Phase(word)
        if matters(phase, wanted=wanted) and phase not in unpaid and (is_bought or not only_paid):
            result[OUTCOMES[phase]] += count
    return result


def idle_words(standing: Mapping[Outcome, int], folder: Path) -> str:
    """Return in words that there was nothing to do, and what is there."""
    total = sum(standing.values())
    if not total:
        return f"nothing to do in {folder}"
    others = [f"{count} {state.replace('_', ' ')}" for state, count in standing.items() if state is not Outcome.DONE]
    told = "; ".join([f"{standing.get(Outcome.DONE, 0)} of {counted(total, 'video')} done", *others])
    return f"{told}; nothing to do in {folder}"


def show_summary(
    say: Callable[[str], None],
    summary: Summary,
    run: RunFacts,
    folder: Path,
    *,
    first: str | None = None,
    now: float = 0.0,
    buying: str = "",
) -> None:
    """Show the numbers, the worst troubles, where things are, and what to type next; `first` is for `advice`.

    `buying` is what a run that is at work says of that.
    """
    say(headline(summary, run))
    show_troubles(say, summary)
    for group in summary.unfinished[:_GROUPS]:
        say(f"  {_open_words(group, now)}")
    if (rarer := sum(group.count for group in summary.unfinished[_GROUPS:])) > 0:
        say(f"  {rarer} open: for other reasons, which s2v status --json tells")
    if buying:
        say(f"  buying  {buying}")
    say(f"  spent   {together(summary.spent, unpriced=summary.unpriced)} for {counted(summary.bought, 'job')}")
    if summary.reserved:
        say(f"  held    {together(summary.reserved)} for requests {held_words(summary)}")
    if run.forecast:
        say(f"  time    {foretold(run.forecast)}")
    if summary.wanted[Outcome.DONE]:
        say(f"  videos  {folder / 'videos'} ({placed_words(summary)})")
    if waiting := summary.wanted[Outcome.REVIEW]:
        say(f"  review  {folder / 'review'} ({counted(waiting, 'video')} to look at)")
    if gone := gone_words(summary):
        say(f"  gone    {gone}: paid for or tried, and no longer in the manifest")
    if (folder / PAGE).is_file():
        say(f"  report  {folder / PAGE}")
    show_advice(say, summary, run, first=first)


def show_troubles(say: Callable[[str], None], summary: Summary) -> None:
    """Show the worst troubles, with a few of the items that have each."""
    for group in summary.groups[:_GROUPS]:
        ids = first_of(group.ids[:_IDS], group.count)
        say(f"  {group.count} {group.state.replace('_', ' ')}: {_reason(group)} ({ids})")


def show_advice(say: Callable[[str], None], summary: Summary, run: RunFacts, *, first: str | None = None) -> None:
    """Show what to type next, and why."""
    for step in advice(run, summary, first=first):
        say(f"next: {step.command}   # {step.why}")


def _reason(group: Group) -> str:
    """Return the reason of a group, with the code before it where the reason does not begin with that."""
    code = f"{group.code}: " if group.code and not group.reason.startswith(group.code) else ""
    return clipped(f"{code}{group.reason}", _WORDS)


def _open_words(group: Group, now: float) -> str:
    again = f"; tried again from {iso(group.until)}" if group.until is not None and group.until > now else ""
    return f"{group.count} open: {_reason(group)}{again}" + (
        f" ({first_of(group.ids[:_IDS], group.count)})" if group.ids else ""
    )
