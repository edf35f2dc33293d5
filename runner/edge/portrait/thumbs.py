"""Small copies of portraits beside a report, so that the folder can be moved and still shows whom a video is held to.

Drawn once each, from the file that the manifest names, if it is still the one that was planned; where it is gone, is
remote, or cannot be decoded, there is no copy and the page says the portrait's name.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from hashlib import file_digest
from pathlib import Path
from typing import Final

from PIL import Image

from ...pictures import BROKEN, quiet, upright
from ..disk.files import Files, halting, refuse_link
from ..disk.regular import open_regular
from .portraits import BYTES_MOST, PIXELS_MOST

FOLDER: Final = "thumbs"
MOST: Final = 2_000
"""Distinct portraits of one run that get a copy: some 25 MB, and 20 s where all are large photos."""
LETTERS: Final = 16
"""Letters of a portrait's digest that name its copy."""
SIDE: Final = 320
"""Pixels of the longer side."""
_QUALITY: Final = 78
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_OPAQUE: Final = ("L", "RGB")


def draw_thumbs(folder: Path, portraits: Mapping[str, str], *, source: Path, files: Files) -> None:
    """Draw what is missing in `folder`; `portraits` maps digests to paths, which are relative to `source`.

    Raises Halt when the disk refuses.
    """
    missing = {sha256: ref for sha256, ref in portraits.items() if not place_of(folder, sha256).exists()}
    if not missing:
        return
    refuse_link(folder)
    files.make_folder(folder)
    for sha256, ref in list(missing.items())[:MOST]:
        if small := _small(source / ref, sha256):
            path = place_of(folder, sha256)
            with halting(path), files.aside(path.with_suffix(".part")) as file:
                file.write(small)
                files.keep(file, path)


def place_of(folder: Path, sha256: str) -> Path:
    """Return where the copy of a portrait stands."""
    return folder / f"{sha256[:LETTERS]}.jpg"


def _small(path: Path, sha256: str) -> bytes | None:
    """Return the small copy as a JPEG without any metadata, or None where the picture is not to be had.

    Read by pieces, and made small before it is copied: of a large picture nothing is held but its own pixels.
    """
    try:
        with io.BufferedReader(open_regular(str(path))) as file:
            if os.fstat(file.fileno()).st_size > BYTES_MOST or file_digest(file, "sha256").hexdigest() != sha256:
                return None
            file.seek(0)
            with quiet(), Image.open(file, formats=_FORMATS) as picture:
                if picture.width * picture.height > PIXELS_MOST:
                    return None
                paper = _on_paper(picture)
    except (*BROKEN, Image.DecompressionBombError):
        return None
    small = io.BytesIO()
    paper.save(small, "JPEG", quality=_QUALITY)
    return small.getvalue()


def _on_paper(picture: Image.Image) -> Image.Image:
    """Return a picture upright, small, and on white where it lets light through."""
    picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is decoded at an eighth of its size where that will do
    if picture.mode in _OPAQUE and "transparency" not in picture.info:
        picture.thumbnail((SIDE, SIDE))
    picture.load()  # to its end, behind which a PNG may say how it is turned
    seen = upright(picture.convert("RGBA"), picture.info.get("exif"))
    seen.thumbnail((SIDE, SIDE))
    paper = Image.new("RGB", seen.size, "white")
    paper.paste(seen, mask=seen.getchannel("A"))
    return paper
