"""N1: how far the price is below its high of 252 sessions."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import any_of, divide, first_reason, interpolate, missing, verdict, without_dust
from canslim_ratings.criteria.criterion import Criterion, Verdicts, verdicts
from canslim_ratings.facts import Facts

YEAR: Final = 252
#: Fewer sessions have no 52-week high worth the name.
MINIMUM_SESSIONS: Final = 126
PASS_PCT: Final = 15.0
STEPS_PCT: Final = (5.0, 10.0, 15.0, 25.0)
POINTS: Final = (10.0, 7.0, 4.0, 0.0)


def judge(facts: Facts) -> Verdicts:
    """Scores the distance in percent: 10 points up to 5, 7 at 10, 4 at 15, 0 from 25.

    The high is the highest intraday one, or close where that is higher or the high missing, of the last 252
    sessions, t0 included.
    Not available: `no_price` (none at t0), `short_history` (under 126 sessions with a price).
    """
    tops = np.fmax(facts.highs[-YEAR:], facts.closes[-YEAR:])
    highest = np.fmax.reduce(tops, axis=0)
    at = np.argmax(tops == highest, axis=0)
    sessions = facts.close.index[-YEAR:].to_numpy().astype("datetime64[D]")
    last = facts.closes[-1]
    count = (~np.isnan(tops)).sum(axis=0)
    cases = [(missing(last), "no_price"), (count < MINIMUM_SESSIONS, "short_history")]
    value = np.where(any_of(cases), np.nan, without_dust((1.0 - divide(last, highest)) * 100.0))
    return verdicts(
        interpolate(value, STEPS_PCT, POINTS),
        most=POINTS[0],
        passed=verdict(value, value <= PASS_PCT),
        value=value,
        reason=first_reason(len(value), cases),
        inputs={
            "close": last,
            "high_252": highest,
            "high_on": np.where(np.isnan(highest), np.datetime64("NaT"), sessions[at]),
            "sessions": count.astype(np.float64),
        },
    )


CRITERION: Final = Criterion(
    id="N1",
    letter="N",
    title="Distance from the 52-week high",
    points=POINTS[0],
    unit="% below",
    threshold="price within 15 % of its highest of 252 sessions",
    version="n1.1",
    worked="The close of {close:,.2f} is {value:.1f} % below the high of {high_252:,.2f} on {high_on}.",
    remarks={"no_price": "no price at the session", "short_history": f"under {MINIMUM_SESSIONS} sessions with a price"},
    judge=judge,
)
