"""Reported figures on a grid, symbols x periods back: "the same quarter a year ago" is a column."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from canslim_ratings.arrays import BoolArray, DateArray, FloatArray

YEAR_DAYS: Final = 365.25
#: The same quarter a year apart, with 52- and 53-week years and month ends.
YEAR_TOLERANCE: Final = 20


@dataclass(frozen=True)
class Periods:
    """Reported figures, symbols x periods back; column 0 is the newest period.

    period_end, known_on: datetime64[D], NaT where there is no period.
    figures: FIGURES in the reporting currency, or per share of today; NaN where not reported.
    derived: the period is a fourth quarter, made from the year and the three quarters before it.
    """

    period_end: DateArray
    known_on: DateArray
    figures: dict[str, FloatArray]
    derived: BoolArray

    def figure(self, name: str, back: int) -> FloatArray:
        """One figure of the period `back` periods before the newest, a float a symbol."""
        return self.figures[name][:, back]

    def eps(self, newer: int, older: int) -> tuple[FloatArray, FloatArray]:
        """Earnings per share of two periods: diluted, or basic of both where only these are both reported."""
        diluted = self.figure("eps_diluted", newer), self.figure("eps_diluted", older)
        basic = self.figure("eps_basic", newer), self.figure("eps_basic", older)
        only_basic = np.isnan(diluted[0] + diluted[1]) & ~np.isnan(basic[0] + basic[1])
        return np.where(only_basic, basic[0], diluted[0]), np.where(only_basic, basic[1], diluted[1])

    def years_apart(self, newer: int, older: int, years: int) -> BoolArray:
        """True where the two periods end `years` years apart, give or take 20 days."""
        days = (self.period_end[:, newer] - self.period_end[:, older]) / np.timedelta64(1, "D")
        near: BoolArray = np.abs(days - years * YEAR_DAYS) <= YEAR_TOLERANCE
        return near

    def from_newest(self, *, step: int, count: int) -> "Periods":
        """Shifts each symbol's newest period into column 0 and keeps every `step`-th, `count` in all."""
        first = np.argmax(~np.isnat(self.period_end), axis=1)
        columns = first[:, None] + step * np.arange(count)
        beyond = columns >= self.period_end.shape[1]
        columns = np.where(beyond, 0, columns)

        def floats(grid: FloatArray) -> FloatArray:
            return np.where(beyond, np.nan, np.take_along_axis(grid, columns, axis=1))

        def dates(grid: DateArray) -> DateArray:
            return np.where(beyond, np.datetime64("NaT"), np.take_along_axis(grid, columns, axis=1))

        return Periods(
            period_end=dates(self.period_end),
            known_on=dates(self.known_on),
            figures={name: floats(grid) for name, grid in self.figures.items()},
            derived=np.take_along_axis(self.derived, columns, axis=1) & ~beyond,
        )
