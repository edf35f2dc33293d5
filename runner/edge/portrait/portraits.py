"""Looks into each portrait once and gives facts; opens it again for the wire.

The kind of a picture is what its bytes say. It is hashed and walked to its end, but not decoded: a decode costs a
hundred times more and would say little else about a whole file. What a provider accepts is judged in
`core.plan.preflight`.
"""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Final
from unicodedata import normalize

from PIL import Image, UnidentifiedImageError

from ...errors import DriftError
from ...model import Portrait
from ...pictures import BROKEN, is_on_its_side, quiet
from ..disk.regular import near_name, open_regular, say
from .body import PortraitBody, encode_picture, read_fully, stream_picture, stream_url
from .encoded import FILE_MOST, Encoded, marks_of
from .sniff import HEAD, name_content
from .trouble import Trouble
from .url import brief, check_url, decode_data, is_data, is_remote
from .wholeness import find_cut, png_exif

__all__ = ["BYTES_MOST", "PIXELS_MOST", "PortraitBody", "PortraitShelf", "Trouble"]

BYTES_MOST: Final = 64 * 1024 * 1024
"""A larger file is not read: no provider takes a third of it."""
PIXELS_MOST: Final = 64_000_000
"""A larger picture is refused from its header; whoever decodes it later needs 4 bytes and more for each pixel."""
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
_WALKED: Final = {"a JPEG image": "image/jpeg", "a PNG image": "image/png", "a WebP image": "image/webp"}
_MOVING: Final = frozenset({"PNG", "WEBP", "GIF"})
_WORDY: Final = "MAX_TEXT"
"""What Pillow's words name where a PNG holds more than a megabyte of text, as some programs write."""
_QUOTES: Final = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"  # typographic


class PortraitShelf:
    """Every distinct portrait of a manifest, looked at once.

    `look` may be called for every item: a source that is known costs a dictionary look-up. `open_body` needs a portrait
    that this shelf has given, and may be called as often as needed, from any thread.
    """

    def __init__(self) -> None:
        """Start with an empty shelf; nothing is opened."""
        self._seen: dict[str, Portrait | Trouble] = {}
        self._sources: dict[tuple[str, str], str | bytes] = {}
        self._encoded = Encoded()

    def look(self, source: str, shown: str) -> Portrait | Trouble:
        """Return the facts of a portrait, or what is wrong with it, never an exception.

        `source` is an absolute path, an http(s) URL or a data URL; `shown` is what the user wrote.
        """
        key = brief(source)
        if key not in self._seen:
            self._seen[key] = self._look(source, shown)
        found = self._seen[key]
        if isinstance(found, Portrait) and not is_data(source):
            found = replace(found, ref=shown)
            self._sources[found.sha256, shown] = source
        return found

    def open_body(self, portrait: Portrait) -> PortraitBody:
        """Return the portrait as the wire sends it; the caller closes it.

        Raises `DriftError` when its bytes are no longer those that were looked at.
        """
        source = self._sources.get((portrait.sha256, portrait.ref))
        if source is None:
            raise DriftError(f"portrait '{portrait.ref}' is not one of this plan; run `s2v plan` again")
        if isinstance(source, bytes):
            return stream_picture(portrait, io.BytesIO(source))
        if portrait.is_remote:
            return stream_url(source)
        try:
            return self._kept(portrait, source) or stream_picture(portrait, open_regular(source))
        except OSError as error:
            raise DriftError(f"portrait '{portrait.ref}' was planned, but now {say(error)}") from error

    def _kept(self, portrait: Portrait, path: str) -> PortraitBody | None:
        """Return a portrait as it was encoded before, or is now to be kept; None for one that is too large for that."""
        marks = marks_of(path)
        text = self._encoded.find(portrait.sha256, marks)
        if text is None and (portrait.bytes_ or FILE_MOST + 1) <= FILE_MOST:
            with open_regular(path) as file:
                marks = marks_of(file.fileno())
                text = encode_picture(portrait, file, most=FILE_MOST)
            self._encoded.keep(portrait.sha256, marks, text)
        return None if text is None else PortraitBody(text, portrait.ref)

    def content(self, portrait: Portrait) -> bytes:
        """Return a portrait's bytes as they were looked at; empty where nobody here has them, or has them any more."""
        source = self._sources.get((portrait.sha256, portrait.ref), b"")
        if isinstance(source, bytes) or portrait.is_remote:
            return source if isinstance(source, bytes) else b""
        try:
            with open_regular(source) as file:
                content = read_fully(file, BYTES_MOST)
        except OSError:
            return b""
        return content if hashlib.sha256(content).hexdigest() == portrait.sha256 else b""

    def _look(self, source: str, shown: str) -> Portrait | Trouble:
        if is_remote(source):
            digest = hashlib.sha256(source.encode()).hexdigest()
            return check_url(source, shown) or Portrait(ref=shown, sha256=digest)
        if is_data(source):
            return self._look_into_data(source)
        content = _read(source, shown)
        return content if isinstance(content, Trouble) else _inspect(content, f"portrait '{shown}'")

    def _look_into_data(self, source: str) -> Portrait | Trouble:
        content = decode_data(source, bytes_most=BYTES_MOST)
        if isinstance(content, Trouble):
            return content
        found = _inspect(content, "portrait data URL")
        if isinstance(found, Portrait):
            found = replace(found, ref=f"data:{found.mime};sha256={found.sha256[:8]}")
            self._sources[found.sha256, found.ref] = content
        return found


