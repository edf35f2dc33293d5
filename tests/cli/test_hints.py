"""What a command advises can be typed as it stands: it names what the user named, and does no more than it says."""

from __future__ import annotations

import shlex

from desk import Desk, Done


def advised(told: str, command: str) -> list[str]:
    """Return the words of the advice `s2v COMMAND ...`, as a shell would read them when it is pasted."""
    (line,) = (line for line in told.splitlines() if f"s2v {command}" in line)
    words = shlex.split(f"s2v {line.partition('s2v ')[2]}", comments=True)
    return words[1:]


def follow(desk: Desk, told: str, command: str) -> Done:
    return desk.s2v(*advised(told, command))


def test_what_verify_advises_brings_damaged_videos_home_and_buys_nothing_else(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one"]))
    video = desk.folder / "runs/try/videos/a.mp4"
    whole = video.read_bytes()
    video.write_bytes(b"damaged")
    desk.manifest(["one", "never bought"])

    done = follow(desk, desk.s2v("verify", "runs/try").out, "fetch")

    assert done.code == 0, done.err
    assert video.read_bytes() == whole
    assert desk.submits == ["one"]
