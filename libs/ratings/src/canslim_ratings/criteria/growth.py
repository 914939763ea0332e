"""Growth on the same quarter a year ago, and why it cannot be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings.arrays import BoolArray, FloatArray, divide, missing, without_dust
from canslim_ratings.facts import Facts
from canslim_ratings.periods import Periods

#: The newest period may be so many days old: a quarter (or a year), one more, and the time to file it late.
FRESH_QUARTER: Final = 270
FRESH_YEAR: Final = 540


@dataclass(frozen=True)
class Growth:
    """Growth of one figure between two periods of each symbol.

    now, base: the figures; NaN where not reported. growth_pct: percent; NaN where either is missing or the base is
    not positive. comparable: both periods exist and lie a year apart.
    """

    now: FloatArray
    base: FloatArray
    comparable: BoolArray

    @property
    def growth_pct(self) -> FloatArray:
        """Percent of the base; NaN unless the base is above zero."""
        growth = without_dust(divide(self.now - self.base, self.base) * 100.0)
        return np.where(self.comparable & (self.base > 0), growth, np.nan)

    @property
    def turnaround(self) -> BoolArray:
        """A loss, or nothing, a year ago and a profit now."""
        return self.comparable & (self.base <= 0) & (self.now > 0)

    @property
    def both_negative(self) -> BoolArray:
        """No profit a year ago and none now."""
        return self.comparable & (self.base <= 0) & (self.now <= 0)

    @property
    def unknown(self) -> BoolArray:
        """One of the two figures is not reported."""
        return missing(self.now) | missing(self.base)


def eps_growth(periods: Periods, newer: int, older: int) -> Growth:
    """Growth of earnings per share between two periods that should lie a year apart."""
    now, base = periods.eps(newer, older)
    return Growth(now, base, periods.years_apart(newer, older, 1))


def revenue_growth(periods: Periods, newer: int, older: int) -> Growth:
    """Growth of revenue between two periods that should lie a year apart."""
    now, base = periods.figure("revenue", newer), periods.figure("revenue", older)
    return Growth(now, base, periods.years_apart(newer, older, 1))


#: Codes of `absence`, for quarters and for years.
NO_QUARTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "conflicting_filings": "the filings under this symbol are those of two companies",
        "no_filings": "no quarter is known",
        "stale_filings": f"the newest quarter ended over {FRESH_QUARTER} days ago",
    }
)
NO_YEARS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **NO_QUARTERS,
        "no_filings": "no annual report is known",
        "stale_filings": f"the newest year ended over {FRESH_YEAR} days ago",
    }
)


def absence(facts: Facts, periods: Periods, fresh_days: int) -> list[tuple[BoolArray, str]]:
    """Gives the reasons for which no figure of `periods` may be used, strongest first."""
    ends = periods.period_end[:, 0]
    session = np.datetime64(pd.Timestamp(facts.session).date(), "D")
    age = (session - ends) / np.timedelta64(1, "D")
    return [
        (facts.statements.conflicting, "conflicting_filings"),
        (np.asarray(np.isnat(ends)), "no_filings"),
        (np.asarray(age > fresh_days), "stale_filings"),
    ]
