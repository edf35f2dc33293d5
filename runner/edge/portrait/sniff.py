"""Names a file by its first bytes, in the words a person would use; no name, suffix or label is believed."""

from __future__ import annotations

from typing import Final

HEAD: Final = 1024
"""How many first bytes are enough."""

_BOMS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_MAGIC: Final = (
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"BM", "a BMP image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL image"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (b"8BPS", "a Photoshop document"),
    (b"%PDF-", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"\x1aE\xdf\xa3", "a WebM or Matroska video"),
    (b"FLV\x01", "an FLV video"),
    (b"OggS", "an Ogg file"),
    (b"ID3", "an MP3 sound"),
    (b"\x1f\x8b", "gzip-compressed data"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x7fELF", "a program"),
    (b"version https://git-lfs", "a Git LFS pointer instead of the file itself"),
)
_BRANDS: Final = (
    (("heic", "heix", "heim", "heis", "hevc", "mif1", "msf1"), "a HEIC image"),
    (("avif", "avis"), "an AVIF image"),
    (("qt  ",), "a QuickTime movie"),
)
_RIFF: Final = {b"WEBP": "a WebP image", b"AVI ": "an AVI video", b"WAVE": "a WAV sound"}
_PRINTABLE: Final = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D}
_HIGH: Final = frozenset(range(0x80, 0x100))


def name_content(head: bytes) -> str:
    """Return what the first bytes show, such as `an HTML page` or `a PNG image`."""
    if not head:
        return "an empty file"
    if not head.strip(b"\0"):
        return "nothing but zero bytes"
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], "a RIFF file")
    if head[4:8] == b"ftyp":
        return _brand(head[8:12].decode("latin-1"))
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    return _text(head) or f"bytes of no known kind ({head[:8].hex(' ')})"


def _brand(brand: str) -> str:
    return next((name for brands, name in _BRANDS if brand in brands), "an MP4 video")


def _text(head: bytes) -> str | None:
    marked = head.startswith(_BOMS)
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or b"<html" in start:
        return "an HTML page"
    if b"<svg" in start:
        return "an SVG drawing"
    if start.startswith((b"<?xml", b"<error", b"<")):
        return "an XML document"
    if start.startswith((b"{", b"[")):
        return "a JSON document"
    if start.startswith(b"data:image/"):
        return "the text of a data URL"
    return "plain text" if marked or _is_text(head) else None


def _is_text(head: bytes) -> bool:
    found = frozenset(head)
    return found <= _HIGH | _PRINTABLE and not found <= _HIGH
