from __future__ import annotations

import io
import json
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from sample_pictures import ODD, astronaut, decoded, encoded, odd_picture, with_field

from runner.animatic.encoder import Encoder
from runner.animatic.label import TEXT, draw_label
from runner.animatic.picture import UnreadablePictureError, read_picture
from runner.animatic.render import Rendering, render
from runner.animatic.view import Shape

SMALL = Shape(width=320, height=180, seconds=1.0)


def drawn(out: Path, prompt: str | None = None, *, portrait: bytes | None = None, seed: int = 1) -> Rendering:
    return render(portrait or encoded(astronaut()), prompt, seed=seed, out=out, shape=SMALL)


def test_the_standard_clip_is_six_seconds_of_720p_with_the_label_in_picture_and_metadata(tmp_path: Path) -> None:
    made = render(encoded(astronaut()), "She runs toward the camera.", seed=1, out=tmp_path / "a.mp4")

    assert (made.width, made.height) == (1280, 720)
    assert made.honoured == ("runs toward the camera",)
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        codec = stream.codec_context
        assert (codec.name, codec.width, codec.height, codec.pix_fmt) == ("h264", 1280, 720, "yuv420p")
        assert (codec.colorspace, codec.color_primaries, codec.color_trc, codec.color_range) == (1, 1, 1, 1)
        assert stream.average_rate == 25
        assert container.metadata["title"] == TEXT
        assert TEXT in container.metadata["comment"]
        assert sum(1 for frame in container.decode(video=0) if not frame.is_corrupt) == 150
    head = (tmp_path / "a.mp4").read_bytes()[:64]
    assert head.index(b"ftyp") < head.index(b"moov")


def test_the_file_itself_tells_how_it_was_made(tmp_path: Path) -> None:
    made = drawn(tmp_path / "a.mp4", 'She winks on a "beach". [Push in]')

    with av.open(str(tmp_path / "a.mp4")) as container:
        told = json.loads(container.metadata["description"])
    assert (told["generative"], told["engine"]) == (False, made.engine)
    assert (tuple(told["honoured"]), tuple(told["ignored"])) == (made.honoured, made.ignored)
    assert told["libraries"]["opencv"] == cv2.__version__
    assert "winks" in made.honoured
    assert any("beach" in words for words in made.ignored)


def test_the_label_can_be_read_on_every_frame(tmp_path: Path) -> None:
    shape = Shape(width=640, height=360, seconds=0.4)
    render(encoded(astronaut()), "[Shake]", seed=1, out=tmp_path / "a.mp4", shape=shape)
    label = draw_label(640, 360)
    rows, columns = label.keep.shape[:2]
    wanted = label.add[:, :, 0].astype(np.float64)

    for frame in decoded(tmp_path / "a.mp4"):
        place = frame[label.top : label.top + rows, label.left : label.left + columns].mean(axis=2)
        assert np.corrcoef(place.ravel(), wanted.ravel())[0, 1] > 0.85


@pytest.mark.parametrize("prompt", ["[Static shot]", "[Push in]", "[Pan left]", "[Tilt down]", "[Shake]"])
def test_no_frame_is_frozen_and_none_jumps(prompt: str, tmp_path: Path) -> None:
    drawn(tmp_path / "a.mp4", prompt)

    frames = decoded(tmp_path / "a.mp4")
    changes = [float(np.abs(b - a).mean()) for a, b in pairwise(frames)]
    assert len(frames) == 25
    assert min(changes) > 0.0
    assert max(changes) < 25.0


def test_a_push_in_really_enlarges_the_face(tmp_path: Path) -> None:
    drawn(tmp_path / "a.mp4", "[Push in]")
    frames = decoded(tmp_path / "a.mp4")

    assert scale_between(frames[0], frames[-1]) == pytest.approx(1 / 0.64, rel=0.08)


def scale_between(first: npt.NDArray[np.float64], last: npt.NDArray[np.float64]) -> float:
    """Return the enlargement at which the first frame's face is found best in the last."""
    face = first[20:80, 130:190].astype(np.uint8)
    scales = np.arange(0.8, 2.0, 0.04)
    found = [
        cv2.matchTemplate(last.astype(np.uint8), cv2.resize(face, None, fx=s, fy=s), cv2.TM_CCOEFF_NORMED).max()
        for s in scales
    ]
    return float(scales[int(np.argmax(found))])


