from __future__ import annotations

import hashlib
import os
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_pictures import PNG_MARK, animated, chunk, picture, place, png_bomb, turned, with_png_chunk
from troubles import trouble

from runner.edge.portrait.portraits import BYTES_MOST, PortraitShelf, Trouble
from runner.edge.portrait.wholeness import find_cut
from runner.errors import DriftError
from runner.model import Portrait

HEADER = 33  # bytes of a PNG before which no chunk may stand
WHOLE = {
    "jpeg": ("image/jpeg", picture("JPEG")),
    "progressive jpeg": ("image/jpeg", picture("JPEG", progressive=True)),
    "png": ("image/png", picture("PNG", size=(32, 40))),
    "lossy webp": ("image/webp", picture("WEBP")),
    "lossless webp": ("image/webp", picture("WEBP", lossless=True)),
    "webp with metadata": ("image/webp", turned("WEBP", 6)),
}


def facts(folder: Path, content: bytes, name: str = "anna.png") -> Portrait:
    found = PortraitShelf().look(place(folder, content, name), name)
    assert isinstance(found, Portrait), found
    return found


@pytest.mark.parametrize(
    ("fmt", "mime"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("GIF", "image/gif"), ("BMP", "image/bmp")],
)
@pytest.mark.parametrize("name", ["anna.png", "anna.jpg", "anna"])
def test_a_format_is_what_the_bytes_say_and_not_the_name(tmp_path: Path, fmt: str, mime: str, name: str) -> None:
    content = picture(fmt)
    assert facts(tmp_path, content, name) == Portrait(
        ref=name, sha256=hashlib.sha256(content).hexdigest(), mime=mime, bytes_=len(content), width=320, height=400
    )


@pytest.mark.parametrize(
    ("fmt", "mode"),
    [("JPEG", "CMYK"), ("JPEG", "L"), ("PNG", "L"), ("PNG", "I;16"), ("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGBA")],
)
def test_every_colour_mode_is_a_picture(tmp_path: Path, fmt: str, mode: str) -> None:
    assert facts(tmp_path, picture(fmt, mode=mode)).width == 320


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_width_and_height_are_as_seen_after_the_exif_turn(tmp_path: Path, fmt: str, orientation: int) -> None:
    found = facts(tmp_path, turned(fmt, orientation, size=(300, 800)))
    assert (found.width, found.height) == ((300, 800) if orientation < 5 else (800, 300))


def test_an_exif_turn_behind_the_picture_of_a_png_counts(tmp_path: Path) -> None:
    exif = b"MM\0*\0\0\0\x08" + b"\0\x01" + b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0" + bytes(4)
    late = with_png_chunk(picture(size=(300, 800)), b"eXIf", exif)
    assert facts(tmp_path, late).width == 800


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0II*\0\x08\0\0\0\xff\xff", b"junk"]
)
def test_damaged_exif_neither_warns_nor_spoils_a_picture(tmp_path: Path, exif: bytes) -> None:
    assert facts(tmp_path, picture("JPEG", exif=exif)).width == 320


def test_a_phone_jpeg_with_a_second_picture_behind_it_is_a_still_jpeg(tmp_path: Path) -> None:
    assert facts(tmp_path, animated("MPO", frames=2)).mime == "image/jpeg"


@pytest.mark.parametrize(("fmt", "kind"), [("WEBP", "WebP"), ("GIF", "GIF"), ("PNG", "PNG")])
def test_a_moving_picture_is_refused(tmp_path: Path, fmt: str, kind: str) -> None:
    found = trouble(place(tmp_path, animated(fmt, frames=3)))
    assert found.message == f"portrait 'anna.png' is an animated {kind} image of 3 frames, expected a still picture"


