"""The one process of ours that speaks with Ray: `python -m runner.executors.envoy`, a child of the driver.

Ray takes over the process that it is started in: it sets a handler of signals, prints where results are printed, hands
its environment to every worker, and ends the process when the cluster is gone. None of that may happen to the process
that has paid for something. So the driver starts an envoy, with an environment that holds no key, and writes to it;
when the driver is gone, the envoy reads the end of its input, and leaves with all that it started.

One JSON document a line. First comes how to start; `{"connected": ADDRESS}` and then `{"slots": N}` answer it, or
`{"refused": WORDS}`. Then come orders `{"n": N, "text": ..., "cpus": ...}`, each answered once by `{"n": N, "answer":
TEXT}`, `{"n": N, "lost": WORDS}`, `{"n": N, "taken": WORDS}` where the step cannot have broken its worker, or
`{"n": N, "broken": WORDS}`, unless `{"n": N, "give_up": true}` comes before.

What Ray runs is told by value, as all that is defined in a program's main module: so a worker on which this package is
missing, or another one stands, can say so.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NoReturn, TextIO

import ray
from ray.exceptions import LocalRayletDiedError, RayError, RayTaskError, WorkerCrashedError

from .ray_words import objection

AHEAD: Final = 2  # CPUs that orders may wait for at Ray, so that a cluster that grows on demand sees one
LOOK_S: Final = 5.0  # between two looks at how many CPUs there are
FIRST_WORKER_S: Final = 300.0  # a cluster that is busy, or must first start a machine, may take minutes
_STORE: Final = 80_000_000  # bytes of Ray's store of objects, which holds nothing of ours; Ray's least is 78,643,200
_LINE: Final = 1 << 20  # bytes of an order, at most
_FAULT: Final = ".fault"  # in a step's folder: empty, unless a worker breaks, which says so there with its last breath


def look(probe: str) -> dict[str, Any]:
    """Say what of ours is there; a worker does this."""
    import socket  # noqa: PLC0415 - this function travels alone
    import sys  # noqa: PLC0415 - the same

    found: dict[str, Any] = {"where": socket.gethostname(), "python": sys.executable}
    try:
        from runner.executors.fingerprint import fingerprint  # noqa: PLC0415 - the same
    except ImportError as error:
        return found | {"absent": str(error)}
    try:
        with open(probe, encoding="utf-8") as file:  # noqa: PTH123 - the same
            found["nonce"] = file.read()
    except OSError as error:
        found["unseen"] = str(error)
    return found | {"fingerprint": dict(fingerprint())}


def work(place: str, text: str, expected: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Say that it begins, then do one call and give its answer; a worker does this.

    It looks first whether this is the same program, and sees the folder that the driver made for the call: on a node
    that does not, every file would be gone. Ray does not tell a worker that broke from one that was killed, so a broken
    one tells it itself.
    """
    import faulthandler  # noqa: PLC0415 - this function travels alone
    import json  # noqa: PLC0415 - the same
    import os  # noqa: PLC0415 - the same
    import socket  # noqa: PLC0415 - the same

    where, call = socket.gethostname(), json.loads(text)
    stage = os.path.join(call["within"], call["fence"])  # noqa: PTH118 - the same
    yield "began", where
    try:
        from runner.executors.fingerprint import differences, fingerprint  # noqa: PLC0415 - the same
        from runner.executors.worker import named  # noqa: PLC0415 - the same
    except ImportError as error:
        yield "broken", f"s2v cannot be imported on {where}: {error}"
        return
    if unlike := differences(expected, fingerprint()):
        yield "broken", f"there is another s2v on {where}: {unlike}"
    elif not os.path.isdir(stage):  # noqa: PTH112 - the same
        yield "broken", f"{where} does not see {call['within']} as it is here; mount it there under the same path"
    else:
        with open(os.path.join(stage, _FAULT), "wb") as faults:  # noqa: PTH118, PTH123 - the same
            faulthandler.enable(faults, all_threads=False)
            try:
                answer = named(place)(text)  # type: ignore[operator]  # the function that a worker runs
            finally:
                faulthandler.enable(all_threads=False)  # as Ray has it
        yield "answer", answer


