"""Pictures for tests, made in code: every format, mode and defect that a portrait may have."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from pathlib import Path
from typing import Any

from PIL import Image

PNG_MARK = b"\x89PNG\r\n\x1a\n"


def picture(fmt: str = "PNG", *, size: tuple[int, int] = (320, 400), mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    texture(size, mode).save(file, fmt, **options)
    return file.getvalue()


def texture(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    grey = Image.linear_gradient("L").resize(size)
    return grey.convert("I;16") if mode == "I;16" else Image.merge("RGB", (grey, grey.rotate(180), grey)).convert(mode)


def turned(fmt: str, orientation: int, *, size: tuple[int, int] = (320, 400)) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return picture(fmt, size=size, exif=exif)


def animated(fmt: str, *, frames: int = 3) -> bytes:
    file = io.BytesIO()
    first, *rest = (texture((320, 400)).rotate(30 * turn) for turn in range(frames))
    first.save(file, fmt, save_all=True, append_images=rest)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_png_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    """Put a chunk before the end mark, which is the last 12 bytes."""
    return png[:-12] + chunk(kind, body) + png[-12:]


def png_of(size: int) -> bytes:
    """Give a whole PNG of exactly `size` bytes."""
    small = picture("PNG")
    return with_png_chunk(small, b"paDd", bytes(size - len(small) - 12))


def png_bomb(width: int, height: int) -> bytes:
    """Give a whole small PNG whose header announces a picture of any size."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return PNG_MARK + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def place(folder: Path, content: bytes, name: str = "anna.png") -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


def data_url(content: bytes, label: str = "image/png") -> str:
    return f"data:{label};base64,{base64.b64encode(content).decode()}"