def test_a_png_with_more_text_than_is_read_is_named_so(tmp_path: Path) -> None:
    png, text = picture("PNG"), chunk(b"zTXt", b"workflow\0\0" + zlib.compress(bytes(2 << 20)))
    found = trouble(place(tmp_path, png[:HEADER] + text + png[HEADER:]))
    assert found.message == "portrait 'anna.png' is a PNG image with more text beside the picture than is read"
    assert found.hint == "export it without metadata"


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_picture_is_taken_for_whole(kind: str) -> None:
    assert find_cut(*WHOLE[kind]) is None


@pytest.mark.parametrize("kind", WHOLE)
@settings(deadline=None, max_examples=60)
@given(share=st.floats(0, 1, exclude_max=True))
def test_no_cut_goes_unseen(kind: str, share: float) -> None:
    mime, content = WHOLE[kind]
    assert find_cut(mime, content[: int(share * len(content))])


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("missing", [1, 2, 12, 100])
def test_a_cut_picture_is_refused(tmp_path: Path, kind: str, missing: int) -> None:
    found = trouble(place(tmp_path, WHOLE[kind][1][:-missing]))
    assert "cut off" in found.message
    assert found.hint


def test_a_jpeg_of_which_the_end_was_never_written_is_refused(tmp_path: Path) -> None:
    half = picture("JPEG")
    assert "cut off" in trouble(place(tmp_path, half[: len(half) // 2] + bytes(len(half) // 2))).message


def test_a_png_with_a_flipped_bit_is_refused(tmp_path: Path) -> None:
    content = bytearray(picture("PNG"))
    content[len(content) // 2] ^= 1
    assert "the checksum of its IDAT chunk at byte 33 is wrong" in trouble(place(tmp_path, bytes(content))).message


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "an empty file"),
        (bytes(500), "nothing but zero bytes"),
        (b"\n<!DOCTYPE html><html><body>404</body></html>", "an HTML page"),
        (b'\xef\xbb\xbf{"error": "not found"}', "a JSON document"),
        (b'<?xml version="1.0"?><Error/>', "an XML document"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"%PDF-1.7", "a PDF document"),
        (picture("TIFF", size=(20, 20)), "a TIFF image"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC image"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "an MP4 video"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer instead of the file itself"),
        (b"hello", "plain text"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08", "bytes of no known kind (01 02 03 04 05 06 07 08)"),
        (PNG_MARK + chunk(b"IDAT", b"") + chunk(b"IEND", b""), "a PNG image with a damaged header"),
    ],
)
def test_what_is_no_picture_is_called_what_it_is(tmp_path: Path, content: bytes, what: str) -> None:
    found = trouble(place(tmp_path, content))
    assert found.message == f"portrait 'anna.png' is {what}, expected a JPEG, PNG or WebP image"


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (10_000, 10_000), (8001, 8000)])
def test_a_picture_too_large_to_decode_is_refused_from_its_header(tmp_path: Path, width: int, height: int) -> None:
    assert "64,000,000 px" in trouble(place(tmp_path, png_bomb(width, height))).message


def test_a_picture_of_just_the_largest_size_is_looked_at(tmp_path: Path) -> None:
    assert facts(tmp_path, png_bomb(8000, 8000)).height == 8000


def test_a_file_beyond_the_cap_is_not_read(tmp_path: Path) -> None:
    path = place(tmp_path, picture())
    os.truncate(path, 1 << 40)
    assert f"has 1,099,511,627,776 bytes, at most {BYTES_MOST:,} are read" in trouble(path).message


def test_a_fifo_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "anna.png")
    assert trouble(str(tmp_path / "anna.png")).message == "portrait 'anna.png' is a FIFO, not a file"


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/dev/zero", "is a device, not a file"),
        ("/tmp", "is a folder, not a file"),
        ("/proc/version", "is plain text, expected a JPEG, PNG or WebP image"),
        ("/dev/null/anna.png", "not found: a part of its path is not a folder"),
        ("/tmp/" + "a" * 300, "cannot exist: its name is too long"),
        ("/tmp/a\0b", "not found"),
    ],
)
def test_what_is_no_file_is_refused_without_hanging(path: str, what: str) -> None:
    assert trouble(path).message == f"portrait 'anna.png' {what}"


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "anna.png").symlink_to("anna.png")
    assert "links lead in a circle" in trouble(str(tmp_path / "anna.png")).message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = place(tmp_path, picture())
    Path(path).chmod(0)
    assert "permission denied" in trouble(path).message


