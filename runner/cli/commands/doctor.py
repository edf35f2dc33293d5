"""`s2v doctor`: could a run begin here, and reach whom it needs? Checks keys, clock, disk and reach; spends nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from ...dialects.registry import DIALECTS
from ...errors import Exit
from ...model import CheckPolicy, Limits, Manifest, RetryPolicy
from ...report.text import counted
from ..args import Args
from ..diagnosis.findings import Finding, Grade
from ..diagnosis.folders import disk, machine
from ..diagnosis.installation import installation
from ..diagnosis.keys import env_file, is_set, key
from ..diagnosis.needs import needs, reaches
from ..diagnosis.reach import Question
from ..environment import environment
from ..flags import UNNAMED
from ..plan.offers import offer
from ..screen import Screen


def doctor(args: Args, screen: Screen) -> int:
    """Look at what a manifest needs, or at the installation and every provider that has a key."""
    environ = environment(screen.environ, args.env_file)
    found = []
    for finding in _findings(args, environ):
        found.append(finding)
        if not args.json:
            screen.say(str(finding))
            screen.flush()
    code = next((each.exit for each in found if each.grade is Grade.WRONG), Exit.OK)
    if args.json:
        document = {"exit": int(code), "checks": [each.document() for each in found]}
        screen.give_json(document)
    else:
        screen.say(_summary(found))
    return code


def _findings(args: Args, environ: Mapping[str, str]) -> Iterator[Finding]:
    yield from env_file(args.env_file)
    if args.target is not UNNAMED:
        yield from needs(args, environ)
        return
    yield from installation()
    yield from machine(environ)
    yield disk(Path("runs"))
    yield from _providers(environ, is_offline=args.offline)


def _providers(environ: Mapping[str, str], *, is_offline: bool) -> Iterator[Finding]:
    questions, are_set = [], False
    for name, dialect in DIALECTS.items():
        if dialect.traits.key_env is not None and is_set(dialect.traits.key_env, environ):
            offered = offer(name, _nothing(name), environ)
            finding, secret = key(offered, environ)
            yield finding
            if secret is not None:
                questions.append(Question(offer=offered, key=secret))
            are_set = True
    if not are_set:
        named = ", ".join(each.traits.key_env for each in DIALECTS.values() if each.traits.key_env)
        yield Finding(check="keys", grade=Grade.UNKNOWN, found=f"none is set of {named}; provider: local needs none")
    yield from reaches(questions, (), is_offline=is_offline)


def _nothing(name: str) -> Manifest:
    """Return a manifest that asks for nothing, so that a provider is as it is without one."""
    return Manifest(
        path=Path(), digest="", name="", route=(name,), folder=Path(), name_pattern="", limits=Limits(),
        retry=RetryPolicy(), checks=CheckPolicy(), providers={}, wishes=lambda: iter(()),
    )  # fmt: skip


def _summary(found: list[Finding]) -> str:
    grades = Counter(each.grade for each in found)
    wrong, warnings = grades[Grade.WRONG], grades[Grade.WARNING]
    told = f"{counted(wrong, 'thing')} wrong" if wrong else "nothing is wrong"
    more = f", {counted(warnings, 'warning')}" if warnings else ""
    return f"{told}{more}; nothing was bought"
