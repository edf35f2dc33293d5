from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import islice
from types import FrameType

import phrase_table
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runner.animatic.beats import KINDS
from runner.animatic.lexicon import table
from runner.animatic.lexicon.camera import COMMANDS
from runner.animatic.lexicon.notation import sequences, words_of
from runner.animatic.lexicon.tokens import cut
from runner.animatic.lexicon.verbs import forms
from runner.animatic.listening import BOTH_SIDES, IN_PART, Listener
from runner.animatic.timeline import LEAST_S, read
from runner.animatic.wishes import Wish

ROWS = list(phrase_table.rows())


@pytest.mark.parametrize(("prompt", "timeline"), ROWS, ids=[prompt for prompt, _ in ROWS])
def test_a_prompt_gives_the_timeline_of_the_table(prompt: str, timeline: str) -> None:
    assert phrase_table.written(read(prompt, 0, phrase_table.SECONDS)) == timeline


def test_the_table_is_long_in_both_languages() -> None:
    chinese = [prompt for prompt, _ in ROWS if re.search("[\u4e00-\u9fff]", prompt)]

    assert len(chinese) >= 60
    assert len(ROWS) - len(chinese) >= 150


OFFICIAL = (
    "Truck left", "Truck right", "Pan left", "Pan right", "Push in", "Pull out", "Pedestal up", "Pedestal down",
    "Tilt up", "Tilt down", "Zoom in", "Zoom out", "Shake", "Static shot",
)  # fmt: skip
"""MiniMax's list, without *Tracking shot*, which one portrait cannot show."""


@pytest.mark.parametrize("command", OFFICIAL)
def test_a_command_in_brackets_is_played_in_any_case_and_spacing(command: str) -> None:
    written = [f"[{command}]", f"[{command.upper()}]", f"[ {command.lower()} ]", f"[{command.replace(' ', '-')}]"]
    kinds = {tuple(beat.kind for beat in read(each, 0, 6.0).beats) for each in written}

    assert kinds == {(COMMANDS[command.lower()],)}


NAMED = {**BOTH_SIDES, **IN_PART, "turn_to_camera": "turn"}
"""Kinds of the tables that stand for one of beats, where nothing was said before."""


def _ways() -> Iterator[tuple[str, str]]:
    """Give every way to say every phrase of the tables, with its kind."""
    for rows in table.BEATS:
        for kind, phrases in rows.items():
            named = NAMED.get(kind) or kind.format(side="left")
            for phrase in phrases:
                yield from ((_spoken(way), named) for way in sequences(phrase))


def _spoken(way: tuple[str, ...]) -> str:
    captured = {"{side}": "left", "{mirrored}": "her"}
    return " ".join(captured.get(label) or label.split("/")[0] for label in way)


def test_every_way_to_say_a_phrase_of_the_tables_means_its_kind() -> None:
    """A phrase in two rows, or one that a longer phrase of another row swallows, is found here."""
    wrong = [(text, kind) for text, kind in _ways() if _kinds(text) != {kind}]

    assert wrong == []


def _kinds(text: str) -> set[str]:
    return {wish.kind for wish in Listener(cut(text)).wishes}


def test_every_kind_of_beat_can_be_asked_for() -> None:
    assert {kind for _, kind in _ways()} | {"pan_right", "truck_right"} == KINDS


@pytest.mark.parametrize(
    ("verb", "all_forms"),
    [
        ("wink", "wink winks winking winked"),
        ("smile", "smile smiles smiling smiled"),
        ("nod", "nod nods nodding nodded"),
        ("tilt", "tilt tilts tilting tilted"),
        ("zoom", "zoom zooms zooming zoomed"),
        ("glance", "glance glances glancing glanced"),
        ("approach", "approach approaches approaching approached"),
        ("run", "run runs running ran"),
        ("shake", "shake shakes shaking shook shaken"),
    ],
)
def test_a_verb_is_known_in_all_its_forms(verb: str, all_forms: str) -> None:
    assert " ".join(forms(verb)) == all_forms


@pytest.mark.parametrize(
    ("phrase", "ways"),
    [
        ("push in", ["push in"]),
        ("push/pull in", ["push/pull in"]),
        ("look (straight) ahead", ["look straight ahead", "look ahead"]),
        ("(at|to the) door", ["at door", "to the door", "door"]),
        ("[推进|拉远]镜头", ["推 进 镜 头", "拉 远 镜 头"]),
        ("走/跑向", ["走/跑 向"]),
        ("a ((very) big) smile", ["a very big smile", "a big smile", "a smile"]),
    ],
)
def test_the_notation_says_every_way(phrase: str, ways: list[str]) -> None:
    assert [" ".join(way) for way in sequences(phrase)] == ways


