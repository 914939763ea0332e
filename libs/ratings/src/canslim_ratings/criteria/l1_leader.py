"""L1: the RS Rating."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import interpolate, verdict
from canslim_ratings.criteria.criterion import Criterion, Verdicts, verdicts
from canslim_ratings.facts import Facts
from canslim_ratings.relative_strength import REASONS

PASS_RATING: Final = 80.0
STEPS: Final = (50.0, 70.0, 80.0, 90.0)
POINTS: Final = (0.0, 7.0, 11.0, 15.0)


def judge(facts: Facts) -> Verdicts:
    """Scores the RS Rating: 0 points at 50, 7 at 70, 11 at 80, 15 from 90.

    Not available without a rating, for the reason `rate_strength` gives, or `unrated` where it knows no symbol.
    """
    value = facts.strengths["rs_rating"].to_numpy(dtype=np.float64)
    return verdicts(
        interpolate(value, STEPS, POINTS),
        most=POINTS[-1],
        passed=verdict(value, value >= PASS_RATING),
        value=value,
        reason=facts.strength_reasons,
        inputs={"rs_raw": facts.strengths["rs_raw"].to_numpy(dtype=np.float64)},
    )


CRITERION: Final = Criterion(
    id="L1",
    letter="L",
    title="RS Rating",
    points=POINTS[-1],
    unit="rating 1-99",
    threshold="RS Rating of 80 or more",
    version="l1.1",
    worked="The price did better over the year than {value:.0f} of 100 rated stocks.",
    remarks=REASONS,
    judge=judge,
)
