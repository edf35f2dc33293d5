"""The manifest of a simulated world, and the hands that change it between two runs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from sim_rules import Wanted

from runner.core.life.identity import expand
from runner.core.plan import draft
from runner.core.plan.plan import Plan
from runner.errors import Origin
from runner.model import Portrait, Wish

_PORTRAIT: Final = Portrait(ref="a.png", sha256="a" * 64, mime="image/png", bytes_=9_000, width=512, height=512)


@dataclass(slots=True)
class Draft:
    """What is asked for now, and what was taken out of it and may come back; `names` are all providers there are."""

    wanted: list[Wanted]
    names: tuple[str, ...]
    hears: bool
    route: tuple[str, ...] = field(init=False)
    gone: list[Wanted] = field(default_factory=list)
    former: tuple[list[Wanted], list[Wanted], tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self.route = self.names
        self.former = list(self.wanted), [], self.route

    def __str__(self) -> str:
        asked = ", ".join(f"{one.id} x{one.takes}" for one in self.wanted)
        return f"{asked} of {', '.join(self.route)}{' with callbacks' if self.hears else ''}"

    def edit(self, dice: Random) -> None:
        """Let somebody change one thing."""
        self.former = list(self.wanted), list(self.gone), self.route
        match dice.choice(("add", "remove", "restore", "rename", "more takes", "route", "callback")):
            case "add":
                count = len(self.wanted) + len(self.gone)
                self.wanted.insert(
                    dice.randint(0, len(self.wanted)), Wanted(prompt=f"late {count}", id=f"late-{count}")
                )
            case "remove" if len(self.wanted) > 1:
                self.gone.append(self.wanted.pop(dice.randrange(len(self.wanted))))
            case "restore" if self.gone:
                self.wanted.append(self.gone.pop(dice.randrange(len(self.gone))))
            case "rename":
                n = dice.randrange(len(self.wanted))
                self.wanted[n] = replace(self.wanted[n], id=f"{self.wanted[n].id}x")
            case "more takes":
                n = dice.randrange(len(self.wanted))
                self.wanted[n] = replace(self.wanted[n], takes=dice.randint(1, 3))
            case "route":
                self.route = tuple(dice.sample(self.names, dice.randint(1, len(self.names))))
            case "callback":
                self.hears = not self.hears
            case _:
                pass

    def undo(self) -> None:
        """Let somebody take the last change back."""
        self.wanted, self.gone, self.route = self.former
        self.former = list(self.wanted), list(self.gone), self.route

    def plan(self) -> Plan:
        """Return what the program makes of it."""
        made, doubles = draft.Draft([]), draft.Doubles()
        for line, one in enumerate(self.wanted, start=1):
            origin = Origin(file="sim.yaml", line=line)
            wish = Wish(
                id=one.id, portrait="a.png", shown="a.png", prompt=one.prompt, prompt_optimizer=True, takes=one.takes,
                tags=(), metadata={}, origin=origin, path=f"items[{line}]",
            )  # fmt: skip
            for each in expand(wish, _PORTRAIT, "{id}.mp4"):
                clash = doubles.enter(each, origin)
                assert clash is None, clash
                made.enter(each)
        return made.plan()
