"""`s2v serve`: the S2V service itself on a port, for other clients and for trying things out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ...errors import Exit, UsageError
from ...extras import LOCAL_LIBRARIES, require_local, require_packages
from ..args import Args
from ..screen import Screen

if TYPE_CHECKING:
    from ...service.faults import Script
    from ...service.renderer import Renderer
    from ...service.service import House
    from ...service.terms import Terms

KEY: Final = "S2V_SERVE_KEY"


def serve(args: Args, screen: Screen) -> int:
    """Serve until asked to stop; the base URL is the one line on stdout."""
    _require_extra(args)
    from ...service import server  # noqa: PLC0415 - loads the web server

    house = _house(args, _keys(args, screen))
    asked_by = server.serve(
        args.folder, house, host=args.host, port=args.port, announce=lambda url: _announce(screen, url, house)
    )
    screen.tell(f"stopped by {asked_by.name}; what was ordered is kept in {args.folder}")
    return Exit.OK


def _require_extra(args: Args) -> None:
    """Raise ConfigError unless the libraries are installed, and name the one extra that brings all that are missing."""
    if args.render != "wan-vace":
        require_local("s2v serve")
        return
    from ...service import wan  # noqa: PLC0415 - for those alone who ask for a model

    require_packages((*LOCAL_LIBRARIES, *wan.LIBRARIES), extra="gpu", who="s2v serve --render wan-vace")


def _house(args: Args, keys: frozenset[str]) -> House:
    from ...service.outgoing import Outgoing  # noqa: PLC0415 - as above
    from ...service.service import House  # noqa: PLC0415 - as above

    outgoing = Outgoing(allow_private=args.allow_private)
    renderer, workers = _renderer(args)
    return House(
        keys=keys, workers=workers, renderer=renderer, terms=_terms(args), script=_script(args), fetcher=outgoing,
        poster=outgoing,
    )  # fmt: skip


def _script(args: Args) -> Script:
    from ...service.faults import Script  # noqa: PLC0415 - as above
    from ..faulting import read_script  # noqa: PLC0415 - as above

    return Script() if args.faults is None else read_script(args.faults)


def _renderer(args: Args) -> tuple[Renderer | None, int | None]:
    """Return who draws, and how many films at one time; None where the service knows best."""
    from ...service.drawing import draw_tiny  # noqa: PLC0415 - as above
    from ...service.renderer import InlineRenderer, StepRenderer  # noqa: PLC0415 - as above

    if args.render == "wan-vace":
        return _model_renderer(args), args.workers
    for name in ("model", "size", "frames", "steps", "device"):
        if getattr(args, name) is not None:
            raise UsageError(f"--{name} is for --render wan-vace; {args.render} has one way to draw")
    if args.executor is not None:
        return StepRenderer(args.executor(args.folder), {"kind": args.render}), args.workers
    return InlineRenderer(draw_tiny) if args.render == "tiny" else None, args.workers


def _model_renderer(args: Args) -> Renderer:
    """Return the renderer of a model: by default in a process for each GPU of this machine."""
    from ...executors.local import LocalExecutor  # noqa: PLC0415 - as above
    from ...service.gpu import FIRST, environs, painter  # noqa: PLC0415 - as above
    from ...service.renderer import StepRenderer  # noqa: PLC0415 - as above
    from ...service.wan import CPU, MODEL, Recipe  # noqa: PLC0415 - as above

    recipe = Recipe()
    width, height = args.size or (recipe.width, recipe.height)
    recipe = replace(
        recipe, width=width, height=height, frames=args.frames or recipe.frames, steps=args.steps or recipe.steps
    )
    masks = environs(args.device, workers=args.workers) if args.executor is None else []
    is_cpu = args.device == CPU
    brush = painter(args.model or MODEL, recipe, device=CPU if is_cpu else FIRST).brush
    executor = LocalExecutor(len(masks), environs=masks) if args.executor is None else args.executor(args.folder)
    return StepRenderer(executor, brush, gpus=0.0 if is_cpu else 1.0)


def _terms(args: Args) -> Terms:
    from ...service.terms import PRICES, Terms  # noqa: PLC0415 - as above

    changed = {name: replace(PRICES[name], micros=micros) for name, micros in args.price}
    return Terms(
        prices={**PRICES, **changed}, balance_micros=args.balance, rate=args.rate, in_flight=args.in_flight,
        link_lifetime_s=args.link_lifetime,
    )  # fmt: skip


def _keys(args: Args, screen: Screen) -> frozenset[str]:
    """Return the keys that are admitted; a key is never shown in a message."""
    if args.keys is None:
        key = screen.environ.get(KEY, "")
        return frozenset({key} if key else ())
    try:
        lines = args.keys.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"--keys {args.keys} cannot be read: {why}") from error
    keys = frozenset(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#"))
    if not keys:
        raise UsageError(f"--keys {args.keys} holds no key: write one a line")
    return keys


def _announce(screen: Screen, url: str, house: House) -> None:
    screen.say(url)
    screen.flush()
    screen.tell(f"serving minimax, vapi, ai302 and modellix, all at {url}; the ledger of jobs is {url}/ledger")
    if not house.keys:
        screen.tell(f"everybody who can reach it may order; --keys FILE or {KEY} admits only who has a key")
    key = "KEY" if house.keys else "any"
    screen.tell(f"stop with Ctrl-C. try: MINIMAX_API_HOST={url} MINIMAX_API_KEY={key} s2v run MANIFEST")
