"""The manifest of a simulated world, and the hands that change it between two runs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from sim_rules import Wanted

from runner.core import draft
from runner.core.identity import expand
from runner.core.plan import Plan
from runner.errors import Origin
from runner.model import Portrait, Wish

_PORTRAIT: Final = Portrait(ref="a.png", sha256="a" * 64, mime="image/png", bytes_=9_000, width=512, height=512)


@dataclass(slots=True)
class Draft:
    """What is asked for now, and what was taken out of it and may come back."""

    wanted: list[Wanted]
    gone: list[Wanted] = field(default_factory=list)

    def __str__(self) -> str:
        return ", ".join(f"{one.id} x{one.takes}" for one in self.wanted)

    def edit(self, dice: Random) -> None:
        """Let somebody change one thing."""
        match dice.choice(("add", "remove", "restore", "rename", "more takes")):
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
            case _:
                pass

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
