"""S1: volume on days up against volume on days down."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import any_of, divide, fill_forward, first_reason, interpolate, missing, without_dust
from canslim_ratings.criteria.criterion import Criterion, Verdicts, verdicts
from canslim_ratings.facts import Facts

WINDOW: Final = 50
MINIMUM_SESSIONS: Final = 40
PASS_RATIO: Final = 1.2
STEPS: Final = (0.9, 1.2, 1.5)
POINTS: Final = (0.0, 4.0, 7.0)


def judge(facts: Facts) -> Verdicts:
    """Scores up volume over down volume of 50 sessions: 0 points at 0.9, 4 at 1.2, 7 from 1.5.

    A session without a close or volume counts for neither side; the next is compared with the last close.
    Remark `no_down_day`: nothing sold off on volume, 7 points, no value.
    Not available: `no_price` (none at t0), `short_history` (under 40 of the sessions can be compared),
    `no_volume` (none of the volume was on a day up or down).
    """
    closes = facts.closes[-(WINDOW + 1) :]
    volumes = facts.volumes[-(WINDOW + 1) :][1:]
    change = closes[1:] - fill_forward(closes)[:-1]
    usable = ~np.isnan(change) & ~np.isnan(volumes)
    up = np.where(usable & (change > 0), volumes, 0.0).sum(axis=0)
    down = np.where(usable & (change < 0), volumes, 0.0).sum(axis=0)
    count = usable.sum(axis=0)
    cases = [
        (missing(facts.closes[-1]), "no_price"),
        (count < MINIMUM_SESSIONS, "short_history"),
        (up + down <= 0, "no_volume"),
    ]
    absent = any_of(cases)
    value = np.where(absent, np.nan, without_dust(divide(up, down)))
    only_up = ~absent & (down == 0)
    return verdicts(
        np.where(only_up, POINTS[-1], interpolate(value, STEPS, POINTS)),
        most=POINTS[-1],
        passed=((value >= PASS_RATIO) | only_up).astype(np.float64),
        value=value,
        reason=first_reason(len(value), [*cases, (only_up, "no_down_day")]),
        inputs={"up_volume": up, "down_volume": down, "sessions": count.astype(np.float64)},
    )


CRITERION: Final = Criterion(
    id="S1",
    letter="S",
    title="Up/down volume",
    points=POINTS[-1],
    unit="ratio",
    threshold="1.2 times as much volume on days up as on days down, over 50 sessions",
    version="s1.1",
    worked=(
        "{up_volume:big} shares changed hands on days up, {down_volume:big} on days down. That is "
        "{value:.2f} times as many."
    ),
    remarks={
        "no_price": "no price at the session",
        "short_history": f"under {MINIMUM_SESSIONS} of the last {WINDOW} sessions can be compared",
        "no_volume": "nothing was traded on a day up or down",
        "no_down_day": "no day down on volume",
    },
    judge=judge,
)