class Envoy:
    """Passes orders to Ray, and tells what came of each."""

    def __init__(self, start: Mapping[str, Any], out: TextIO) -> None:
        self._start = start
        self._out = out
        self._work = ray.remote(work)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._room = asyncio.Condition()
        self._most = 0.0
        self._taken = 0.0

    async def serve(self, orders: asyncio.StreamReader) -> None:
        """Look at a worker, and follow orders until there are no more."""
        async with asyncio.TaskGroup() as group:
            opening = group.create_task(self._open())
            while line := await orders.readline():
                self._take(json.loads(line), group)
            for task in (opening, *self._tasks.values()):
                task.cancel()

    def tell(self, **words: object) -> None:
        """Write a line to the driver."""
        self._out.write(f"{json.dumps(words)}\n")
        self._out.flush()

    async def _open(self) -> None:
        """Say whether steps can be done here; from then on let them go to Ray."""
        if words := await self._objection():
            self.tell(refused=words)
            return
        cpus, _ = await asyncio.to_thread(_looked)
        await self._fit(cpus)
        self.tell(slots=max(1, cpus))
        while True:
            await asyncio.sleep(LOOK_S)
            cpus, is_alive = await asyncio.to_thread(_looked)
            if not is_alive:
                _leave("the Ray node that this process belongs to is dead")
            await self._fit(cpus)

    async def _objection(self) -> str | None:
        """Return why steps cannot be done on a worker of this Ray, in words; None where they can."""
        asked = ray.remote(look).options(max_retries=0).remote(self._start["probe"])
        try:
            async with asyncio.timeout(FIRST_WORKER_S):
                return objection(self._start, await asked)
        except TimeoutError:
            return f"no worker was free within {FIRST_WORKER_S:g} s; is the cluster full, or without CPUs?"
        except RayError as error:
            return f"its worker cannot work: {_first(error)}"

    async def _fit(self, cpus: int) -> None:
        """Let orders for as many CPUs go to Ray as there are, and a few more; so it never has to keep a long queue."""
        async with self._room:
            self._most = cpus + AHEAD
            self._room.notify_all()

    @asynccontextmanager
    async def _turn(self, cpus: float) -> AsyncIterator[None]:
        async with self._room:
            await self._room.wait_for(lambda: self._taken == 0 < self._most or self._taken + cpus <= self._most)
            self._taken += cpus
        try:
            yield
        finally:
            self._taken -= cpus
            async with self._room:
                self._room.notify_all()

    def _take(self, order: Mapping[str, Any], group: asyncio.TaskGroup) -> None:
        n = order["n"]
        if "give_up" not in order:
            self._tasks[n] = group.create_task(self._follow(order))
            self._tasks[n].add_done_callback(lambda _: self._tasks.pop(n))
        elif n in self._tasks:
            self._tasks[n].cancel()

    async def _follow(self, order: Mapping[str, Any]) -> None:
        async with self._turn(order["cpus"]):
            kind, words = await self._done(order)
        self.tell(n=order["n"], **{kind: words})

    async def _done(self, order: Mapping[str, Any]) -> tuple[str, str]:
        """Have a worker do it, and return what is to be told. The time counts from when the worker begins."""
        stream = self._work.options(
            name=order["name"], num_returns="streaming", max_retries=0, num_cpus=order["cpus"],
            num_gpus=order["gpus"], memory=order["memory_mb"] * 1_000_000 or None,
        ).remote(self._start["perform"], order["text"], self._start["fingerprint"])  # fmt: skip
        is_done = False
        try:
            await (await anext(stream))
            async with asyncio.timeout(order["timeout_s"]):
                kind, words = await (await anext(stream))
            is_done = True
        except TimeoutError:
            return "lost", f"its worker gave no answer within {order['timeout_s']:g} s"
        except RayTaskError as error:
            return "broken", f"Ray's worker cannot work: {_first(error)}"
        except LocalRayletDiedError as error:
            _leave(str(error))
        except WorkerCrashedError as error:
            return "lost" if _is_broken(order["text"]) else "taken", f"WorkerCrashedError: {_first(error)}"
        except (RayError, StopAsyncIteration) as error:
            return "taken", f"{type(error).__name__}: {_first(error)}"
        finally:
            if not is_done:
                ray.cancel(stream, force=True)
        return kind, words


def connect(start: Mapping[str, Any]) -> None:
    """Start a Ray of our own, or attach to the one at the address."""
    own = {"include_dashboard": False, "object_store_memory": _STORE, "num_cpus": start["cpus"]}
    more = own if start["address"] == "local" else {}
    ray.init(address=start["address"], log_to_driver=False, **more)


def main() -> None:
    """Start, follow orders until the driver closes its end, and end what was started."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what Ray prints goes where its log goes
    start = json.loads(sys.stdin.readline())
    envoy = Envoy(start, out)
    try:
        connect(start)
    except (ConnectionError, RuntimeError, ValueError, OSError, RayError) as error:
        envoy.tell(refused=" ".join(str(error).split()))
        return
    try:
        envoy.tell(connected=start["address"])
        asyncio.run(_serve(envoy))
    finally:
        ray.shutdown()
        shutil.rmtree(start["folder"], ignore_errors=True)


async def _serve(envoy: Envoy) -> None:
    orders = asyncio.StreamReader(limit=_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    await envoy.serve(orders)


def _looked() -> tuple[int, bool]:
    """Return how many CPUs the cluster has, and whether the node that this process belongs to is one of it."""
    mine = ray.get_runtime_context().get_node_id()
    is_alive = any(node["NodeID"] == mine and node["Alive"] for node in ray.nodes())
    return int(ray.cluster_resources().get("CPU", 0)), is_alive


def _leave(why: str) -> NoReturn:
    """End this process at once: what it cannot hear of counts as lost, and the driver starts another one."""
    sys.stderr.write(f"{why}\n")
    sys.stderr.flush()
    os._exit(1)


def _is_broken(text: str) -> bool:
    """Return whether the worker of a call said that it broke; one that was killed says nothing."""
    call: dict[str, str] = json.loads(text)
    try:
        return Path(call["within"], call["fence"], _FAULT).stat().st_size > 0
    except OSError:
        return False


def _first(error: BaseException) -> str:
    """Return the first line of what Ray says; the rest advises on logs."""
    return str(error).strip().partition("\n")[0]


if __name__ == "__main__":
    main()