def test_a_pan_to_the_left_moves_the_picture_to_the_right(tmp_path: Path) -> None:
    drawn(tmp_path / "a.mp4", "[Pan left]")
    first, last = (frame[20:120, 100:200].mean(axis=2) for frame in decoded(tmp_path / "a.mp4")[::24])

    (shift, _), _ = cv2.phaseCorrelate(first, last)
    assert shift > 5


def test_the_same_call_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        drawn(tmp_path / name, "[Shake]")

    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_another_seed_gives_another_take(tmp_path: Path) -> None:
    drawn(tmp_path / "a.mp4", seed=1)
    drawn(tmp_path / "b.mp4", seed=2)

    assert (tmp_path / "a.mp4").read_bytes() != (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize("name", ODD)
def test_every_kind_of_portrait_fills_the_frame(name: str, tmp_path: Path) -> None:
    shape = Shape(width=320, height=180, seconds=0.2)
    render(odd_picture(name), "[Pull out]", seed=1, out=tmp_path / "a.mp4", shape=shape)

    last = decoded(tmp_path / "a.mp4")[-1]
    assert last[:, :40].std() > 2.0
    assert last[:, -40:].std() > 2.0
    assert 20 < last.mean() < 235


def test_a_picture_is_turned_upright() -> None:
    assert read_picture(odd_picture("EXIF-rotated")).shape == (512, 400, 3)


@pytest.mark.parametrize(("tag", "kind"), [(0x0100, 5), (0x010F, 5), (0x011A, 2)], ids=["width", "make", "resolution"])
def test_a_picture_is_turned_whatever_else_its_exif_says(tag: int, kind: int) -> None:
    face = astronaut().crop((0, 0, 512, 400))
    out = io.BytesIO()
    face.save(out, "WEBP", lossless=True, exif=with_field(tag, kind))

    turned = np.asarray(face.transpose(Image.Transpose.ROTATE_270))[:, :, ::-1]
    assert (read_picture(out.getvalue()) == turned).all()


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"junk"], ids=["empty", "far", "junk"])
def test_a_picture_with_damaged_exif_is_drawn_as_it_lies(exif: bytes) -> None:
    out = io.BytesIO()
    astronaut().crop((0, 0, 512, 400)).save(out, "JPEG", exif=exif)

    assert read_picture(out.getvalue()).shape == (400, 512, 3)


def test_sixteen_bits_keep_their_tones() -> None:
    grey = np.asarray(astronaut().convert("L"), dtype=np.int64)

    assert np.abs(read_picture(odd_picture("16-bit"))[:, :, 0].astype(np.int64) - grey).max() <= 1


def test_what_is_transparent_shows_light_paper() -> None:
    clear = Image.new("RGBA", (320, 320), (255, 0, 0, 0))

    assert (read_picture(encoded(clear)) == 236).all()


@pytest.mark.parametrize("portrait", [b"", b"<html>", encoded(astronaut())[:5000]], ids=["empty", "html", "cut"])
def test_bytes_that_are_no_picture_are_named_so(portrait: bytes, tmp_path: Path) -> None:
    with pytest.raises(UnreadablePictureError, match="cannot be drawn"):
        drawn(tmp_path / "a.mp4", portrait=portrait or b" ")


def test_colours_survive_the_encoding(tmp_path: Path) -> None:
    flat = Image.new("RGB", (400, 400), (200, 60, 30))
    drawn(tmp_path / "a.mp4", portrait=encoded(flat))

    centre = decoded(tmp_path / "a.mp4")[5][60:100, 140:180].mean(axis=(0, 1))
    assert np.abs(centre - [30, 60, 200]).max() < 5


def test_an_encoder_that_cannot_write_says_so_and_does_not_hang(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        drawn(tmp_path / "missing" / "a.mp4")


def test_a_writer_that_fails_leaves_no_thread_behind(tmp_path: Path) -> None:
    encoder = Encoder(tmp_path / "a.mp4", SMALL, {})

    with pytest.raises(ZeroDivisionError):
        write_and_fail(encoder)
    assert not encoder._thread.is_alive()  # noqa: SLF001 - the thread is what this claim is about


def write_and_fail(encoder: Encoder) -> None:
    with encoder:
        encoder.write(np.zeros((180, 320, 3), np.uint8))
        raise ZeroDivisionError
