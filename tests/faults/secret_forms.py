"""A planted secret in every form in which it may come out, and everything that a run leaves or prints."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote


def forms(secret: str) -> dict[str, bytes]:
    """Return a secret plain, percent-encoded, in hex, reversed, and in base64 at each of the three offsets."""
    raw = secret.encode()
    found = {
        "plain": raw,
        "upper case": raw.upper(),
        "URL": quote(secret, safe="").encode(),
        "every byte percent-encoded": "".join(f"%{byte:02X}" for byte in raw).encode(),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "reversed": raw[::-1],
        "reversed hex": raw[::-1].hex().encode(),
        "UTF-16": secret.encode("utf-16-le"),
    }
    for offset in range(3):
        for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            # What stands before and behind the secret changes the first and the last letters: leave those out.
            text = encode(b"\0" * offset + raw).rstrip(b"=")
            found[f"{name} at {offset}"] = text[(offset * 8 + 5) // 6 : -1]
    return found


def leaks(secret: str, *, texts: dict[str, bytes], folder: Path, spared: frozenset[Path] = frozenset()) -> set[str]:
    """Return where the secret stands, in which form: in texts, in files (journal and log included), in their names."""
    wanted = forms(secret)
    places = {**texts, **{str(path.relative_to(folder)): content for path, content in _files(folder, spared)}}
    return {
        f"{place}: {form}" for place, content in places.items() for form, raw in wanted.items() if raw in content
    }  # fmt: skip


def _files(folder: Path, spared: frozenset[Path]) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        yield path, str(path.relative_to(folder)).encode(errors="surrogateescape")
        if path.is_file() and path not in spared:
            yield path, path.read_bytes()


def about(pid: int) -> dict[str, bytes]:
    """Return what anybody may read of a process and its descendants, and the environment of its descendants."""
    line = _read(pid, "cmdline")
    told = {f"/proc/{pid}/cmdline": line}
    for child in _children(pid):
        if _read(child, "cmdline") != line:  # until it is a program of its own, it shows what its parent has
            told |= {f"environ of child {child}": _read(child, "environ"), **about(child)}
    return told


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task")
    found = [(task / "children").read_text().split() for task in tasks.iterdir()] if tasks.exists() else []
    return [int(child) for each in found for child in each]


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