@pytest.mark.parametrize(
    ("phrase", "complaint"),
    [
        ("push (in", "is not closed"),
        ("push) in", "closes nothing"),
        ("push.in", "means nothing"),
        ("push / ", "a word was expected"),
    ],
)
def test_a_slip_in_the_tables_is_told(phrase: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        sequences(phrase)


def test_a_label_of_the_side_knows_its_words_in_both_languages() -> None:
    assert {"left", "right", "左", "右"} <= words_of("{side}")


KNOWN = sorted({word for text, _ in _ways() for word in text.split()})
"""Words of the tables: a text made of them meets the parser's every corner."""
JOINTS = [
    ",", ".", "and", "then", "or", "not", "without", "never", "while", "after", "before", "with", "but", "twice", "3",
    "times", "slowly", "very", "left", "right", "her", "a", "girl", "dog", "[", "]", "\u201c", '"', "不",
    "了", "着", "、",
]  # fmt: skip
SENTENCES = st.lists(st.sampled_from(KNOWN + JOINTS * 4), max_size=200).map(lambda words: " ".join(words)[:2000])
TEXTS = SENTENCES | st.text(max_size=2000)
SECONDS = st.floats(min_value=0.04, max_value=60.0)


@settings(deadline=None)
@given(TEXTS, st.integers(), SECONDS)
@example("dance pout rain", 0, 21.98073258709605)  # the sum of two parts of this was rounded to more than the whole
def test_any_text_gives_beats_inside_the_clip(prompt: str, seed: int, seconds: float) -> None:
    timeline = read(prompt, seed, seconds)

    for beat in timeline.beats:
        assert beat.kind in KINDS
        assert 0.0 <= beat.start_s < beat.end_s <= seconds
        assert 0.3 <= beat.strength <= 1.5
    assert list(timeline.beats) == sorted(timeline.beats, key=lambda beat: (beat.start_s, beat.kind))
    assert not timeline.without & {beat.kind for beat in timeline.beats}


@settings(deadline=None)
@given(TEXTS, SECONDS)
def test_what_was_obeyed_and_what_was_not_are_words_of_the_prompt_and_never_the_same(
    prompt: str, seconds: float
) -> None:
    timeline = read(prompt, 1, seconds)

    assert not set(timeline.honoured) & set(timeline.ignored)
    for told in (*timeline.honoured, *timeline.ignored):
        letters = iter(prompt)
        assert told
        assert all(letter in letters for letter in "".join(told.split())), "its letters stand in the prompt in order"


@settings(deadline=None)
@given(TEXTS, st.integers())
def test_the_same_prompt_and_seed_give_the_same_timeline(prompt: str, seed: int) -> None:
    assert read(prompt, seed, 6.0) == read(prompt, seed, 6.0)


@settings(deadline=None)
@given(SENTENCES, st.integers(), st.integers())
def test_a_seed_moves_moments_and_changes_nothing_that_was_understood(prompt: str, one: int, other: int) -> None:
    first, second = read(prompt, one, 6.0), read(prompt, other, 6.0)

    def understood(seed: int) -> list[tuple[object, ...]]:
        return sorted((beat.kind, str(beat.side), beat.strength) for beat in read(prompt, seed, 6.0).beats)

    assert understood(one) == understood(other)
    assert (first.honoured, first.ignored, first.without) == (second.honoured, second.ignored, second.without)


@pytest.mark.parametrize(
    "unit",
    [
        "she turns her head slowly to her left and ", "look up at the ", "[Push in, ", "a, ", "no smile, ", "((",
        "turns slowly slowly slowly ", "眨了", "不", "\u201c", "says \u201c", "zoom in on her ", "don't or ",
        "3 times ",
    ],
)  # fmt: skip
def test_the_work_grows_as_the_prompt_does(unit: str) -> None:
    """Counted in calls, not in seconds: a text of twice the length needs about twice as many."""
    read(unit, 0, 6.0)
    text = unit * 2000

    assert _calls(text[:2000]) < 2.2 * _calls(text[:1000])


def _calls(prompt: str) -> int:
    calls = 0

    def count(_frame: FrameType, _event: str, _arg: object) -> None:
        nonlocal calls
        calls += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        read(prompt, 0, 6.0)
    finally:
        sys.setprofile(before)
    return calls


def test_no_prompt_asks_for_nothing() -> None:
    timeline = read(None, 0, 6.0)

    assert (timeline.beats, timeline.honoured, timeline.ignored, timeline.without) == ((), (), (), frozenset())


@pytest.mark.parametrize(
    ("prompt", "honoured", "ignored"),
    [
        (
            "A girl runs toward the camera on a beach and winks with a smile.",
            ("runs toward the camera", "winks", "smile"),
            ("on a beach",),
        ),
        ("She happily turns, happily, her head", ("turns",), ("happily", "head")),
        ("she turns her head gracefully to the left", ("turns her head to the left",), ("gracefully",)),
        ("Slowly, the woman nods her head twice", ("Slowly nods her head twice",), ()),
        ("without smiling or blinking", ("without smiling", "without blinking"), ()),
        ("她没有眨眼,在海滩上眨了两次左眼", ("没有眨眼", "眨两次左眼"), ("在海滩上",)),
        ("winks. winks. on a beach, on a beach", ("winks",), ("on a beach",)),
        ("the and of a", (), ()),
    ],
)
def test_every_word_that_asks_for_something_is_told_as_obeyed_or_as_ignored(
    prompt: str, honoured: tuple[str, ...], ignored: tuple[str, ...]
) -> None:
    timeline = read(prompt, 0, 6.0)

    assert (timeline.honoured, timeline.ignored) == (honoured, ignored)


def test_what_is_repeated_too_often_is_repeated_as_often_as_fits_and_the_number_is_ignored() -> None:
    timeline = read("She nods 40 times and smiles", 0, 6.0)

    assert [beat.kind for beat in timeline.beats] == ["nod"] * int(6.0 / LEAST_S)
    assert timeline.honoured == ("nods",)
    assert timeline.ignored == ("40 times and smiles",)


def test_light_and_tempo_take_no_room_from_what_happens() -> None:
    timeline = read("at night, in slow motion, in the rain, winks", 0, LEAST_S)

    assert {beat.kind for beat in timeline.beats} == {"night", "slow_motion", "rain", "wink"}


def test_a_wish_knows_the_words_that_say_it() -> None:
    tokens = cut("She winks twice, slowly.")
    (wish,) = Listener(tokens).wishes

    assert isinstance(wish, Wish)
    assert [tokens[at].key for at in wish.words] == ["winks", "twice"]
    assert [tokens[at].key for at in islice(wish.count_words, 1)] == ["twice"]
