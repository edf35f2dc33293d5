"""From a manifest to a plan: form, portraits, prompts and doubles judged in one pass, with every problem named."""

from __future__ import annotations

from collections.abc import Container, Mapping
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Final

from ...core.life.identity import expand
from ...core.plan.draft import Doubles, Draft
from ...core.plan.plan import Items, Plan, dearest
from ...core.plan.preflight import Complaint, doubt_prompt, judge_portrait, judge_prompt
from ...core.plan.shard import narrowed
from ...dialects.registry import DIALECTS
from ...edge.disk.regular import RENAMED, is_spelled
from ...edge.folder.trial import standing
from ...edge.journal.spool import item_spool
from ...edge.portrait.portraits import PortraitShelf, Trouble
from ...errors import InputError, Origin, Problem, Problems, Warnings
from ...manifest import parse
from ...model import Manifest, Money, Portrait, Shard, Wish
from ...values import dataclass
from ..args import Args
from .barring import barred_from
from .eyes import require_eyes
from .known import Settled
from .offers import Offer, offer
from .seal import Source, digest_of_inputs, recalled, seal
from .sharding import Part, folder_of_shard, judge_part, parts, sharded
from .target import require_own, target_of, tidy


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A manifest that is sound through and through, and what it comes to.

    With a shard, `manifest` and `plan` are that shard's, and `parts` is what it has of the limits. `every` are the
    items of the whole manifest, or the shard's alone where its plan is recalled; `home` is the run folder of all of it.
    `seal` is what the journal's header is to remember, so that the next start need not judge all of it anew.
    `pictures` is how many different portraits were looked at. `warnings` are to be told before anything is paid for.
    """

    manifest: Manifest
    plan: Plan
    portraits: PortraitShelf
    offers: tuple[Offer, ...]
    every: Items
    home: Path
    parts: tuple[Part, ...]
    seal: str | None
    pictures: int
    warnings: Warnings

    @property
    def seller(self) -> Offer:
        """Return the provider that is asked first."""
        return self.offers[0]

    @property
    def price(self) -> Money | None:
        """Return what one video costs at most, whichever provider of the route makes it; None when nobody can say."""
        return dearest(self.prices)

    @property
    def prices(self) -> tuple[Money | None, ...]:
        """Return what one video costs at each provider of the route."""
        return tuple(each.price for each in self.offers)

    @property
    def sellers(self) -> str:
        """Return the route in words: who is asked, and who instead."""
        return ", else ".join(each.name for each in self.offers)

    @property
    def price_words(self) -> str:
        """Return why no highest price can be told, for a person."""
        if any(each.price is None for each in self.offers):
            return "at a price that is not known"
        prices = ", ".join(f"{each.price} at {each.name}" for each in self.offers)
        return f"at prices in several currencies ({prices}, for each)"


def prepared_for(args: Args, environ: Mapping[str, str], *, recall: bool = False, may_lack: bool = False) -> Prepared:
    """Prepare what the arguments name: a manifest, a shard of it, or the run folder of either.

    Raise FolderError where no run folder can be.
    """
    target = target_of(args)
    prepared = prepare(target.manifest, environ, shard=target.shard, recall=recall, may_lack=may_lack)
    require_own(target, prepared.manifest.folder)
    standing(tidy(prepared.manifest.folder))
    return prepared


def prepare(
    path: Path, environ: Mapping[str, str], *, shard: Shard | None = None, recall: bool = False, may_lack: bool = False,
    is_still: bool = False,
) -> Prepared:  # fmt: skip
    """Read, look and judge; raise one InputError with every problem. Nothing is sent and nothing is written.

    The whole manifest is judged, also for a shard: each machine finds the same problems. With `recall` rows are not
    judged again that the run folder's journal was brought up to, byte for byte; for who buys nothing, portraits of that
    plan `may_lack`. `is_still` is for `Journal.read`.
    """
    problems, portraits = Problems(), PortraitShelf()
    whole = parse.read(path, problems)
    if whole is None:
        raise InputError(problems.kept, problems.count, problems.warnings)
    inputs = digest_of_inputs(whole, shard) if recall and not problems.count else None
    folder = tidy(folder_of_shard(whole.folder, shard))
    _judge_paths(path, folder, problems)
    judge = _Judge(whole, portraits, problems, barred_from(folder, is_still=is_still))
    with closing(Settled(folder, shard, buys=not may_lack, is_still=is_still)) as settled:
        found = _known(inputs, folder, portraits, may_lack=may_lack) or _judged(whole, shard, judge, inputs, settled)
    manifest = whole if shard is None else sharded(whole, shard, problems)
    offers = tuple(offer(name, manifest, environ, whole=whole) for name in manifest.route)
    _judge_budget(manifest, offers, problems)
    judge_part(manifest, offers, problems)
    _judge_options(manifest, problems)
    problems.raise_if_any()
    require_eyes(manifest.checks)
    if not len(found.every):
        raise InputError((_nothing(path),))
    return Prepared(
        manifest=manifest, plan=found.plan, portraits=portraits, offers=offers, every=found.every, home=whole.folder,
        parts=parts(whole, manifest), seal=found.seal, pictures=found.pictures, warnings=problems.warnings,
    )  # fmt: skip


def _judge_paths(path: Path, folder: Path, problems: Problems) -> None:
    for what, each in (("this manifest", path), ("its run folder", folder)):
        if not is_spelled(each):
            words = f"the path of {what} is no UTF-8, so that no journal can tell of it: {each.absolute()}"
            problems.add(Origin(file=str(path), line=1), "", words, RENAMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a manifest comes to, judged or recalled, as `Prepared` has it."""

    every: Items
    plan: Plan
    seal: str | None
    pictures: int = 0


