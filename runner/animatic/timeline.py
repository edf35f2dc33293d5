"""From a prompt to what happens when: each wish gets its time in the clip.

The clip is one act, unless the prompt says of something that lasts (a run, a camera) that another thing comes before or
after it: *runs to the camera, then stops and smiles* has two acts, which share the clip by what happens in them.
Inside an act

- motions share the act in turn, and so do the moves of the camera; what is bound together overlaps;
- the moments of the face and the head stand in a row in the middle of the clip, and after half of the act if somebody
  runs or walks in it, because they come near first; each has its natural length, or less where they crowd;
- a mood (a smile, its end, sadness, a frown) holds until the next mood or the end, and begins a little before what it
  is bound to; who only stops smiling smiles first;
- light and weather hold from the act on, as a rule for the whole clip.

The seed moves each moment a little inside its room. There is no other chance, no clock and no state.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Final

from ..values import dataclass
from .beats import CAMERA, FACE, HEAD, KINDS, LOOK, MODIFIER, MOTION, Beat, Kind, Timeline
from .reading import understand
from .wishes import Wish

NATURAL_S: Final[Mapping[Kind, float]] = {
    "wink": 0.8, "blink": 0.4, "smile": 1.6, "stop_smiling": 1.6, "laugh": 1.8, "surprise": 1.4, "sad": 1.8,
    "frown": 1.6, "talk": 2.6, "look_aside": 1.3, "look_up": 1.4, "look_down": 1.4, "look_back": 1.2, "close_eyes": 1.6,
    "turn": 1.8, "nod": 1.3, "shake": 1.4, "tilt_head": 1.6,
}  # fmt: skip
"""Seconds of a moment that has room; its coming and going included."""
MOMENTS: Final[frozenset[Kind]] = FACE | HEAD
MOODS: Final[frozenset[Kind]] = frozenset({"smile", "stop_smiling", "laugh", "surprise", "sad", "frown"})
"""Of these a face has one at a time."""
HOLDING: Final[frozenset[Kind]] = frozenset({"smile", "stop_smiling", "sad", "frown"})
"""Moods that hold until the next mood, or to the end."""
HELD_SO: Final[frozenset[Kind]] = frozenset({"shake_camera", "static", "close_up"})
"""How the camera is held, and how near, whatever its moves."""
MOVES: Final = CAMERA - HELD_SO
NEARING: Final[frozenset[Kind]] = frozenset({"run", "walk"})
LANES: Final = (MOTION, MOODS)
"""Of the kinds in one of these, the last that was asked for goes on."""
GOES_ON: Final = MOTION | HOLDING | LOOK | MODIFIER | HELD_SO
MIDDLE: Final = (0.16, 0.84)
"""Shares of the clip between which moments lie."""
WANDER: Final = 0.5
"""Share of its free room by which the seed moves a moment."""
LEAST_S: Final = 0.4
"""Seconds that one happening needs to be seen: a clip holds no more of them than fit."""
AHEAD_S: Final = 0.3
"""Seconds by which a mood begins before what it is bound to."""
QUICKER: Final = 1.25
SLOWER: Final = 0.75
"""Factors of strength for what spans its act, and so cannot be shorter or longer."""
LEAST_STRENGTH: Final = 0.3
MOST_STRENGTH: Final = 1.5


def read(prompt: str | None, seed: int, seconds: float, *, able: frozenset[Kind] = KINDS) -> Timeline:
    """Return what a prompt asks for, in a clip of that many seconds (above 0): the same for the same arguments.

    No prompt, and one that asks for nothing that can be shown, give a timeline without beats. Words for what a portrait
    is not `able` to show are ignored.
    """
    reading = understand(prompt or "", most=max(1, int(seconds / LEAST_S)), able=able)
    chance = random.Random(seed)  # noqa: S311 - where in its room a moment stands is no secret
    wishes = reading.wishes if "smile" in reading.without else tuple(_with_a_smile_to_lose(reading.wishes))
    beats = [beat for act in _acts(tuple(_once(wishes)), seconds) for beat in _beats(act, seconds, chance)]
    return Timeline(
        seconds=seconds, beats=tuple(sorted(_one_mood_at_a_time(beats), key=lambda beat: (beat.start_s, beat.kind))),
        honoured=reading.honoured, ignored=reading.ignored, without=reading.without,
    )  # fmt: skip


Step = tuple[Wish, ...]
"""Wishes that happen together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    """A part of the clip, and the steps that happen in it, in their order."""

    start_s: float
    end_s: float
    steps: tuple[Step, ...]

    def row(self, kinds: frozenset[Kind]) -> tuple[Step, ...]:
        """Return the steps of some kinds only."""
        rows = (tuple(wish for wish in step if wish.kind in kinds) for step in self.steps)
        return tuple(row for row in rows if row)

    def all_of(self, kinds: frozenset[Kind]) -> tuple[Wish, ...]:
        """Return the wishes of some kinds only."""
        return tuple(wish for step in self.steps for wish in step if wish.kind in kinds)

    @property
    def comes_near_first(self) -> bool:
        """Return whether somebody runs or walks, and only then shows a face."""
        first = next((step for step in self.steps if any(wish.kind in NEARING | MOMENTS for wish in step)), ())
        return bool(first) and not any(wish.kind in MOMENTS for wish in first)


