"""Which program this is: the digest of its own files, and the versions of what decodes, measures and draws for it.

The same step gives the same answer in two places only where both are the same program; so each worker on another
machine compares before it does anything.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parents[1]
_SUFFIXES: Final = frozenset({".py", ".onnx", ".tflite"})  # the code, and the networks that judge and draw
_DISTRIBUTIONS: Final = ("av", "numpy", "opencv-python-headless")
_SHOWN: Final = 16  # characters of a digest, of 64


@cache
def fingerprint() -> Mapping[str, str]:
    """Return what must be equal on driver and worker, in words; the first call reads some 20 MB."""
    found = {"s2v's files": digest(_PACKAGE), "Python": ".".join(map(str, sys.version_info[:2]))}
    return found | {name: _version(name) for name in _DISTRIBUTIONS}


def digest(package: Path) -> str:
    """Return a digest over names and bytes of a package's files."""
    total = hashlib.sha256()
    for path in sorted(path for path in package.rglob("*") if path.suffix in _SUFFIXES):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(package).as_posix()}\n{content}\n".encode())
    return total.hexdigest()[:_SHOWN]


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Return in words what is another program there; empty where nothing is."""
    unlike = (name for name in here if here[name] != there.get(name))
    return ", ".join(f"{name} {there.get(name, 'none')} instead of {here[name]}" for name in unlike)


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "none"
