from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from pathlib import Path

import av
import films
import made_clips
import numpy as np
import pytest
from drawn_faces import PEOPLE
from films import ASTRONAUT, DEGRADED, approach, drawn, film, pixels_of

from runner.edge.video.media import NoMemoryError, WatchError, inspect
from runner.edge.video.screening import screen
from runner.gates import Gates, IdentityGate, TechnicalGate
from runner.inspection import Inspected, Spoilt
from runner.judgement import Grade, Judgement
from runner.model import Clip

USUAL = TechnicalGate(max_frozen=0.6, max_black=0.5)
GATES = Gates(technical=USUAL, identity=IdentityGate(frames=6))
HER = pixels_of(ASTRONAUT)


def judged(path: Path, *, portrait: bytes | None = ASTRONAUT, gates: Gates = GATES) -> Judgement:
    screening = screen(path, portrait=portrait, gates=gates)
    assert isinstance(screening, Inspected)
    assert screening.judgement is not None
    return screening.judgement


@pytest.mark.parametrize("change", DEGRADED)
def test_her_film_passes_against_her_portrait_and_a_ruined_one_needs_a_look(change: str, tmp_path: Path) -> None:
    judgement = judged(film(tmp_path / "film.mp4", approach(DEGRADED[change](HER))))

    assert judgement.grade == ("review" if change == "blurred by 4 px" else "pass")
    assert judgement.likeness is not None
    assert judgement.likeness.coverage(within=0.6) == 1.0


@pytest.mark.parametrize("name", PEOPLE)
def test_a_film_of_somebody_else_fails_against_her_portrait(name: str, tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", approach(pixels_of(drawn(name))))

    assert judged(path).grade == "fail"
    assert judged(path, portrait=drawn(name)).grade == "pass"


def test_her_film_fails_against_the_portrait_of_somebody_else(tmp_path: Path) -> None:
    assert judged(film(tmp_path / "film.mp4", approach(HER)), portrait=drawn("fair")).grade == "fail"


@pytest.mark.parametrize(
    ("of_hers", "grade"), [(24, "pass"), (16, "pass"), (8, "review"), (0, "fail")], ids=["all", "most", "few", "none"]
)
def test_how_much_of_a_film_shows_her_counts(of_hers: int, grade: Grade, tmp_path: Path) -> None:
    """The rest shows a wall: a good face in a single frame must not carry a whole video."""
    wall = np.full((384, 384, 3), (120, 110, 100), np.uint8)
    frames = chain(approach(HER, frames=of_hers), [wall] * (24 - of_hers))
    path = film(tmp_path / "film.mp4", frames)

    assert judged(path, gates=replace(GATES, technical=TechnicalGate(max_frozen=None))).grade == grade


def test_a_face_that_becomes_another_within_a_film_fails(tmp_path: Path) -> None:
    frames = chain(approach(HER, frames=8), approach(pixels_of(drawn("beard")), frames=16))
    judgement = judged(film(tmp_path / "film.mp4", frames))

    assert judgement.grade == "fail"
    assert judgement.motion is not None
    assert judgement.motion.cuts == 1


@pytest.mark.parametrize(
    ("frame", "check"),
    [
        (np.zeros((384, 384, 3), np.uint8), ["frozen", "black"]),
        (films.half(HER), ["frozen"]),
    ],
    ids=["black", "frozen"],
)
def test_a_film_in_which_nothing_happens_fails(frame: films.Pixels, check: list[str], tmp_path: Path) -> None:
    judgement = judged(film(tmp_path / "film.mp4", [frame] * 24), portrait=None)

    assert [finding.check for finding in judgement.findings] == check


def test_without_a_portrait_or_a_gate_nobody_asks_who_it_is(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", approach(HER))

    assert judged(path, portrait=None).likeness is None
    assert judged(path, gates=Gates(technical=USUAL)).likeness is None


@pytest.mark.parametrize("portrait", [b"", films.png(np.full((400, 400, 3), 200, np.uint8))], ids=["unread", "blank"])
def test_a_portrait_that_shows_no_face_needs_a_look_and_fails_nobody(portrait: bytes, tmp_path: Path) -> None:
    judgement = judged(film(tmp_path / "film.mp4", approach(HER)), portrait=portrait)

    assert [(finding.check, finding.grade) for finding in judgement.findings] == [("portrait", "review")]


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_of_a_very_short_film_every_frame_is_looked_at(frames: int, tmp_path: Path) -> None:
    likeness = judged(film(tmp_path / "film.mp4", approach(HER, frames=frames))).likeness

    assert likeness is not None
    assert len(likeness.seen) == frames


def test_a_film_without_a_declared_length_is_looked_at_too(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(made_clips.clip(movflags="frag_keyframe+empty_moov"))

    motion = judged(path).motion
    assert motion is not None
    assert motion.frozen == 0.0


def test_screening_measures_the_same_clip_as_inspecting(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", approach(HER), fps=12)
    screening = screen(path, portrait=ASTRONAUT, gates=GATES)

    assert isinstance(screening, Inspected)
    assert screening.clip == inspect(path, full=True)


def test_the_same_film_is_judged_the_same_twice(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", approach(HER))

    assert judged(path) == judged(path)


GOOD = made_clips.clip(frames=60, size=(320, 240))


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(b ^ 0xA5 for b in content[middle : middle + 20]) + content[middle + 20 :]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda _: b"<!doctype html><title>403</title>", id="an HTML page"),
        pytest.param(lambda _: b'{"base_resp": {"status_code": 1004}}', id="a JSON document"),
        pytest.param(lambda content: bytes(len(content)), id="zeros"),
        pytest.param(lambda content: content[:24], id="a cut header"),
        pytest.param(lambda content: content[: len(content) // 3], id="a third of it"),
        pytest.param(lambda content: content[:-1000], id="1,000 bytes missing"),
        pytest.param(lambda content: content[:-20_000] + bytes(20_000), id="20,000 bytes overwritten"),
        pytest.param(_flipped, id="20 bytes flipped"),
    ],
)
def test_a_damaged_file_is_spoilt_and_never_judged(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(damage(GOOD))

    assert isinstance(screen(path, portrait=ASTRONAUT, gates=GATES), Spoilt)


def test_a_watcher_sees_every_frame_in_order(tmp_path: Path) -> None:
    seen: list[int | None] = []
    clip = inspect(film(tmp_path / "film.mp4", approach(HER)), full=True, watch=lambda frame: seen.append(frame.pts))

    assert isinstance(clip, Clip)
    assert len(seen) == clip.frames == films.FRAMES
    assert seen == sorted(seen, key=lambda pts: pts or 0)


@pytest.mark.parametrize(
    ("error", "becomes"), [(ValueError("a bug"), WatchError), (MemoryError(), NoMemoryError)], ids=["bug", "memory"]
)
def test_what_goes_wrong_in_a_watcher_is_no_damage_of_the_file(
    error: Exception, becomes: type[Exception], tmp_path: Path
) -> None:
    """A good video that was paid for must not be thrown away because judging it failed."""

    def fail(_frame: av.VideoFrame) -> None:
        raise error

    with pytest.raises(becomes) as caught:
        inspect(film(tmp_path / "film.mp4", approach(HER, frames=2)), full=True, watch=fail)
    assert caught.value.__cause__ is error