def _known(inputs: str | None, folder: Path, portraits: PortraitShelf, *, may_lack: bool) -> _Found | None:
    """Return what the run folder's journal knows, if it was made of the same inputs and is not empty."""
    known = recalled(inputs, folder, portraits, may_lack=may_lack)
    if known is None or not len(known[0].items):
        return None
    plan, seal = known
    return _Found(every=plan.items, plan=plan, seal=seal)


def _judged(whole: Manifest, shard: Shard | None, judge: _Judge, inputs: str | None, settled: Container[str]) -> _Found:
    """Return the plan of all that is sound, and its seal if the inputs are still what they were before."""
    for wish in whole.wishes():
        judge.take(wish)
    judge.find_doubles(settled)
    every = judge.draft.plan()
    plan = every if shard is None else narrowed(every, shard)
    is_still = inputs is not None and inputs == digest_of_inputs(whole, shard)
    sources = judge.sources()
    text = seal(inputs, plan, sources) if inputs and is_still else None
    return _Found(every=every.items, plan=plan, seal=text, pictures=len({sha256 for _, _, sha256 in sources}))


_Looked = tuple[Portrait | Trouble, list[Complaint]]


class _Judge:
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

    def find_doubles(self, settled: Container[str]) -> None:
        """Look at all sound wishes once more where two of them may be one, and say which are, but for `settled`."""
        suspects = self.draft.suspects()
        doubles = Doubles(among=suspects, settled=settled)
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
        source = (wish.portrait, wish.shown)
        found = self._looked.get(source)
        if found is None:
            found = self._looked[source] = self._judged(self._portraits.look(*source))
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
            if part == "portrait" and (wish.portrait, complaint.message) in self._said:
                continue
            self._said.add((wish.portrait, complaint.message))
            self._problems.add(wish.origin, f"{wish.path}.{part}", complaint.message, complaint.hint)


_UNSEEN: Final = Complaint(
    message="only the provider reads this portrait, and checks.identity holds every video against it",
    hint="give a file or a data: URL, or remove checks.identity",
)


def _by(title: str, complaint: Complaint) -> Complaint:
    """Return the complaint with the name of whose rule it is."""
    return Complaint(message=f"{complaint.message} at {title}", hint=complaint.hint)


def _judge_budget(manifest: Manifest, offers: tuple[Offer, ...], problems: Problems) -> None:
    """Refuse a cap that could promise nothing: one in another currency than the price, or without a price."""
    budget = manifest.limits.budget
    for each in offers if budget else ():
        assert budget is not None
        price = each.price
        if price is None or (price.micros and price.currency != budget.currency):
            known = "is not known" if price is None else f"is {price}"
            problems.add(
                parse.place(manifest.path, ("limits", "budget")),
                "limits.budget",
                f"the cap is in {budget.currency}, but the price at {each.name} {known}",
                f"set providers.{each.name}.price in {budget.currency}",
            )


def _judge_options(manifest: Manifest, problems: Problems) -> None:
    """Refuse a setting that means nothing to the dialect of its provider: it would be ignored."""
    known = frozenset[str]().union(*(dialect.options for dialect in DIALECTS.values()))
    for name, settings in manifest.providers.items():
        dialect = DIALECTS[name]
        for option in sorted(known - dialect.options):
            if getattr(settings, option) is not None:
                problems.add(
                    parse.place(manifest.path, ("providers", name, option)),
                    f"providers.{name}.{option}",
                    f"{dialect.traits.title} has no such choice",
                    f"known here are {', '.join(sorted(dialect.options))}" if dialect.options else "remove it",
                )


def _nothing(path: Path) -> Problem:
    return Problem(
        origin=Origin(file=str(path), line=1), path="", message="nothing to make: no item, row or pair was found"
    )
