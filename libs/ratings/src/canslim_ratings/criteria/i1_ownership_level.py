"""I1: how much of the company institutions own."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import any_of, first_reason, missing, verdict
from canslim_ratings.criteria.criterion import Criterion, Verdicts, verdicts
from canslim_ratings.facts import Facts
from canslim_ratings.ownership import NO_OWNERSHIP

PASS_PCT: Final = (20.0, 90.0)
#: Enough sponsors, and room for more.
GOOD_PCT: Final = (30.0, 80.0)
FAIR_PCT: Final = (20.0, 95.0)
POINTS: Final = 5.0
FAIR_POINTS: Final = 2.0


def judge(facts: Facts) -> Verdicts:
    """Gives 5 points for 30 to 80 percent, 2 for 20 to 30 and 80 to 95, else none.

    Value: percent as reported. Lent shares are counted twice, so above 100 is real: judged as 100, with the remark
    `above_100`. Not available: `no_ownership` (no snapshot), `stale_ownership` (it is over 200 days old),
    `not_reported`.
    """
    now = facts.holdings.now
    reported = now.figures["institutional_pct"]
    cases = [*facts.holdings.absence(), (missing(reported), "not_reported")]
    value = np.where(any_of(cases), np.nan, reported)
    level = np.minimum(value, 100.0)
    good = (level >= GOOD_PCT[0]) & (level <= GOOD_PCT[1])
    fair = (level >= FAIR_PCT[0]) & (level <= FAIR_PCT[1])
    points = np.where(good, POINTS, np.where(fair, FAIR_POINTS, 0.0))
    return verdicts(
        np.where(np.isnan(value), np.nan, points),
        most=POINTS,
        passed=verdict(value, (level >= PASS_PCT[0]) & (level <= PASS_PCT[1])),
        value=value,
        reason=first_reason(len(value), [*cases, (value > 100.0, "above_100")]),
        inputs={"as_of": now.as_of},
    )


CRITERION: Final = Criterion(
    id="I1",
    letter="I",
    title="Institutional ownership",
    points=POINTS,
    unit="%",
    threshold="institutions own 20 to 90 %",
    version="i1.2",
    worked="Institutions owned {value:.0f} % on {as_of}.",
    remarks={
        **NO_OWNERSHIP,
        "not_reported": "what institutions own is not reported",
        "above_100": "above 100 % is real, for lent shares count twice; judged as 100 %",
    },
    judge=judge,
)
