"""`report.md`: what a person wants to know, in the order of asking: how it went, what it cost, what now, what broke."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ..core.life.lifecycle import Outcome
from ..core.sums.tally import Group, Row, Summary
from .advice import advice
from .facts import RunFacts
from .sheet import Record
from .text import clipped, code_span, counted, foretold, iso, lasting, markdown, sized, some_of, together, visible

MOST_ROWS: Final = 200  # of the table of items; keeps the file well below what CI systems show (1 MB)
_MOST_WORDS: Final = 300  # characters of a provider's reason
_MOST_PROMPT: Final = 100  # characters of a prompt
_MOST_SHARDS: Final = 5  # named one by one

_WORDS: Final = {
    Outcome.FAILED: "failed",
    Outcome.IN_DOUBT: "in doubt",
    Outcome.REVIEW: "to review",
    Outcome.OPEN: "open",
    Outcome.SKIPPED: "no longer wanted",
    Outcome.DONE: "done",
}
_UNDER_WAY: Final = "being bought or in doubt"  # where a run is at work


class Markdown:
    """`report.md`, section by section."""

    def __init__(self, run: RunFacts, summary: Summary) -> None:
        self._run, self._summary = run, summary
        self._listed = 0

    def head(self) -> Iterator[str]:
        """See `Sheet`."""
        run, summary = self._run, self._summary
        title = f"{run.name}, shard {run.shard}" if run.shard else run.name
        yield f"# {markdown(title)}\n\n**{headline(summary, run)}**\n\n"
        yield from _numbers(run, summary)
        yield from _next_steps(run, summary)
        yield from _troubles(summary)
        yield "\n## Items\n\n| id | state | video | seconds | cost | prompt |\n|---|---|---|--:|--:|---|\n"

    def line(self, record: Record) -> str:
        """See `Sheet`."""
        if self._listed >= MOST_ROWS:
            return ""
        self._listed += 1
        return _item(record.row, self._run.holder)

    def tail(self) -> Iterator[str]:
        """See `Sheet`."""
        if self._summary.items > MOST_ROWS:
            yield f"\n... and {self._summary.items - MOST_ROWS} more, see `results.csv`.\n"
        yield from _sources(self._run)


def headline(summary: Summary, run: RunFacts) -> str:
    """Return the run in one sentence, such as `7 of 8 videos done; 1 failed.`: what the manifest wants now.

    As long as somebody is at work, nobody knows what is in doubt and what is only being bought.
    """
    counts = {**summary.wanted, Outcome.SKIPPED: summary.by_state[Outcome.SKIPPED]}
    asked = sum(counts.values()) - counts[Outcome.SKIPPED]
    told = "; ".join([f"{counts[Outcome.DONE]} of {counted(asked, 'video')} done", *_others(counts, run.holder)])
    return "; ".join(filter(None, [told, unmerged_words(run.unmerged)])) + "."


def unmerged_words(shards: Sequence[str]) -> str:
    """Return in words which shards lack, such as `shard 3/3 is not merged`; empty for none."""
    if len(shards) == 1:
        return f"shard {shards[0]} is not merged"
    return f"shards {some_of(shards[:_MOST_SHARDS], len(shards))} are not merged" if shards else ""


def placed_words(summary: Summary) -> str:
    """Return how much of video stands in `videos/`."""
    return f"{lasting(summary.placed_seconds)}, {sized(summary.placed_bytes)}"


def gone_words(summary: Summary) -> str:
    """Return in words what left the manifest after work on it, such as `1 done; 1 failed`; empty for nothing."""
    done = summary.gone.get(Outcome.DONE, 0)
    return "; ".join([*([f"{done} done"] if done else []), *_others(summary.gone)])


def _others(counts: Mapping[Outcome, int], holder: str | None = None) -> list[str]:
    words = {**_WORDS, Outcome.IN_DOUBT: _UNDER_WAY} if holder else _WORDS
    return [f"{n} {word}" for state, word in words.items() if state is not Outcome.DONE and (n := counts.get(state))]


def held_words(summary: Summary) -> str:
    """Return for which requests money is held back."""
    return "without an answer" if summary.wanted[Outcome.IN_DOUBT] else "given up, perhaps paid"


def _numbers(run: RunFacts, summary: Summary) -> Iterator[str]:
    waiting = summary.wanted[Outcome.REVIEW]
    facts = {
        "spent": f"{together(summary.spent, unpriced=summary.unpriced)} for {counted(summary.bought, 'job')}",
        f"held back for requests {held_words(summary)}": together(summary.reserved) if summary.reserved else "",
        "waiting to be looked at": counted(waiting, "video") if waiting else "",
        "counted although a check found something": counted(summary.flagged, "video") if summary.flagged else "",
        "paid for without a video that counts": counted(summary.lost, "job") if summary.lost else "",
        "video": placed_words(summary) if summary.wanted[Outcome.DONE] else "",
        "no longer in the manifest": gone_words(summary),
        "providers": ", ".join(f"{markdown(name)} ({n})" for name, n in summary.providers.items()),
        "forecast": foretold(run.forecast) if run.forecast else "",
        "first and last event": f"{iso(summary.first_at)} to {iso(summary.last_at)}" if summary.first_at else "",
    }
    yield "| | |\n|---|---|\n"
    for name, value in facts.items():
        if value:
            yield f"| {name} | {value} |\n"


def _next_steps(run: RunFacts, summary: Summary) -> Iterator[str]:
    yield "\n## What to do next\n\n"
    for step in advice(run, summary):
        yield f"- {step.why}: {code_span(step.command)}\n"


def _troubles(summary: Summary) -> Iterator[str]:
    if not summary.groups:
        return
    yield "\n## What went wrong\n\n"
    yield "| items | state | code | in the words we were given | which |\n|--:|---|---|---|---|\n"
    for group in summary.groups:
        yield _trouble(group)
    if summary.ungrouped:
        yield f"\nAnd {counted(summary.ungrouped, 'item')} with rarer faults, see `results.csv`.\n"


def _trouble(group: Group) -> str:
    which = some_of([code_span(each) for each in group.ids], group.count)
    words = markdown(clipped(visible(group.reason), _MOST_WORDS))
    return f"| {group.count} | {_WORDS[group.state]} | {markdown(group.code or '')} | {words} | {which} |\n"


def _item(row: Row, holder: str | None) -> str:
    word = _UNDER_WAY if holder and row.state is Outcome.IN_DOUBT else _WORDS[row.state]
    video = code_span(row.video) if row.video else ""
    seconds = "" if row.seconds is None else f"{row.seconds:.1f}"
    cost = together(row.cost) if row.cost else ""
    prompt = markdown(clipped(visible(row.prompt or ""), _MOST_PROMPT))
    return f"| {code_span(row.id)} | {word} | {video} | {seconds} | {cost} | {prompt} |\n"


def _sources(run: RunFacts) -> Iterator[str]:
    yield f"\n---\n\nrun {code_span(run.run_id)}, manifest {code_span(run.manifest)} {code_span(run.manifest_digest)}, "
    yield f"plan {code_span(run.plan_digest)}, s2v {markdown(run.runner_version)}\n"