@pytest.mark.parametrize("there", ["astronaut.png", "Astronut.jpg", "astronut.jpeg"])
def test_a_missing_file_names_the_one_that_was_meant(tmp_path: Path, there: str) -> None:
    place(tmp_path, b"", there)
    found = trouble(str(tmp_path / "astronut.png"), "faces/astronut.png")
    assert found == Trouble(message="portrait 'faces/astronut.png' not found", hint=f"did you mean faces/{there}?")


@pytest.mark.parametrize(("named", "there"), [("\u00e9.png", "e\u0301.png"), ("e\u0301.png", "\u00e9.png")])
def test_a_name_whose_accents_are_in_other_bytes_is_told_as_that(tmp_path: Path, named: str, there: str) -> None:
    place(tmp_path, picture(), there)
    if (tmp_path / named).exists():
        pytest.skip("this file system takes both for one name")

    assert trouble(str(tmp_path / named), named).hint == (
        "a file that looks so is there, with its accents in other bytes (Unicode NFC or NFD): rename it"
    )


def test_typographic_quotes_around_a_path_are_told_as_a_part_of_it(tmp_path: Path) -> None:
    place(tmp_path, picture())
    name = "\u201canna.png\u201d"

    assert trouble(str(tmp_path / name), name).hint == "leave out these quotes, which are a part of the name: anna.png"


def test_a_missing_file_without_a_likeness_says_where_it_was_looked_for(tmp_path: Path) -> None:
    place(tmp_path, b"", "zebra.txt")
    assert trouble(str(tmp_path / "anna.png")).hint == f"looked for {tmp_path}/anna.png"


def test_a_link_that_leads_nowhere_is_not_said_to_be_meant_itself(tmp_path: Path) -> None:
    (tmp_path / "anna.png").symlink_to("gone.png")

    assert trouble(str(tmp_path / "anna.png")).hint == "it is a symbolic link, and gone.png is not there"


def test_a_path_as_windows_writes_it_is_told_how_to_write_it(tmp_path: Path) -> None:
    place(tmp_path, picture())
    found = PortraitShelf().look(f"{tmp_path}/faces\\anna.png", "faces\\anna.png")

    assert found == Trouble(
        message="portrait 'faces\\anna.png' not found", hint="write / between folders: faces/anna.png"
    )


def test_a_portrait_is_looked_at_once_and_shown_as_it_was_written(tmp_path: Path) -> None:
    shelf, path = PortraitShelf(), place(tmp_path, picture())
    first = shelf.look(path, "anna.png")
    Path(path).unlink()
    second = shelf.look(path, "./anna.png")
    assert isinstance(first, Portrait)
    assert isinstance(second, Portrait)
    assert (first.ref, second.ref, second.sha256) == ("anna.png", "./anna.png", first.sha256)


def test_two_files_with_the_same_bytes_are_the_same_portrait(tmp_path: Path) -> None:
    one, two = (facts(tmp_path, picture(), name) for name in ("anna.png", "bob.jpg"))
    assert one.sha256 == two.sha256


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no regular file here whose reading fails")
def test_a_portrait_that_can_no_longer_be_read_is_drift_and_not_a_crash(tmp_path: Path) -> None:
    path, shelf = tmp_path / "anna.png", PortraitShelf()
    portrait = shelf.look(place(tmp_path, WHOLE["png"][1], "anna.png"), "anna.png")
    path.unlink()
    path.symlink_to("/proc/self/mem")
    assert isinstance(portrait, Portrait)
    with pytest.raises(DriftError, match=r"anna\.png' was planned, but now"):
        shelf.open_body(portrait)
