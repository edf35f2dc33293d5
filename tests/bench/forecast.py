"""How near the forecast comes to the actual time, over simulated provider configurations. Run by hand.

    python tests/bench/forecast.py [how far the trait is off, such as 2] [--learns] [--draws 8]

Jobs are asked after every ten seconds or, with `--learns`, when learned polling finds best. Each draw gives the jobs of
a configuration other times.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))

from simulated_providers import CONFIGURATIONS, Trial, tried

_NEAR = 0.1


def main(trait: float, *, learns: bool, draws: int) -> None:
    """Print a line for each configuration and draw, and how many came within a tenth."""
    print(f"{'configuration':34} {'items':>6} {'took':>8} {'before':>8} {'off':>7} {'after 10 %':>10} {'off':>7}")  # noqa: T201
    trials: list[Trial] = []
    for each, draw in product(CONFIGURATIONS, range(draws)):
        with tempfile.TemporaryDirectory() as folder:
            trial = tried(each, Path(folder), trait=trait, learns=learns, draw=draw)
        trials.append(trial)
        print(  # noqa: T201
            f"{each.name:34} {each.items:>6} {trial.took_s:>6.0f} s {trial.cold_s:>6.0f} s {trial.cold:>+7.1%} "
            f"{trial.later_s:>8.0f} s {trial.later:>+7.1%}"
        )
    for name, offs in (("before", [each.cold for each in trials]), ("after 10 %", [each.later for each in trials])):
        near = sum(abs(off) <= _NEAR for off in offs)
        worst = max(offs, key=abs)
        print(f"{name}: {near} of {len(offs)} within {_NEAR:.0%}, the worst {worst:+.1%}")  # noqa: T201


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trait", type=float, nargs="?", default=1.0)
    parser.add_argument("--learns", action="store_true")
    parser.add_argument("--draws", type=int, default=1)
    args = parser.parse_args()
    main(args.trait, learns=args.learns, draws=args.draws)
