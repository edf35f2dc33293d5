from __future__ import annotations

from itertools import pairwise

import pytest

from runner.animatic.beats import KINDS, Beat, Kind
from runner.animatic.explaining import WORDS, explain
from runner.animatic.timeline import AHEAD_S, NATURAL_S, read


def _beat(prompt: str, kind: Kind, *, seconds: float = 6.0, number: int = 0) -> Beat:
    return [beat for beat in read(prompt, 0, seconds).beats if beat.kind == kind][number]


def _time(prompt: str, kind: Kind, *, seconds: float = 6.0, number: int = 0) -> tuple[float, float]:
    beat = _beat(prompt, kind, seconds=seconds, number=number)
    return round(beat.start_s, 6), round(beat.end_s, 6)


@pytest.mark.parametrize(
    ("prompt", "kind", "time"),
    [
        pytest.param("runs", "run", (0.0, 6.0), id="a motion spans the clip"),
        pytest.param("runs, winks, then smiles", "run", (0.0, 6.0), id="also when moments follow one another"),
        pytest.param("runs, then smiles", "run", (0.0, 3.0), id="unless something comes after it"),
        pytest.param("runs, then nods, blinks and winks", "run", (0.0, 1.5), id="by how much comes after it"),
        pytest.param("winks, then runs", "run", (3.0, 6.0), id="or before it"),
        pytest.param("dances and jumps", "jump", (3.0, 6.0), id="motions share it"),
        pytest.param("dances while jumping", "jump", (0.0, 6.0), id="unless they are bound together"),
        pytest.param("[Push in] [Pan left]", "pan_left", (3.0, 6.0), id="so do moves of the camera"),
        pytest.param("[Push in, Pan left]", "pan_left", (0.0, 6.0), id="unless they share a bracket"),
        pytest.param("handheld, [Push in] [Pan left]", "shake_camera", (0.0, 6.0), id="how it is held spans them all"),
        pytest.param("quickly zooms in", "zoom_in", (0.0, 3.6), id="a quick move of the camera is over early"),
        pytest.param("slowly zooms in", "zoom_in", (0.0, 6.0), id="a slow one cannot take longer than the clip"),
        pytest.param("smiles in the snow", "snow", (0.0, 6.0), id="weather holds"),
        pytest.param("smiles, then it snows", "snow", (3.0, 6.0), id="weather may come later"),
        pytest.param("runs, then in slow motion", "slow_motion", (3.0, 6.0), id="so may another tempo"),
        pytest.param("smiles", "smile", (0.96, 6.0), id="a smile holds to the end"),
        pytest.param("smiles, then frowns", "smile", (0.96, 3.0), id="or to the next mood"),
        pytest.param("smiles, then laughs loudly and nods", "nod", (3.911489, 5.04), id="and a nod is no mood"),
    ],
)
def test_a_beat_has_its_time(prompt: str, kind: Kind, time: tuple[float, float]) -> None:
    found = _time(prompt, kind)

    assert found == time


@pytest.mark.parametrize("kind", NATURAL_S)
def test_a_moment_with_room_has_its_natural_length_in_the_middle_of_the_clip(kind: Kind) -> None:
    start, end = _time(_ASKING[kind], kind, seconds=12.0)

    assert (
        end == 12.0 if kind in {"smile", "stop_smiling", "sad", "frown"} else round(end - start, 6) == NATURAL_S[kind]
    )
    assert 0.16 * 12 <= start < 0.84 * 12


_ASKING: dict[Kind, str] = {
    "wink": "winks", "blink": "blinks", "smile": "smiles", "stop_smiling": "stops smiling", "laugh": "laughs",
    "surprise": "gasps", "sad": "pouts", "frown": "frowns", "talk": "talks", "look_aside": "looks away",
    "look_up": "looks up", "look_down": "looks down", "look_back": "looks left, then back at the camera",
    "close_eyes": "closes her eyes", "turn": "turns", "nod": "nods", "shake": "shakes her head",
    "tilt_head": "tilts her head",
}  # fmt: skip


