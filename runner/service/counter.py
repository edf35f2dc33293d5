"""The counter: what every dialect's routes have in common, with the fault script's one place to interfere.

A dialect gives a `Voice` and, for each request, how to read it and how to word its answer; the counter asks who it is,
lets the desk do the work, and turns a `Refusal` into the dialect's own no.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..values import dataclass
from .desk import Desk
from .faults import BadLink, Effect, Fail, NoFile, Occasion, Operation, Stuck
from .intake import Body
from .mishaps import Voice, befall
from .order import Account, Draft, Order, Refusal, Status, Task
from .portraits import Rules

Serve = Callable[[Request, Account], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]
Linked = Callable[[], str]
"""Gives the link to the film of the task at hand; empty when the fault script says so."""


def in_path(request: Request) -> str:
    """Return the task id in a path that ends in `{task_id:str}`."""
    return str(request.path_params["task_id"])


def in_query(request: Request) -> str:
    """Return the task id in `?task_id=`, empty where there is none."""
    return request.query_params.get("task_id", "")


def guarded(endpoint: Endpoint, voice: Voice) -> Endpoint:
    """Return the endpoint with every refusal put into words."""

    async def answering(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refusal as refusal:
            return voice.refuse(refusal)

    return answering


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """One dialect's counter at the desk."""

    desk: Desk
    dialect: str
    voice: Voice
    rules: Rules

    def route(self, path: str, serve: Serve, *, method: str = "GET") -> Route:
        """Return a route that admits whoever has a key, and answers every refusal in the dialect's words."""

        async def endpoint(request: Request) -> Response:
            return await serve(request, self.desk.account(request, self.dialect))

        return Route(path, guarded(endpoint, self.voice), methods=[method])

    async def submit(
        self, request: Request, account: Account, *, read: Callable[[Body], Draft], word: Callable[[Task], Response]
    ) -> Response:
        """Take an order: `read` finds the draft in the body, `word` says that its task was made."""
        order = await self.desk.order(read(await self.desk.body(request)), self.rules)

        async def perform() -> Response:
            return word(await self.desk.accept(order, account, request))

        return await befall(self._strike(Operation.SUBMIT, order), self.voice, perform)

    def asked(self, task_id: Callable[[Request], str], word: Callable[[Task, Linked], Response]) -> Serve:
        """Return how to answer questions after tasks: `task_id` finds the id in one, `word` says how far the task is.

        `word` may ask for the link to the film.
        """

        async def query(request: Request, account: Account) -> Response:
            return await self._query(request, self.desk.task(task_id(request), account), word)

        return query

    async def _query(self, request: Request, task: Task, word: Callable[[Task, Linked], Response]) -> Response:
        effect = self._strike(Operation.QUERY, task)
        told = _told(task, effect)
        if told.film is not None and isinstance(self._strike(Operation.RESULT, task), NoFile):
            told = replace(told, film=replace(told.film, file_id=""))

        async def perform() -> Response:
            return word(told, lambda: self._link(request, told))

        return await befall(effect, self.voice, perform)

    async def retrieve(self, request: Request, task: Task, *, word: Callable[[Task, Linked], Response]) -> Response:
        """Look up a file: `word` says where it is."""

        async def perform() -> Response:
            return word(task, lambda: self._link(request, task))

        return await befall(self._strike(Operation.RETRIEVE, task), self.voice, perform)

    def _link(self, request: Request, task: Task) -> str:
        """Return a fresh link, or what the fault script wants in its place."""
        assert task.film is not None
        effect = self._strike(Operation.LINK, task)
        what = effect.what if isinstance(effect, BadLink) else ""
        if what == "empty":
            return ""
        return self.desk.link(task.film, self.dialect, base=str(request.base_url), expired=what == "expired")

    def _strike(self, operation: Operation, of: Order | Task) -> Effect | None:
        occasion = Occasion(dialect=self.dialect, operation=operation, prompt=of.prompt, digest=of.digest)
        return self.desk.script.strike(occasion)


def _told(task: Task, effect: Effect | None) -> Task:
    """Return what is said of a task, which the fault script may want otherwise than it is."""
    match effect:
        case Stuck(status=status):
            return replace(task, status=status, film=None, reason=None)
        case Fail(code=code, words=words):
            return replace(task, status=Status.FAILED, film=None, reason=words, code=code)
        case _:
            return task
