"""The wishes of a manifest, judged one by one: portrait and prompt, by the rules of all providers of its route."""

from __future__ import annotations

from collections.abc import Container, Mapping
from itertools import chain
from typing import Final

from ...core.life.identity import expand
from ...core.plan.draft import Doubles, Draft
from ...core.plan.preflight import Complaint, doubt_prompt, judge_portrait, judge_prompt
from ...dialects.registry import DIALECTS
from ...edge.journal.spool import item_spool
from ...edge.portrait.portraits import PortraitShelf, Trouble
from ...edge.portrait.url import brief
from ...errors import Problems
from ...model import Manifest, Portrait, Wish
from .seal import Source

_Looked = tuple[Portrait | Trouble, list[Complaint]]


class Judge:
    """Takes wishes one by one, and enters those without a flaw."""

    def __init__(
        self, manifest: Manifest, portraits: PortraitShelf, problems: Problems, barred: Mapping[str, Complaint]
    ) -> None:
        self.draft = Draft(item_spool())
        self._manifest = manifest
        self._portraits = portraits
        self._problems = problems
        self._barred = barred
        self._said: set[tuple[str, str]] = set()
        self._looked: dict[tuple[str, str], _Looked] = {}
        self._traits = [DIALECTS[name].traits for name in manifest.route]
        self._text_rules = [traits.prompt.value for traits in self._traits]

    def take(self, wish: Wish) -> None:
        """Judge one wish."""
        portrait, picture = self._look(wish)
        words = [] if isinstance(portrait, Trouble) else self._words(wish)
        if wish.prompt and (doubt := doubt_prompt(wish.prompt)) and ("", wish.prompt) not in self._said:
            self._said.add(("", wish.prompt))
            self._problems.warn(wish.origin, f"{wish.path}.prompt", doubt.message, doubt.hint)
        if picture or words:
            self._complain(wish, "portrait", picture)
            self._complain(wish, "prompt", words)
        elif isinstance(portrait, Portrait):
            for item in expand(wish, portrait, self._manifest.name_pattern):
                self.draft.enter(item)

    def glance(self, wish: Wish) -> None:
        """Judge nothing but the portrait of a wish that is left out for what else is wrong with it."""
        _, picture = self._look(wish)
        self._complain(wish, "portrait", picture)

    def find_doubles(self, spared: Container[str]) -> None:
        """Look at all sound wishes once more where two of them may be one, and say which are, but for `spared`."""
        suspects = self.draft.suspects()
        doubles = Doubles(among=suspects, spared=spared)
        for wish in self._manifest.wishes() if suspects else ():
            portrait, picture = self._look(wish)
            if isinstance(portrait, Trouble) or picture or self._words(wish):
                continue
            for item in expand(wish, portrait, self._manifest.name_pattern):
                if clash := doubles.enter(item, wish.origin):
                    self._problems.add(wish.origin, wish.path, clash.message, clash.hint)

    def sources(self) -> list[Source]:
        """Return every portrait that was looked at with the digest of what was found."""
        looked = self._looked.items()
        return [(*source, found.sha256) for source, (found, _) in looked if isinstance(found, Portrait)]

    def _look(self, wish: Wish) -> _Looked:
        """Return a portrait, or what is wrong with it, and every complaint about it; judged once for each source."""
        source = (brief(wish.portrait), brief(wish.shown))
        found = self._looked.get(source)
        if found is None:
            found = self._looked[source] = self._judged(self._portraits.look(wish.portrait, wish.shown))
        return found

    def _judged(self, portrait: Portrait | Trouble) -> _Looked:
        if isinstance(portrait, Trouble):
            return portrait, [Complaint(message=portrait.message, hint=portrait.hint)]
        picture = [(t.title, c) for t in self._traits for c in judge_portrait(portrait, t.portrait.value)]
        complaints = [_by(title, complaint) for title, complaint in picture]
        if portrait.is_remote and self._manifest.checks.gates.identity is not None:
            complaints.append(_UNSEEN)
        if portrait.sha256 in self._barred:
            complaints.append(self._barred[portrait.sha256])
        return portrait, complaints

    def _words(self, wish: Wish) -> list[Complaint]:
        complaints = [judge_prompt(wish.prompt, rules) for rules in self._text_rules]
        return list(dict.fromkeys(chain.from_iterable(complaints))) if any(complaints) else []

    def _complain(self, wish: Wish, part: str, complaints: list[Complaint]) -> None:
        """Add the complaints, those about one portrait only at its first place."""
        for complaint in complaints:
            said = (brief(wish.portrait), complaint.message)
            if part == "portrait" and said in self._said:
                continue
            self._said.add(said)
            self._problems.add(wish.origin, f"{wish.path}.{part}", complaint.message, complaint.hint)


_UNSEEN: Final = Complaint(
    message="only the provider reads this portrait, and checks.identity holds every video against it",
    hint="give a file or a data: URL, or remove checks.identity",
)


def _by(title: str, complaint: Complaint) -> Complaint:
    """Return the complaint with the name of whose rule it is."""
    return Complaint(message=f"{complaint.message} at {title}", hint=complaint.hint)