@pytest.mark.parametrize(("adverb", "share"), [("slowly", 1.6), ("quickly", 0.6), ("gently", 1.6), ("slightly", 1.0)])
def test_an_adverb_changes_the_length_of_a_moment(adverb: str, share: float) -> None:
    start, end = _time(f"nods {adverb}", "nod", seconds=12.0)

    assert end - start == pytest.approx(share * NATURAL_S["nod"])


@pytest.mark.parametrize(
    ("prompt", "kind", "strength"),
    [
        ("smiles", "smile", 1.0),
        ("smiles slightly", "smile", 0.5),
        ("smiles gently", "smile", 0.6),
        ("smiles very slightly, faintly", "smile", 0.5),
        ("smiles slightly faintly", "smile", 0.3),
        ("smiles broadly", "smile", 1.4),
        ("broadly smiles widely", "smile", 1.5),
        ("runs quickly", "run", 1.25),
        ("runs slowly", "run", 0.75),
        ("slowly zooms in", "zoom_in", 0.75),
        ("微微一笑", "smile", 0.5),
    ],
)
def test_an_adverb_changes_the_strength_of_a_beat_within_its_bounds(prompt: str, kind: Kind, strength: float) -> None:
    assert _beat(prompt, kind).strength == pytest.approx(strength)


def test_moments_come_after_half_of_the_clip_when_somebody_comes_near_first() -> None:
    assert _time("walks to the camera and smiles", "smile")[0] == 3.0
    assert _time("smiles and walks to the camera", "smile")[0] == 0.96
    assert _time("smiles while walking to the camera", "smile")[0] == 0.96


def test_a_smile_begins_a_little_before_what_it_is_bound_to() -> None:
    bound, alone = _time("winks with a smile", "smile"), _time("smiles", "smile")

    assert bound == (round(alone[0] - AHEAD_S, 6), 6.0)


@pytest.mark.parametrize("seconds", [0.04, 0.5, 2.0, 6.0, 60.0])
@pytest.mark.parametrize("prompt", ["nods, blinks, winks, turns, looks up, then looks down", "blinks 9 times"])
def test_moments_in_turn_do_not_overlap_however_short_the_clip(prompt: str, seconds: float) -> None:
    beats = read(prompt, 3, seconds).beats

    assert all(one.end_s <= other.start_s for one, other in pairwise(beats))


def test_a_clip_holds_no_more_than_can_be_seen() -> None:
    timeline = read("nods, blinks, winks, turns", 0, 0.9)

    assert [beat.kind for beat in timeline.beats] == ["nod", "blink"]
    assert (timeline.honoured, timeline.ignored) == (("nods", "blinks"), ("winks", "turns"))


def test_two_seeds_place_a_moment_at_two_times() -> None:
    starts = {read("winks", seed, 6.0).beats[0].start_s for seed in range(20)}

    assert len(starts) == 20


EXPLAINED = """
0.0 to 6.0 s: light of the night
0.0 to 6.0 s: camera: comes nearer, slowly
1.0 to 1.7 s: winks, the person's own left eye, slightly
1.7 to 3.5 s: turns the head, to the left of the picture
3.5 to 6.0 s: smiles, strongly
left out, as the prompt says: blinks
ignored: 'on a beach', 'astronaut': not drawn, and seen only if the photo shows it
"""


def test_what_was_understood_is_told_a_line_for_each_beat() -> None:
    prompt = (
        "At night on a beach the camera slowly pushes in. The astronaut winks her left eye slightly without blinking,"
    )
    timeline = read(f"{prompt} turns her head to the left and smiles broadly.", 0, 6.0)

    assert explain(timeline) == tuple(EXPLAINED.strip().splitlines())


def test_a_prompt_of_which_nothing_can_be_shown_is_told_so() -> None:
    nothing = "nothing of the prompt can be shown: an idle face, and a camera as usual"

    assert explain(read("a wolf", 0, 6.0)) == (
        nothing,
        "ignored: 'wolf': not drawn, and seen only if the photo shows it",
    )


def test_every_kind_has_words() -> None:
    assert set(WORDS) == KINDS
