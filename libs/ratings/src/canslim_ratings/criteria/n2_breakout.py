"""N2: a new high on heavy volume in the last two weeks."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import (
    FloatArray,
    any_of,
    divide,
    first_reason,
    missing,
    rolling_highest,
    rolling_sum,
    without_dust,
)
from canslim_ratings.criteria.criterion import Criterion, Verdicts, verdicts
from canslim_ratings.facts import Facts

WINDOW: Final = 50
RECENT: Final = 10
#: IBD asks for 40 to 50 % above average.
VOLUME_RATIO: Final = 1.4
MINIMUM_SESSIONS: Final = 40
POINTS: Final = 5.0


def judge(facts: Facts) -> Verdicts:
    """Gives 5 points if a close of the last 10 sessions was the highest of 50 on 1.4 times the mean volume.

    Highest: of the 50 sessions that end with it. Mean: of the 50 sessions before it. Value: the best volume
    ratio among the new highs; NaN (remark `no_new_high`) if there is none.
    Not available: `no_price` (none at t0), `short_history` (under 40 of the last 50 sessions have a close),
    `no_volume` (under 40 have a volume).
    """
    closes, volumes = (_at_least(WINDOW + RECENT, panel) for panel in (facts.closes, facts.volumes))
    before = volumes[:-1]
    counted = rolling_sum((~np.isnan(before)).astype(np.float64), WINDOW)
    mean = divide(rolling_sum(before, WINDOW), np.where(counted >= MINIMUM_SESSIONS, counted, np.nan))
    new_high = closes[-RECENT:] >= rolling_highest(closes, WINDOW)[-RECENT:]
    ratio = np.where(new_high, divide(volumes[-RECENT:], mean), np.nan)

    cases = [
        (missing(closes[-1]), "no_price"),
        ((~np.isnan(closes[-WINDOW:])).sum(axis=0) < MINIMUM_SESSIONS, "short_history"),
        ((~np.isnan(volumes[-WINDOW:])).sum(axis=0) < MINIMUM_SESSIONS, "no_volume"),
    ]
    absent = any_of(cases)
    value = np.where(absent, np.nan, without_dust(np.fmax.reduce(ratio, axis=0)))
    passed = (value >= VOLUME_RATIO).astype(np.float64)
    # Of equals the latest.
    best = np.argmax((ratio == np.fmax.reduce(ratio, axis=0))[::-1], axis=0)
    sessions = facts.close.index.to_numpy().astype("datetime64[D]")
    on = sessions[np.maximum(len(sessions) - 1 - best, 0)]
    return verdicts(
        np.where(absent, np.nan, passed * POINTS),
        most=POINTS,
        passed=passed,
        value=value,
        reason=first_reason(len(value), [*cases, (missing(value), "no_new_high")]),
        inputs={"new_high_on": np.where(np.isnan(value), np.datetime64("NaT"), on)},
    )


def _at_least(rows: int, panel: FloatArray) -> FloatArray:
    """The last `rows` of a panel; what it is short of is missing."""
    missing_rows = max(rows - len(panel), 0)
    return np.pad(panel[-rows:], ((missing_rows, 0), (0, 0)), constant_values=np.nan)


CRITERION: Final = Criterion(
    id="N2",
    letter="N",
    title="Breakout on volume",
    points=POINTS,
    unit="x mean volume",
    threshold="a 50-session high on 1.4 times the mean volume within 10 sessions",
    version="n2.1",
    worked="A new high on {new_high_on}, on {value:.1f} times the mean volume.",
    remarks={
        "no_price": "no price at the session",
        "short_history": f"under {MINIMUM_SESSIONS} of the last {WINDOW} sessions have a price",
        "no_volume": f"under {MINIMUM_SESSIONS} of the last {WINDOW} sessions have a volume",
        "no_new_high": f"no close of the last {RECENT} sessions was a new high of {WINDOW}",
    },
    judge=judge,
)
