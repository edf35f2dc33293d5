"""`s2v providers`: what is known of each provider, how surely, and from where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ...dialects.registry import DIALECTS
from ...dialects.seam import Fact, PollPace, PortraitRules, PromptRules, Traits
from ...errors import Exit
from ...model import Money, Rate
from ...report.text import lasting
from ..args import Args
from ..screen import Screen

_MARKS: Final = {"D": "documented", "P": "probed", "C": "seen in client code", "I": "inferred", "U": "unknown"}


def providers(args: Args, screen: Screen) -> int:
    """Print the traits of every provider with their sources; a manifest's `providers:` overrides some."""
    if args.json:
        told = {
            name: {trait: _document(fact) for trait, fact in _facts(dialect.traits)}
            for name, dialect in DIALECTS.items()
        }
        screen.give_json(told)
        return Exit.OK
    for name, dialect in DIALECTS.items():
        traits = dialect.traits
        key = traits.key_env or "none needed"
        screen.say(f"{name}: {traits.title}")
        screen.say(f"  key: {key}; host: {traits.host_env}")
        if dialect.options:
            screen.say(f"  settings of its own: {', '.join(sorted(dialect.options))}")
        if dialect.forms:
            screen.say(f"  an order is put as {', then '.join(dialect.forms)}, the next one after a sure refusal only")
        for trait, fact in _facts(traits):
            screen.say(f"  {trait:<16} {_words(fact.value):<44} {_MARKS[fact.mark]}: {fact.source}")
    screen.say(
        "poll is how asking begins; with poll: auto a run learns from its jobs when to ask, a duration is kept to"
    )
    screen.say("base_url, rate, in_flight, poll and price can be set under providers: in a manifest, if known better")
    return Exit.OK


def _facts(traits: Traits) -> Iterator[tuple[str, Fact[Any]]]:
    for name in traits.__slots__:
        value = getattr(traits, name)
        if isinstance(value, Fact):
            yield name, value


def _document(fact: Fact[Any]) -> dict[str, Any]:
    return {"value": _words(fact.value), "source": fact.source, "mark": _MARKS[fact.mark]}


def _words(value: object) -> str:
    match value:
        case None:
            return "not known"
        case bool():
            return "yes" if value else "no"
        case Money() | str() | int():
            return str(value)
        case float():
            return lasting(value)
        case Rate(count=count, window_s=window):
            return f"{count} in {lasting(window)}"
        case PollPace(first_s=first, every_s=every):
            return f"after {first:g} s, then each {every:g} s"
        case PortraitRules() as rules:
            return (
                f"under {rules.bytes_below / 1e6:g} MB, over {rules.short_side_above} px, "
                f"{rules.aspect_least[0]}:{rules.aspect_least[1]} to {rules.aspect_most[0]}:{rules.aspect_most[1]}"
            )
        case PromptRules() as rules:
            words = f", under {rules.words_below} words" if rules.words_below else ""
            return f"at most {rules.characters_most} characters{words}"
        case _:
            raise TypeError(f"no words for {type(value).__name__}")
