"""A Ray cluster of several nodes on this machine, as a program: its head has no CPU, every other node has one.

Prints the head's address. Then each number that it reads is a worker's process, whose node it kills whole: raylet,
helpers and workers; it prints a line when that is done. Its end of input ends the cluster.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Nodes:
    """A cluster that is there, and the process that keeps it."""

    address: str
    keeper: subprocess.Popen[str]

    def kill_node_of(self, pid: int) -> None:
        """Kill the node on which a worker runs, with all that belongs to it."""
        assert self.keeper.stdin is not None
        assert self.keeper.stdout is not None
        self.keeper.stdin.write(f"{pid}\n")
        self.keeper.stdin.flush()
        assert self.keeper.stdout.readline() == "killed\n"


def in_session(leader: int) -> dict[int, str]:
    """Return what runs in the session of a process, by its number; the dead that nobody has fetched are left out."""
    found = subprocess.run(["ps", "-eo", "pid,sid,stat,args"], capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 3) for line in found.splitlines())
    return {int(pid): args for pid, sid, stat, args in rows if sid == str(leader) and not stat.startswith("Z")}


@contextmanager
def nodes(count: int, **environ: str) -> Iterator[Nodes]:
    """Give a cluster with so many nodes that work."""
    path = os.pathsep.join(map(str, (ROOT, Path(__file__).parent)))
    keeper = subprocess.Popen(
        [sys.executable, __file__, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
        env={**os.environ, "PYTHONPATH": path, "RAY_USAGE_STATS_ENABLED": "0", **environ},
    )  # fmt: skip
    with keeper:
        assert keeper.stdout is not None
        yield Nodes(address=keeper.stdout.readline().strip(), keeper=keeper)
        assert keeper.stdin is not None
        keeper.stdin.close()
        keeper.wait(60)
    for pid in in_session(keeper.pid):  # helpers of a node that was killed
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def main(count: int) -> None:
    """Keep a cluster until nobody wants it."""
    from ray.cluster_utils import Cluster  # noqa: PLC0415 - for this program, not for who starts it

    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": 80_000_000})
    members = [cluster.add_node(num_cpus=1, object_store_memory=80_000_000) for _ in range(count)]
    print(cluster.address, file=told, flush=True)
    for line in sys.stdin:
        status = Path(f"/proc/{int(line)}/stat").read_text()
        raylet = int(status.rpartition(")")[2].split()[1])
        (struck,) = (node for node in members if node.all_processes["raylet"][0].process.pid == raylet)
        members.remove(struck)
        cluster.remove_node(struck, allow_graceful=False)
        print("killed", file=told, flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]))
