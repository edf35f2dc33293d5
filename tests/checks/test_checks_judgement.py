from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import pytest

from runner.checks.judgement import judge
from runner.gates import Gates, IdentityGate, TechnicalGate
from runner.judgement import Grade, Likeness, Motion
from runner.model import Clip

USUAL = TechnicalGate(max_frozen=0.6, max_black=0.5)
CLIP = Clip(seconds=6.0, width=1280, height=720, fps=25.0, frames=150, codec="h264", has_audio=False, decoded=True)
GOOD = Motion(frozen=0.0, black=0.0, cuts=0, brightness=110.0, difference=2.0)
SAME = Likeness(distances=(0.2, 0.3, 0.4))
ANYBODY = Gates(identity=IdentityGate())


def words(gate: TechnicalGate, *, clip: Clip = CLIP, motion: Motion = GOOD) -> list[str]:
    findings = judge(clip, motion, None, gates=Gates(technical=gate)).findings
    return [f"{finding.grade}: {finding.check}: {finding.words}" for finding in findings]


def test_a_good_video_passes_without_a_finding() -> None:
    judgement = judge(CLIP, GOOD, SAME, gates=ANYBODY)

    assert (judgement.grade, judgement.findings) == ("pass", ())


@pytest.mark.parametrize(
    ("gate", "told"),
    [
        (TechnicalGate(min_seconds=6.01), "length: it runs for 6.00 s, expected at least 6.01 s"),
        (TechnicalGate(max_seconds=5.5), "length: it runs for 6.00 s, expected at most 5.5 s"),
        (
            TechnicalGate(min_short_side=1080),
            "size: its frames are 1280 x 720 px, expected a shorter side of at least 1080 px",
        ),
        (TechnicalGate(min_fps=30), "pace: it has 25.0 frames a second, expected at least 30"),
    ],
)
def test_a_measure_of_the_file_out_of_its_bounds_fails_in_words(gate: TechnicalGate, told: str) -> None:
    assert words(gate) == [f"fail: {told}"]


@pytest.mark.parametrize(
    "gate",
    [
        TechnicalGate(min_seconds=6.0),
        TechnicalGate(max_seconds=6.0),
        TechnicalGate(min_short_side=720),
        TechnicalGate(min_fps=25),
    ],
)
def test_a_measure_at_its_bound_passes(gate: TechnicalGate) -> None:
    assert words(gate) == []


@pytest.mark.parametrize(
    ("motion", "told"),
    [
        (replace(GOOD, frozen=0.61), "frozen: 61% of its frames stand still, expected at most 60%"),
        (replace(GOOD, black=0.9), "black: 90% of its frames are black, expected at most 50%"),
        (replace(GOOD, cuts=3), "cuts: it has 3 cuts in 6.0 s, expected at most 2"),
    ],
)
def test_a_picture_out_of_its_bounds_fails_in_words(motion: Motion, told: str) -> None:
    assert words(replace(USUAL, max_cuts=2), motion=motion) == [f"fail: {told}"]


def test_cuts_are_counted_and_judged_only_on_request() -> None:
    assert words(USUAL, motion=replace(GOOD, cuts=40)) == []


def test_what_is_set_to_none_asks_for_nothing() -> None:
    gate = TechnicalGate(max_frozen=None, max_black=None)

    assert words(gate, motion=Motion(frozen=1.0, black=1.0, cuts=0, brightness=0.0, difference=0.0)) == []


@pytest.mark.parametrize("no_number", [math.nan, math.inf], ids=str)
def test_a_distance_that_is_no_number_is_neither_judged_nor_written(no_number: float) -> None:
    """It would pass where it should not, and no report could be written of a journal that holds it."""
    with pytest.raises(ValueError, match="is no number"):
        Likeness(distances=(0.2, None, no_number))


@pytest.mark.parametrize(
    ("distances", "grade", "told"),
    [
        pytest.param((0.5, 0.5, 0.5), "pass", [], id="at the limit"),
        pytest.param((0.1, 0.5, 0.9), "pass", [], id="the median counts"),
        pytest.param(
            (0.51,) * 4, "review", ["its face is 0.51 from the portrait's, expected at most 0.50"], id="between"
        ),
        pytest.param(
            (0.60,) * 4, "review", ["its face is 0.60 from the portrait's, expected at most 0.50"], id="still between"
        ),
        pytest.param(
            (0.82,) * 4,
            "fail",
            [
                "its face is 0.82 from the portrait's, expected at most 0.50",
                "0 of the 4 frames looked at show the person of the portrait, expected at least 50%",
            ],
            id="somebody else",
        ),
        pytest.param((0.2, None, 0.3, None), "pass", [], id="half of the frames"),
        pytest.param(
            (0.2, None, None, None),
            "review",
            ["1 of the 4 frames looked at show the person of the portrait, expected at least 50%"],
            id="one good frame is not enough",
        ),
        pytest.param(
            (0.2, 0.9, 0.9, None),
            "fail",
            [
                "its face is 0.90 from the portrait's, expected at most 0.50",
                "1 of the 4 frames looked at show the person of the portrait, expected at least 50%",
            ],
            id="the face becomes another",
        ),
        pytest.param((None,) * 4, "fail", ["none of the 4 frames looked at shows a face"], id="no face"),
        pytest.param(None, "review", ["no face could be measured in the portrait"], id="no face to compare"),
    ],
)
def test_who_it_is_follows_from_the_distances(
    distances: tuple[float | None, ...] | None, grade: Grade, told: list[str]
) -> None:
    judgement = judge(CLIP, GOOD, Likeness(distances=distances), gates=ANYBODY)

    assert judgement.grade == grade
    assert [finding.words for finding in judgement.findings] == told


def test_a_wider_limit_of_the_user_widens_what_fails() -> None:
    gates = Gates(identity=IdentityGate(max_distance=0.7))
    judged = [judge(CLIP, GOOD, Likeness(distances=(d,)), gates=gates).grade for d in (0.65, 0.7, 0.71)]

    assert judged == ["pass", "pass", "fail"]


def test_nobody_asks_who_it_is_without_a_gate() -> None:
    assert judge(CLIP, GOOD, Likeness(distances=(0.9,)), gates=Gates()).grade == "pass"


@pytest.mark.parametrize(
    ("distances", "similarity"), [((0.0,), 1.0), ((0.6,), 0.5), ((1.3,), 0.0), ((None,), None), (None, None)]
)
def test_similarity_is_one_for_the_same_picture_and_a_half_at_the_border_of_two_people(
    distances: tuple[float | None, ...] | None, similarity: float | None
) -> None:
    assert Likeness(distances=distances).similarity == similarity


def test_a_judgement_can_be_spoken_of_without_the_extra_packages() -> None:
    """The engine and the reports know gates and judgements; numpy and OpenCV come with the extra `local` only."""
    source = "import sys; import runner.gates, runner.checks.judgement; print(*{'numpy', 'cv2'} & {*sys.modules})"
    told = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True).stdout

    assert told.strip() == ""
