"""What is installed of what s2v itself says that it needs, and of its extras."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Final

from ...errors import Exit
from ...values import dataclass
from .findings import Finding, fine, unknown, warning, wrong

NAME: Final = "s2v-runner"
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?([^;]*)(?:;.*\bextra == ['\"]([\w-]+)['\"])?.*")
_BOUND: Final = re.compile(r"(>=|<)\s*([0-9.]+)")
_NUMBER: Final = re.compile(r"[0-9]+")
_OWN: Final = frozenset({"test", "test-exports"})  # extras for who works on s2v itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A package that s2v needs, or one of its extras."""

    package: str
    bounds: str
    extra: str

    @property
    def installed(self) -> str | None:
        """Return the version that is installed."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return None

    @property
    def misfit(self) -> str | None:
        """Return in words that what is installed is another version than is needed; None where it will do, or lacks."""
        found = self.installed
        if found is None or all(_is_met(found, sign, bound) for sign, bound in _BOUND.findall(self.bounds)):
            return None
        return f"{self.package} is {found}, expected {self.bounds}"


def packages() -> Iterator[Finding]:
    """Look at what is needed always, and at the extras."""
    try:
        needed = map(_requirement, requires(NAME) or ())
    except PackageNotFoundError:
        yield unknown("packages", f"{NAME} was not installed by pip, so nobody knows what it needs")
        return
    by_extra: dict[str, list[Requirement]] = defaultdict(list)
    for each in needed:
        by_extra[each.extra].append(each)
    yield _always(by_extra.pop("", []))
    yield _extras({name: some for name, some in by_extra.items() if name not in _OWN})


def _always(needed: list[Requirement]) -> Finding:
    lacking = [f"{each.package} is not installed" for each in needed if each.installed is None]
    if lacking:
        return wrong("packages", ", ".join(lacking), f"pip install {NAME}", exit_=Exit.PROVIDER)
    if misfits := [each.misfit for each in needed if each.misfit]:
        return warning("packages", ", ".join(misfits), f"pip install --upgrade {NAME}")
    return fine("packages", f"all that s2v needs: {', '.join(f'{each.package} {each.installed}' for each in needed)}")


def _extras(extras: Mapping[str, list[Requirement]]) -> Finding:
    whole = sorted(name for name, needed in extras.items() if all(each.installed for each in needed))
    absent = sorted(extras.keys() - set(whole))
    told = f"installed: {', '.join(whole) or 'none'}; not installed: {', '.join(absent) or 'none'}"
    misfits = {name: words for name in whole for each in extras[name] if (words := each.misfit)}
    if misfits:
        why = ", ".join(misfits.values())
        return warning("extras", f"{told}; {why}", f"pip install --upgrade '{NAME}[{','.join(misfits)}]'")
    return fine("extras", told)


def _requirement(text: str) -> Requirement:
    match = _REQUIREMENT.fullmatch(text)
    assert match, text
    package, bounds, extra = match.groups()
    return Requirement(package=package, bounds=bounds.strip(), extra=extra or "")


def _is_met(found: str, sign: str, bound: str) -> bool:
    has, least = _numbers(found), _numbers(bound)
    return has >= least if sign == ">=" else has[: len(least)] < least


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, _NUMBER.findall(text)[:4]))
