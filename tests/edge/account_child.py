"""A run that joins an account, claims what it is told to, and lives until it is killed.

A claim whose name begins with `taken` has its answer, any other is under way.
"""

from __future__ import annotations

import sys
from pathlib import Path

from runner.edge.account.accounts import Holder, Tenant, joined
from runner.edge.account.claims import Terms
from runner.edge.secret import Secret


def live(home: Path, folder: Path, key: str, claims: list[str]) -> None:
    terms = Terms(rate=None, in_flight=None, unseen_s=900.0)
    holder = Holder(provider="studio", host="studio.invalid:443", key=Secret(key))
    with joined(home, holder, Tenant(folder=folder, run_id="child"), terms) as account:
        account.begin({}, [])
        for claim in claims:
            account.claim(claim, now=0.0)
            account.settle()
            if claim.startswith("taken"):
                account.answered(claim)
        sys.stdout.write("claimed\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    live(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
