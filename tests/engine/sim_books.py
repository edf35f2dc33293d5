"""The promises about money and limits, held against the providers' own books, every provider by itself and together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from sim_history import DAY_S, History
from sim_market import Market, Receipt, video_of
from sim_moods import ACCOUNT

_LONGEST_S: Final = 3 * DAY_S
_TINY_S: Final = 1e-6
_COOL_S: Final = 600.0  # before a provider that refused the account is tried once more


def book_faults(history: History, let_go: Counter[str]) -> Iterator[str]:
    """Give every promise that the providers' books show to be broken.

    `let_go` counts, by prompt, the doubts that were bought again because the rules say so.
    """
    yield from _purchase_faults(history, let_go)
    yield from _budget_faults(history)
    for market in history.markets.values():
        yield from _rate_faults(history, market)
        yield from _slot_faults(history, market)
        yield from _order_faults(history, market)
        for life in range(len(history.eras)):
            yield from _probe_faults(history, market, life)
    yield from _time_faults(history)


def _purchase_faults(history: History, let_go: Counter[str]) -> Iterator[str]:
    """No item is bought twice, anywhere, unless a person asked for it, or the rules do so, as often as they may."""
    names = {job.name: job.prompt for job in history.jobs}
    retries = Counter(history.person.retries.values())
    waived = Counter(names[name] for name in history.person.waived)
    for prompt, count in Counter(names.values()).items():
        asked = history.takes[prompt] + retries[prompt] + waived[prompt] + let_go[prompt]
        allowed = asked + min(_failing(history, prompt), asked * history.retakes_most)
        if count > allowed:
            where = ", ".join(f"{at} {id_}" for (at, id_), of in names.items() if of == prompt)
            yield f"'{prompt}' was bought {count} times, {allowed} allowed: {where}"


def _failing(history: History, prompt: str) -> int:
    """Return how many videos of a prompt were made that are to be taken again."""
    jobs = (job for job in history.jobs if job.prompt == prompt)
    return sum(history.rules.grade(video_of(job)) == "fail" for job in jobs)


def _order_faults(history: History, market: Market) -> Iterator[str]:
    """Nothing is ordered that nobody wants, nor where nobody wants it; what has no answer is repeated where it was."""
    for one in market.receipts:
        era = history.eras[one.life]
        is_repeat = bool(one.key) and one.prompt in era.repeats
        if one.prompt not in era.may_buy and not is_repeat:
            yield f"life {one.life} asked for '{one.prompt}', which nobody wanted of it"
        if market.nature.name not in era.route and not is_repeat:
            yield f"life {one.life} asked {market.nature.name} for '{one.prompt}', and not one of {era.route}"


def _budget_faults(history: History) -> Iterator[str]:
    """The cap holds at every instant, for all lives and for each one's own."""
    budget, waived = history.rules.budget, history.person.waived
    for now in (job.made_at for job in history.jobs) if budget is not None else ():
        jobs = [job for job in history.jobs if job.made_at <= now < waived.get(job.name, float("inf"))]
        spent = sum(job.price.micros for job in jobs)
        if budget is not None and spent > budget.micros:
            yield f"{len(jobs)} jobs were bought for {spent} with {budget}"
            break
    for number, era in enumerate(history.eras):
        prices = [job.price.micros for job in history.jobs if job.life == number and job.prompt not in era.repeats]
        if era.max_cost is not None and sum(prices) > era.max_cost.micros:
            yield f"life {number} bought {len(prices)} jobs with --max-cost {era.max_cost}"


def _rate_faults(history: History, market: Market) -> Iterator[str]:
    """No window holds more submits than allowed, as the provider sees them arrive."""
    times = sorted(one.at for one in market.receipts if not one.is_stray)
    for rate in market.nature.rates:
        for first, last in zip(times, times[rate.count :], strict=False):
            if last - first < rate.window_s - _TINY_S:
                yield f"{rate.count + 1} submits within {last - first:.2f} s from {first:.2f} on: {rate}"
                break


def _slot_faults(history: History, market: Market) -> Iterator[str]:
    """No more jobs run at one time than allowed, as the provider sees them run."""
    most = market.nature.in_flight
    if most is None:
        return
    stray = {one.job_id for one in market.receipts if one.is_stray}
    jobs = [job for job in market.jobs.values() if job.id not in stray and job.name not in history.unseen]
    for one in jobs:
        running = [job for job in jobs if job.made_at <= one.made_at < job.ends_at]
        if len(running) > most:
            yield f"{len(running)} jobs in flight at {market.nature.name} at {one.made_at:.2f}, {most} allowed"
            return


def _probe_faults(history: History, market: Market, life: int) -> Iterator[str]:
    """Whoever refused the account is left alone, but for one order at a time after a while, until one is taken.

    Lives that met something less clear are left out: what they may do depends on more than the books tell.
    """
    if life in market.unsure or history.eras[life].was_stopped:
        return
    refused_at, quiet_until, probe = float("inf"), 0.0, None
    for at, what, one in sorted(_moments(market, life), key=lambda moment: moment[:2]):
        match what:
            case _Moment.LEAVES if at > refused_at + _TINY_S:
                if at < quiet_until - _TINY_S or probe is not None:
                    yield f"{market.nature.name} refused the account at {refused_at:.2f}, and was asked at {at:.2f}"
                probe = one
            case _Moment.ARRIVES if one is probe and one.job_id is not None:
                refused_at, probe = float("inf"), None
            case _Moment.IS_ANSWERED if one.code in ACCOUNT and (one is probe or refused_at == float("inf")):
                refused_at, quiet_until, probe = min(at, refused_at), at + _COOL_S, None
            case _Moment.IS_ANSWERED if one is probe:
                probe = None
            case _:
                pass


class _Moment(IntEnum):
    """What happens to an order, in the order in which it happens at one instant."""

    ARRIVES = 1
    IS_ANSWERED = 2
    LEAVES = 3


def _moments(market: Market, life: int) -> Iterator[tuple[float, _Moment, Receipt]]:
    for one in market.receipts:
        if one.life == life:
            yield one.left_at, _Moment.LEAVES, one
            yield one.at, _Moment.ARRIVES, one
            yield one.heard_at, _Moment.IS_ANSWERED, one


def _time_faults(history: History) -> Iterator[str]:
    for number, era in enumerate(history.eras):
        receipts = [one for market in history.markets.values() for one in market.receipts]
        sent = sum(one.life == number for one in receipts)
        if era.ended - era.began > _LONGEST_S + sent * 6 * 3600.0:
            yield f"life {number} lasted {(era.ended - era.began) / DAY_S:.1f} days"
