"""What is known of every symbol's quarters and years on one session."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd

from canslim_ratings.arrays import BoolArray, IntArray
from canslim_ratings.filings import FIGURES, conflicting_symbols, known_periods
from canslim_ratings.fourth_quarter import with_fourth_quarters
from canslim_ratings.periods import YEAR_DAYS, Periods

QUARTER_DAYS: Final = YEAR_DAYS / 4
#: Five years of quarter slots: three years of growth, counted from a year's end up to a year and a half old.
SLOTS: Final = 21
#: Periods that criteria look at: two years of quarters, three years of growth.
QUARTERS_BACK: Final = 9
YEARS_BACK: Final = 4

NO_FILINGS: Final = pd.DataFrame({name: [] for name in ("symbol", "period_end", "fiscal_period", "known_on")})


@dataclass(frozen=True)
class Statements:
    """What is known of each symbol's quarters and years.

    conflicting: the filings are those of two companies; all periods of the symbol are left empty.
    """

    quarters: Periods
    years: Periods
    conflicting: BoolArray

    @classmethod
    def known(
        cls,
        filings: pd.DataFrame | None,
        symbols: pd.Index,
        session: pd.Timestamp,
        splits: pd.DataFrame | None = None,
    ) -> Self:
        """Cuts `filings` to what was known on `session` (see `as_known`) and lays them out by `symbols`.

        A fourth quarter that was not filed is derived (see `with_fourth_quarters`).
        """
        if filings is None:
            filings = NO_FILINGS
        known = known_periods(filings, symbols, session, splits)
        conflicts = conflicting_symbols(known)
        known = known[~known["symbol"].isin(conflicts)]
        row: IntArray = known["symbol"].to_numpy(dtype=np.int64)
        slot = _slots(known, row, len(symbols))
        annual = known["annual"].to_numpy()
        quarters = _lay_out(known[~annual], row[~annual], slot[~annual], len(symbols))
        years = _lay_out(known[annual], row[annual], slot[annual], len(symbols))
        return cls(
            quarters=with_fourth_quarters(quarters, years).from_newest(step=1, count=QUARTERS_BACK),
            years=years.from_newest(step=4, count=YEARS_BACK),
            conflicting=np.isin(np.arange(len(symbols)), conflicts),
        )


def _slots(known: pd.DataFrame, row: IntArray, symbols: int) -> IntArray:
    """Numbers each period by the quarters between its end and the symbol's newest end."""
    ends = known["period_end"].to_numpy().astype("datetime64[D]").astype(np.int64)
    newest = np.full(symbols, np.iinfo(np.int64).min)
    np.maximum.at(newest, row, ends)
    slots: IntArray = np.rint((newest[row] - ends) / QUARTER_DAYS).astype(np.int64)
    return slots


def _lay_out(known: pd.DataFrame, row: IntArray, slot: IntArray, symbols: int) -> Periods:
    """Writes periods into symbols x SLOTS; of two in one slot the later stays."""
    inside = slot < SLOTS
    known, at = known[inside], (row[inside], slot[inside])
    shape = (symbols, SLOTS)
    period_end = np.full(shape, np.datetime64("NaT"), dtype="datetime64[D]")
    known_on = period_end.copy()
    # The rows are sorted by end, so a later end overwrites an earlier one.
    period_end[at] = known["period_end"].to_numpy().astype("datetime64[D]")
    known_on[at] = known["known_on"].to_numpy().astype("datetime64[D]")
    figures = {figure: np.full(shape, np.nan) for figure in FIGURES}
    for figure, grid in figures.items():
        grid[at] = known[figure].to_numpy()
    return Periods(period_end, known_on, figures, np.zeros(shape, dtype=bool))