def _read(path: str, shown: str) -> bytes | Trouble:
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            content = b"" if size > BYTES_MOST else read_fully(file, BYTES_MOST)
    except FileNotFoundError:
        return Trouble(message=f"portrait '{shown}' not found", hint=_meant(path, shown))
    except OSError as error:
        return Trouble(message=f"portrait '{shown}' {say(error)}")
    if size > BYTES_MOST:
        return Trouble(
            message=f"portrait '{shown}' has {size:,} bytes, at most {BYTES_MOST:,} are read",
            hint="save it smaller, for example as a JPEG of 2000 px",
        )
    return content


def _meant(path: str, shown: str) -> str:
    if "\\" in shown:
        slashes = shown.replace("\\", "/")
        return f"write / between folders: {slashes}"
    if Path(path).is_symlink():
        return f"it is a symbolic link, and {Path(path).readlink()} is not there"
    if shown[0] in _QUOTES and shown[-1] in _QUOTES:
        return f"leave out these quotes, which are a part of the name: {shown.strip(_QUOTES)}"
    near = near_name(path)
    if near and normalize("NFC", near) == normalize("NFC", PurePath(path).name):
        return "a file that looks so is there, with its accents in other bytes (Unicode NFC or NFD): rename it"
    return f"did you mean {PurePath(shown).parent / near}?" if near else f"looked for {path}"


def _inspect(content: bytes, name: str) -> Portrait | Trouble:
    kind = name_content(content[:HEAD])
    cut = find_cut(_WALKED.get(kind, ""), content)
    if cut:
        return Trouble(message=f"{name} is {kind} {cut}", hint="copy or export it anew")
    try:
        with quiet(), Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            return _too_large(picture, name, kind) or _moving(picture, name, kind) or _facts(picture, content)
    except Image.DecompressionBombError:
        return Trouble(message=f"{name} is {kind} of far more than {PIXELS_MOST:,} px", hint="save it smaller")
    except UnidentifiedImageError:
        what = f"{kind} with a damaged header" if kind in _WALKED else kind
        return Trouble(message=f"{name} is {what}, expected a JPEG, PNG or WebP image")
    except BROKEN as error:
        if _WORDY in str(error):
            what = f"{kind} with more text beside the picture than is read"
            return Trouble(message=f"{name} is {what}", hint="export it without metadata")
        return Trouble(message=f"{name} is {kind} that cannot be read: {str(error).lower()}", hint="export it anew")


def _too_large(picture: Image.Image, name: str, kind: str) -> Trouble | None:
    if picture.width * picture.height <= PIXELS_MOST:
        return None
    size = f"{picture.width:,} x {picture.height:,} px"
    return Trouble(message=f"{name} is {kind} of {size}, at most {PIXELS_MOST:,} px are read", hint="save it smaller")


def _moving(picture: Image.Image, name: str, kind: str) -> Trouble | None:
    frames: int = getattr(picture, "n_frames", 1) if picture.format in _MOVING else 1
    if frames == 1:
        return None
    what = f"an animated {kind.partition(' ')[2]} of {frames:,} frames"
    return Trouble(message=f"{name} is {what}, expected a still picture", hint="save one frame of it")


def _facts(picture: Image.Image, content: bytes) -> Portrait:
    width, height = picture.size
    if is_on_its_side(png_exif(content) if picture.format == "PNG" else picture.info.get("exif")):
        width, height = height, width
    return Portrait(
        ref="", sha256=hashlib.sha256(content).hexdigest(), mime=_mime(picture.format or ""), bytes_=len(content),
        width=width, height=height,
    )  # fmt: skip


def _mime(format_: str) -> str:
    # Many a phone's JPEG has further pictures behind its end (MPO); every reader but Pillow calls it a JPEG.
    return "image/jpeg" if format_ == "MPO" else Image.MIME[format_]
