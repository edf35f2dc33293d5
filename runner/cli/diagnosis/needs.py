"""What one manifest needs, in the order in which a run of it would look: the plan, the folder, the keys, the lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib.util import find_spec

from ...edge.account import accounts
from ...edge.folder.whereabouts import refuse_older
from ...edge.wire.transport import way
from ...errors import Exit, InputError, Problems
from ...manifest import parse
from ...model import Callback, Manifest
from ...report.text import counted
from ...values import replace
from ..args import Args
from ..naming import named, tidy
from ..plan.offers import Offer, offer
from ..plan.planning import Prepared, prepare
from ..plan.sharding import destination_of_shard, folder_of_shard
from ..plan.target import Target, require_own, target_of
from ..run.calls import are_heard, require_listener
from ..run.connecting import host_of
from .clock import clock
from .findings import Finding, Grade, attempted, fine, looked, unknown
from .folders import Known, account, disk, held, is_still, journal, process, quietly, room, shared
from .installation import decoder, drawing, networks
from .keys import key, may_be_asked
from .reach import Heard, Question, ask, of_route
from .stores import claimed


def needs(args: Args, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look at all of it; without a manifest that can be read there is nothing more to look at."""
    target = attempted("run folder", lambda: target_of(args, is_still=is_still(args.target)))
    if isinstance(target, Finding):
        yield target
        return
    whole = attempted("manifest", lambda: _read(target))
    if isinstance(whole, Finding):
        yield whole
        return
    yield from _Needs(args, environ, target, whole).all()


def _read(target: Target) -> Manifest:
    problems = Problems()
    manifest = parse.read(target.manifest, problems)
    if manifest is None:
        raise InputError(problems.kept, problems.count)
    return manifest


class _Needs:
    """The looks at one manifest that could be read."""

    def __init__(self, args: Args, environ: Mapping[str, str], target: Target, whole: Manifest) -> None:
        self._args = args
        self._environ = environ
        self._target = target
        self._whole = whole
        self._folder = tidy(folder_of_shard(whole.folder, target.shard))
        self._is_held = False

    def all(self) -> Iterator[Finding]:
        """Give every finding, the cheap ones first where a run does not care."""
        prepared = attempted("manifest", self._prepared)
        yield self._plan(prepared)
        yield from process()
        yield self._disk()
        finding, known = journal(self._folder, self._target.shard)
        yield self._older(known) or finding
        if isinstance(prepared, Prepared):
            yield room(self._folder, len(prepared.plan.items), known)
        offers = self._offers(known)
        yield from self._extras(offers)
        questions = []
        for each in offers:
            found, secret = key(each, self._environ)
            yield found
            if not each.embedded and may_be_asked(each, secret, self._environ):
                questions.append(Question(offer=each, key=secret))
        yield from self._store(known)
        yield from self._accounts(questions)
        yield from self._callback(offers)
        if questions:
            yield from reaches(questions, self._whole.route, is_offline=self._args.offline)

    def _prepared(self) -> Prepared:
        target = self._target
        prepared = prepare(target.manifest, self._environ, shard=target.shard, is_still=is_still(self._folder))
        require_own(target, prepared.manifest.folder)
        return prepared

    def _plan(self, prepared: Prepared | Finding) -> Finding:
        if isinstance(prepared, Finding):
            advice = f"s2v check {named(self._args)} tells of all" if prepared.exit is Exit.INPUT else ""
            return replace(prepared, advice=advice)
        sellers = ", ".join(prepared.manifest.route)
        return fine("manifest", f"{prepared.manifest.path}: {counted(len(prepared.plan.items), 'video')} at {sellers}")

    def _disk(self) -> Finding:
        at_work = held(self._folder)
        self._is_held = at_work is not None
        return at_work or disk(self._folder)

    def _older(self, known: Known) -> Finding | None:
        """Return what is wrong with a folder that was put back from an older copy; None where it was not."""
        if not known.run_id or all(each.embedded for each in self._offers(Known())):
            return None

        def look() -> str:
            quietly(self._folder, partial(refuse_older, accounts.state_home(self._environ), self._folder))
            return ""

        finding = looked("journal", look)
        return finding if finding.grade is Grade.WRONG else None

    def _offers(self, known: Known) -> tuple[Offer, ...]:
        """Return the offers of the route, and of whoever still has a job of the run folder's."""
        names = dict.fromkeys((*self._whole.route, *known.open_providers))
        return tuple(offer(name, self._whole, self._environ) for name in names)

    def _extras(self, offers: Sequence[Offer]) -> Iterator[Finding]:
        yield decoder()
        if any(each.embedded for each in offers):
            yield from drawing(is_needed=True)
        elif self._whole.checks.gates.need_pixels and find_spec("cv2") is not None:
            yield looked("networks", networks)

    def _callback(self, offers: Sequence[Offer]) -> Iterator[Finding]:
        asked = self._whole.callback
        if asked is None or not are_heard(self._whole, offers):
            return
        if self._is_held:
            yield unknown("callback", f"{asked.host}:{asked.port} is that of the run at work")
            return
        yield looked("callback", lambda: _port(self._whole, offers, asked))

    def _store(self, known: Known) -> Iterator[Finding]:
        destination = destination_of_shard(self._whole.destination, self._target.shard)
        if destination is not None:
            is_offline = self._args.offline
            yield looked("store", lambda: claimed(destination, known.run_id, self._environ, is_offline=is_offline))

    def _accounts(self, questions: Sequence[Question]) -> Iterator[Finding]:
        asked = [each for each in questions if each.offer.account.are_known]
        if not asked:
            return
        finding = shared(self._environ)
        yield finding
        if finding.grade is Grade.WRONG:
            return
        home = accounts.state_home(self._environ)
        for each in asked:
            if each.key is not None or each.offer.key_env is None:
                host = host_of(each.offer.base_url)
                yield account(home, accounts.Holder(provider=each.offer.name, host=host, key=each.key))


def reaches(questions: Sequence[Question], route: Sequence[str], *, is_offline: bool) -> Iterator[Finding]:
    """Ask all, of whom those of the route stand in for each other, and hold our clock against theirs."""
    heard: tuple[Heard, ...] = ()
    if is_offline:
        yield from map(_unasked, questions)
    else:
        heard = of_route(ask(questions), route)
        yield from (each.finding for each in heard)
    yield clock(heard)


def _unasked(question: Question) -> Finding:
    """Return that a provider is not asked, or what would keep a run from asking anybody."""
    check = f"reach {question.offer.name}"

    def look() -> Finding:
        way()
        return unknown(check, "not asked, as --offline says")

    return looked(check, look)


def _port(manifest: Manifest, offers: Sequence[Offer], asked: Callback) -> str:
    require_listener(manifest, offers)
    from ...edge.callbacks.listener import require_port  # noqa: PLC0415 - a web server, an extra

    require_port(asked.host, asked.port)
    return f"{asked.host}:{asked.port} is free to listen on; whether {asked.url} leads there is not tried"
