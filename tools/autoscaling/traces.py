"""The traces: a burst, a night, a noisy day, and what goes wrong. Each one is the same every time."""

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tools.autoscaling.trace import Job, Outage, Step, Trace

#: When the first task of a trace comes: every loop has turned by then.
BEGIN: Final = 60.0
HOUR: Final = 3600.0
#: Means of an installation that has run before.
KNOWN: Final = {"collect": 19.0, "rs": 9.0, "score": 19.0}


def _random(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a trace must come out the same every time.


def between(rng: random.Random, least: float, most: float) -> float:
    """Seconds, as many of one order of magnitude as of the next."""
    return round(math.exp(rng.uniform(math.log(least), math.log(most))), 1)


def collect(rng: random.Random, tasks: int) -> Step:
    """Tasks of 50 symbols each."""
    return Step("collector", "collect", tuple(between(rng, 5, 60) for _ in range(tasks)))


def rate(rng: random.Random, longest: float = 60) -> tuple[Step, Step]:
    """What scoring does for a job: one task a stage."""
    return Step("scoring", "rs", (between(rng, 3, 20),)), Step("scoring", "score", (between(rng, 3, longest),))


def burst(tasks: int = 200, seed: int = 1) -> Trace:
    """Collect tasks at once, on an installation that has never run one."""
    return Trace("burst", (Job(BEGIN, (collect(_random(seed), tasks),)),), HOUR)


def quick(seed: int = 6) -> Trace:
    """A burst of tasks that find nothing new."""
    rng = _random(seed)
    tasks = tuple(between(rng, 0.2, 2) for _ in range(200))
    return Trace("quick", (Job(BEGIN, (Step("collector", "collect", tasks),)),), HOUR, known_means={"collect": 0.8})


def heavy(seed: int = 7) -> Trace:
    """Tasks that take minutes where the last ones took seconds: the estimate is wrong until some have finished."""
    rng = _random(seed)
    tasks = tuple(between(rng, 60, 180) for _ in range(48))
    return Trace("heavy", (Job(BEGIN, (Step("collector", "collect", tasks),)),), HOUR, known_means={"collect": 5.0})


def long(seed: int = 8) -> Trace:
    """Tasks of two to ten minutes, as the estimate expects them."""
    rng = _random(seed)
    tasks = tuple(between(rng, 120, 600) for _ in range(48))
    return Trace(
        "long", (Job(BEGIN, (Step("collector", "collect", tasks),)),), 2 * HOUR, known_means={"collect": 290.0}
    )


def night(seed: int = 2) -> Trace:
    """A refresh of 5,900 symbols, and twelve own lists that a script refreshes when it is under way."""
    rng = _random(seed)
    market = Job(BEGIN, (Step("collector", "collect", (3.0,)), collect(rng, 118), *rate(rng)))
    lists = [Job(BEGIN + 120 + number, (collect(rng, 2), *rate(rng))) for number in range(12)]
    return Trace("night", (market, *lists), HOUR, known_means=KNOWN)


def day(seed: int = 3) -> Trace:
    """Own lists, recalculated and refreshed at random from 8 to 20; one in fifty takes minutes; three crowds."""
    rng = _random(seed)
    jobs = [Job(round(at, 1), _small(rng)) for at in _arrivals(rng)]
    crowds = [round(rng.uniform(1, 11) * HOUR) for _ in range(3)]
    jobs += [Job(at + number, rate(rng)) for at in crowds for number in range(rng.randint(8, 20))]
    return Trace("day", tuple(jobs), 12 * HOUR, known_means=KNOWN)


def _arrivals(rng: random.Random) -> Iterator[float]:
    """Seconds: 100 an hour for ten hours, then 20; none in the last quarter, so that all are done in the end."""
    at = BEGIN
    while (at := at + rng.expovariate(100 / HOUR)) < 11.75 * HOUR:
        if at < 10 * HOUR or rng.random() < 0.2:
            yield at


def _small(rng: random.Random) -> tuple[Step, ...]:
    if rng.random() < 0.02:
        # A whole market's history, or a source that answers slowly.
        return (Step("collector", "collect", (between(rng, 120, 600),)), *rate(rng, longest=300))
    if rng.random() < 0.3:
        return (collect(rng, rng.randint(1, 4)), *rate(rng))
    return rate(rng)


def blind(seed: int = 4) -> Trace:
    """A burst of 600, and no metric for ten minutes of it."""
    begins = BEGIN + 30
    return replace(
        burst(600, seed),
        name="blind",
        outages=tuple(Outage(source, begins, begins + 600) for source in ("postgresql", "prometheus", "redis")),
        known_means=KNOWN,
    )


def slow(seed: int = 5) -> Trace:
    """A burst on nodes that must come up first."""
    return replace(burst(seed=seed), name="slow", start_seconds=(90.0, 150.0), known_means=KNOWN)


#: Requests that Yahoo's budget allows in a second, and how long one takes.
YAHOO_RATE: Final = 2.0
YAHOO_ANSWER: Final = 0.35


def yahoo(symbols: int = 1980) -> Trace:
    """A first refresh from Yahoo: tasks of 99 symbols, three requests a symbol, one budget for all of them."""
    alone = round(99 * 3 * YAHOO_ANSWER, 1)
    first = Step("collector", "collect", (alone,) * (symbols // 99))
    return Trace("yahoo", (Job(BEGIN, (first,)),), 2 * HOUR, paces={"collector": YAHOO_RATE * YAHOO_ANSWER})


TRACES: Final = {trace.name: trace for trace in (burst(), night(), day(), quick(), heavy(), slow(), blind(), long())}