def _acts(wishes: Sequence[Wish], seconds: float) -> Iterator[_Act]:
    """Cut where something must come after or before what lasts; an act's share grows with its steps."""
    acts: list[list[Step]] = [[]]
    for wish in wishes:
        steps = acts[-1]
        if wish.link == "with" and steps:
            steps[-1] = (*steps[-1], wish)
        elif wish.link == "then" and steps and _lasts((*steps[-1], wish)):
            acts.append([(wish,)])
        else:
            steps.append((wish,))
    shares = _shares(0.0, seconds, [max(1, len(steps)) for steps in acts])
    for (start, end), steps in zip(shares, acts, strict=True):
        yield _Act(start_s=start, end_s=end, steps=tuple(steps))


def _lasts(step: Step) -> bool:
    return any(wish.kind not in MOMENTS | MODIFIER for wish in step)


def _beats(act: _Act, seconds: float, chance: random.Random) -> Iterator[Beat]:
    yield from _lasting(act, MOTION)
    yield from _lasting(act, MOVES)
    for wish in act.all_of(LOOK | MODIFIER):
        yield _beat(wish, act.start_s, seconds)
    for wish in act.all_of(HELD_SO):
        yield _beat(wish, act.start_s, act.end_s)
    yield from _moments(act, seconds, chance)


def _lasting(act: _Act, kinds: frozenset[Kind]) -> Iterator[Beat]:
    """Steps share the act evenly. What spans its share cannot take longer: it is slow by being weaker."""
    row = act.row(kinds)
    for step, slot in zip(row, _shares(act.start_s, act.end_s, [1.0] * len(row)), strict=True):
        for wish in step:
            for start, end in _shares(*slot, [1.0] * wish.count):
                yield _beat(_paced(wish), start, min(end, start + (end - start) * _share_used(wish)))


def _paced(wish: Wish) -> Wish:
    pace = SLOWER if wish.length > 1.0 else QUICKER if wish.length < 1.0 and wish.kind in MOTION else 1.0
    return replace(wish, strength=wish.strength * pace)


def _share_used(wish: Wish) -> float:
    """A quick move of the camera is over early; a run goes on."""
    return min(1.0, wish.length) if wish.kind in CAMERA else 1.0


def _moments(act: _Act, seconds: float, chance: random.Random) -> Iterator[Beat]:
    row = act.row(MOMENTS)
    weights = [max(NATURAL_S[wish.kind] * wish.length * wish.count for wish in step) for step in row]
    for step, (start, end) in zip(row, _shares(*_window(act, seconds), weights), strict=True):
        for wish in step:
            if wish.kind in HOLDING and wish.count == 1:
                yield _beat(wish, max(0.0, start - (AHEAD_S if len(step) > 1 else 0.0)), seconds)
                continue
            for slot in _shares(start, end, [1.0] * wish.count):
                yield _placed(wish, slot, chance)


def _placed(wish: Wish, slot: tuple[float, float], chance: random.Random) -> Beat:
    """Return the moment with its natural length, somewhere about the middle of its slot."""
    room = slot[1] - slot[0]
    length = min(NATURAL_S[wish.kind] * wish.length, room)
    start = slot[0] + (room - length) * (0.5 + WANDER * (chance.random() - 0.5))
    return _beat(wish, start, min(start + length, slot[1]))


def _window(act: _Act, seconds: float) -> tuple[float, float]:
    """Return between when the moments of an act lie."""
    start, end = max(act.start_s, MIDDLE[0] * seconds), min(act.end_s, MIDDLE[1] * seconds)
    if act.comes_near_first:
        start = max(start, (act.start_s + act.end_s) / 2)
    return (start, end) if end - start > (act.end_s - act.start_s) / 4 else (act.start_s, act.end_s)


def _shares(start: float, end: float, weights: Sequence[float]) -> list[tuple[float, float]]:
    """Return the parts of a time, one for each weight."""
    edges = [0.0, *accumulate(weights)]

    def moment(edge: float) -> float:
        return min(end, start + (end - start) * edge / edges[-1])  # rounding can lead behind the end

    return [(moment(one), moment(other)) for one, other in pairwise(edges)]


def _beat(wish: Wish, start_s: float, end_s: float) -> Beat:
    strength = min(MOST_STRENGTH, max(LEAST_STRENGTH, wish.strength))
    return Beat(kind=wish.kind, start_s=start_s, end_s=end_s, side=wish.side, strength=strength)


def _one_mood_at_a_time(beats: Sequence[Beat]) -> Iterator[Beat]:
    """Give the beats, each mood ended where the next begins."""
    starts = sorted({beat.start_s for beat in beats if beat.kind in MOODS})
    for beat in beats:
        after = starts[bisect_right(starts, beat.start_s) :]
        is_cut = beat.kind in MOODS and after and after[0] < beat.end_s
        yield replace(beat, end_s=after[0]) if is_cut else beat


def _with_a_smile_to_lose(wishes: Iterable[Wish]) -> Iterator[Wish]:
    """Give the wishes, and a smile before its end where no mood was asked for before."""
    has_mood = False
    for wish in wishes:
        is_lost = wish.kind == "stop_smiling" and not has_mood
        yield from (replace(wish, kind="smile"), replace(wish, link="next")) if is_lost else (wish,)
        has_mood = has_mood or wish.kind in MOODS


def _once(wishes: Iterable[Wish]) -> Iterator[Wish]:
    """Give the wishes without those that ask again for what goes on already: *a smiling girl smiles*."""
    seen: dict[frozenset[Kind], Kind] = {}
    for wish in wishes:
        lane = next((lane for lane in LANES if wish.kind in lane), frozenset({wish.kind}))
        if wish.kind not in GOES_ON or wish.link == "then" or seen.get(lane) != wish.kind:
            yield wish
        seen[lane] = wish.kind
