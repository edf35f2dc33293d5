"""Runs commands one after the other in one process, as the program itself does; `bug` is one that has a bug.

python secret_child.py JSON, a list of argument lists; with DEBUG_LOG set, every library logs all that it can.
"""

from __future__ import annotations

import json
import logging
import os
import sys

from runner.cli.main import guarded, main
from runner.cli.parser import parse
from runner.cli.screen import Screen
from runner.edge.secret import Secret


def strike() -> int:
    """Fail in words that hold what should not get out."""
    key, link = os.environ["CANARY"], f"https://cdn.example/v.mp4?Signature={os.environ['SIGNED']}"
    plain = "nothing" if os.environ.get("ONLY_AS_A_VALUE") else key
    raise RuntimeError(f"no answer with {plain} or {Secret(key)!r} from {link}")


def run(argv: list[str]) -> None:
    if argv[0] != "bug":
        main(argv)
        return
    visible = {name: value for name, value in os.environ.items() if name not in {"CANARY", "SIGNED"}}
    args = parse(["check", "m.yaml", *argv[1:]])
    guarded(strike, Screen.of(sys.stdout, sys.stderr, None, visible), env_file=args.env_file)


if __name__ == "__main__":
    if os.environ.get("DEBUG_LOG"):
        logging.basicConfig(level=logging.DEBUG)
    environ = dict(os.environ)
    for each in json.loads(sys.argv[1]):
        os.environ.update(environ)
        run(each)
