"""From a manifest to a plan: form, portraits, prompts and doubles judged in one pass, with every problem named."""

from __future__ import annotations

from collections.abc import Container, Mapping
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from ...core.plan.plan import Items, Plan, dearest
from ...core.plan.shard import narrowed
from ...dialects.registry import DIALECTS
from ...edge.disk.regular import RENAMED, is_spelled
from ...edge.folder.trial import standing
from ...edge.portrait.portraits import PortraitShelf
from ...errors import ConfigError, InputError, Origin, Problem, Problems, Warnings
from ...manifest import parse
from ...model import CheckPolicy, Manifest, Money, Shard
from ...values import dataclass
from ..args import Args
from ..naming import tidy
from .barring import barred_from
from .judging import Judge
from .known import Spared
from .offers import Offer, offer
from .seal import digest_of_inputs, recalled, seal
from .sharding import Part, folder_of_shard, judge_part, parts, sharded
from .target import require_own, target_of


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
    judge = Judge(whole, portraits, problems, barred_from(folder, is_still=is_still))
    with closing(Spared(folder, shard, buys=not may_lack, is_still=is_still)) as spared:
        found = _known(inputs, folder, portraits, may_lack=may_lack) or _judged(whole, shard, judge, inputs, spared)
    manifest = whole if shard is None else sharded(whole, shard, problems)
    offers = tuple(offer(name, manifest, environ, whole=whole) for name in manifest.route)
    _judge_budget(manifest, offers, problems)
    judge_part(manifest, offers, problems)
    _judge_options(manifest, problems)
    problems.raise_if_any()
    _require_eyes(manifest.checks)
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


def _judged(whole: Manifest, shard: Shard | None, judge: Judge, inputs: str | None, spared: Container[str]) -> _Found:
    """Return the plan of all that is sound, and its seal if the inputs are still what they were before."""
    for wish in whole.wishes():
        judge.take(wish)
    for wish in whole.flawed():
        judge.glance(wish)
    judge.find_doubles(spared)
    every = judge.draft.plan()
    plan = every if shard is None else narrowed(every, shard)
    is_still = inputs is not None and inputs == digest_of_inputs(whole, shard)
    sources = judge.sources()
    text = seal(inputs, plan, sources) if inputs and is_still else None
    return _Found(every=every.items, plan=plan, seal=text, pictures=len({sha256 for _, _, sha256 in sources}))


def _judge_budget(manifest: Manifest, offers: tuple[Offer, ...], problems: Problems) -> None:
    """Refuse a cap that could promise nothing: one in another currency than the price, or without a price."""
    budget = manifest.limits.budget
    if budget is None:
        return
    for each in offers:
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


def _require_eyes(policy: CheckPolicy) -> None:
    """Raise ConfigError when a check is asked for that looks at pixels, and what it takes is not installed."""
    if policy.gates.need_pixels and any(find_spec(name) is None for name in ("numpy", "cv2")):
        raise ConfigError(
            "checks looks at faces or frames, which needs numpy and opencv: pip install 's2v-runner[local]', or remove "
            "identity, max_frozen, max_black and max_cuts from checks"
        )


def _nothing(path: Path) -> Problem:
    return Problem(
        origin=Origin(file=str(path), line=1), path="", message="nothing to make: no item, row or pair was found"
    )
