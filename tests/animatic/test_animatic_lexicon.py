from __future__ import annotations

import pytest

from runner.animatic.lexicon import understand


@pytest.mark.parametrize(
    ("prompt", "moves"),
    [
        ("", "drift"),
        ("She smiles.", "drift"),
        ("[Push in]", "push_in"),
        ("[Pull out]", "pull_back"),
        ("[Pan left]", "pan_left"),
        ("[Pan right]", "pan_right"),
        ("[Truck left]", "pan_left"),
        ("[Tilt up]", "tilt_up"),
        ("[Tilt down]", "tilt_down"),
        ("[Pedestal up]", "tilt_up"),
        ("[Zoom in]", "zoom_in"),
        ("[Zoom out]", "zoom_out"),
        ("[Shake]", "shake"),
        ("[Static shot]", "still"),
        ("[Orbit left]", "drift"),
        ("[Tracking shot]", "drift"),
        ("A girl runs toward the camera and winks with a smile.", "push_in"),
        ("He walks slowly towards us", "push_in"),
        ("She is walking to the viewer", "push_in"),
        ("she moves closer", "push_in"),
        ("A woman approaches the camera", "push_in"),
        ("Slow dolly-in on her face", "push_in"),
        ("the camera slowly pulls back", "pull_back"),
        ("she walks away from the camera", "pull_back"),
        ("The camera pans slowly to the right", "pan_right"),
        ("the camera tilts slowly upwards", "tilt_up"),
        ("zooming in", "zoom_in"),
        ("zooms quickly out", "zoom_out"),
        ("handheld camera", "shake"),
        ("the camera stays perfectly still", "still"),
        ("no camera movement", "still"),
        ("the camera does not move", "still"),
        ("she stands still and looks up", "drift"),
        ("she shakes her head", "drift"),
        ("she tilts her head up", "drift"),
        ("she looks left, then right", "drift"),
        ("PUSH IN", "push_in"),
        ("镜头缓缓推进", "push_in"),
        ("女孩跑向镜头", "push_in"),
        ("镜头拉远", "pull_back"),
        ("镜头向左移动", "pan_left"),
        ("镜头右摇", "pan_right"),
        ("镜头上摇", "tilt_up"),
        ("固定镜头", "still"),
        ("镜头晃动", "shake"),
    ],
)
def test_a_phrase_moves_the_camera_as_it_says(prompt: str, moves: str) -> None:
    assert [[str(move) for move in beat] for beat in understand(prompt).beats] == [[moves]]


@pytest.mark.parametrize(
    ("prompt", "beats"),
    [
        ("[Push in], then [Pan left]", [["push_in"], ["pan_left"]]),
        ("[Pan left, Push in]", [["pan_left", "push_in"]]),
        ("[Tilt up,Shake] she smiles [Zoom out]", [["tilt_up", "shake"], ["zoom_out"]]),
        ("the camera pushes in while panning left", [["push_in", "pan_left"]]),
        ("镜头推进,同时向右摇", [["push_in", "pan_right"]]),
        ("zoom in, zoom out", [["zoom_in"], ["zoom_out"]]),
    ],
)
def test_moves_follow_one_another_unless_they_are_bound_together(prompt: str, beats: list[list[str]]) -> None:
    assert [[str(move) for move in beat] for beat in understand(prompt).beats] == beats


@pytest.mark.parametrize(
    "prompt",
    [
        "don't zoom in",
        "do not pan left",
        "without any zoom in",
        "never push in",
        "no [Shake]",
        "不要推进",
        "avoid handheld",
    ],
)
def test_what_is_forbidden_is_not_done_and_is_listed_as_ignored(prompt: str) -> None:
    reading = understand(prompt)

    assert reading.beats == (("drift",),)
    assert reading.honoured == ()
    assert reading.ignored


def test_a_no_of_another_sentence_forbids_nothing() -> None:
    assert understand("She is not smiling. The camera zooms in.").beats == (("zoom_in",),)


def test_every_word_that_was_not_obeyed_is_said_to_be_ignored() -> None:
    reading = understand("A girl runs toward the camera on a beach and winks with a smile.")

    assert reading.honoured == ("runs toward the camera",)
    assert reading.ignored == ("beach", "winks", "smile")


def test_no_prompt_honours_and_ignores_nothing() -> None:
    reading = understand(None)

    assert (reading.honoured, reading.ignored) == ((), ())
