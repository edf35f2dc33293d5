"""What a person changed about a run while it goes on, and how it buys: in words, for `--events` and as JSON."""

from __future__ import annotations

from typing import Any, Final, assert_never

from ..core.limits.steering import Adjusted, Answer, Change, Declined, LeftOut, Paused, Resumed, Standing, Tighter
from .text import counted, iso, json_line, lasting, some_of

_SHOWN: Final = 3  # ids named before the rest is counted
_OWN: Final = "the provider's own limits hold on top"


def steered_words(answer: Answer) -> str:
    """Return in words what is now, as a part of a sentence."""
    match answer:
        case Adjusted(changes=changes, tighter=tighter):
            told = ", ".join(_change(each) for each in changes)
            held = "; ".join(_tighter(each) for each in tighter)
            return f"{told}, from now on and for this run only; {held or _OWN}"
        case Paused(under_way=under_way, is_news=is_news):
            home = f"{counted(under_way, 'video')} under way still {'comes' if under_way == 1 else 'come'} home"
            return f"{'nothing more is bought' if is_news else 'it was paused before'}; {home}"
        case Resumed(is_news=is_news):
            return "buying goes on" if is_news else "it was not paused"
        case LeftOut(names=names, under_way=under_way) if under_way and set(names) <= set(under_way):
            return f"too late to leave out {_paid(under_way)}"
        case LeftOut(names=names, under_way=under_way):
            late = f"; too late for {_paid(under_way)}" if under_way else ""
            return f"what is not yet bought of {some(names)} is left out of this run{late}"
        case Standing():
            return _standing(answer)
        case Declined(why=why):
            return why
        case _ as never:
            assert_never(never)


def _standing(standing: Standing) -> str:
    """Return in words how buying stands, with all that was asked of the run."""
    if standing.is_over:
        told = [f"over: {standing.why}" if standing.why else "nothing is left to buy"]
    elif standing.is_paused:
        told = ["paused"]
    elif standing.why:
        again = "" if standing.wait_s is None else f" {lasting(standing.wait_s)}"
        told = [f"the next one waits{again}: {standing.why}"]
    else:
        told = ["goes on"]
    told += ["set while it runs: " + ", ".join(_change(each) for each in standing.changes)] if standing.changes else []
    return "; ".join([*told, *([f"left out: {some(standing.left_out)}"] if standing.left_out else [])])


def _paid(ids: tuple[str, ...]) -> str:
    return f"{some(ids)}, which {'is' if len(ids) == 1 else 'are'} paid for or may be"


def steered_line(at: float, answer: Answer) -> str:
    """Return one change as a line of JSON in the form of a fact's, without its line end; it is about no one item."""
    document = dict.fromkeys(("at", "id", "key", "event", "phase", "provider", "job_id"), None)
    return json_line(
        document | {"at": iso(at), "event": type(answer).__name__.lower(), "facts": steered_document(answer)}
    )


def steered_document(answer: Answer) -> dict[str, Any]:
    """Return what is now as a JSON document."""
    match answer:
        case Adjusted(changes=changes, tighter=tighter):
            return {
                "limits": _limits(changes),
                "tighter": [{"provider": each.provider, "limit": each.limit, "holds": each.holds} for each in tighter],
            }
        case Paused(under_way=under_way, is_news=is_news):
            return {"under_way": under_way, "changed": is_news}
        case Resumed(is_news=is_news):
            return {"changed": is_news}
        case LeftOut(names=names, under_way=under_way):
            return {"names": list(names), "under_way": list(under_way)}
        case Standing(changes=changes, left_out=left_out):
            return {
                "paused": answer.is_paused,
                "over": answer.is_over,
                "why": answer.why,
                "wait_s": answer.wait_s,
                "limits": _limits(changes),
                "left_out": list(left_out),
            }
        case Declined(why=why):
            return {"why": why}
        case _ as never:
            assert_never(never)


def some(ids: tuple[str, ...]) -> str:
    """Return the first few ids, and how many more there are."""
    return some_of(ids[:_SHOWN], len(ids))


def _limits(changes: tuple[Change, ...]) -> dict[str, dict[str, str | None]]:
    return {each.limit: {"now": each.now, "before": each.before} for each in changes}


def _change(change: Change) -> str:
    before = "was not set" if change.before is None else f"was {change.before}"
    return f"{change.limit} is {change.now} ({before})"


def _tighter(tighter: Tighter) -> str:
    return f"{tighter.provider} allows {tighter.limit} {tighter.holds}, which holds"
