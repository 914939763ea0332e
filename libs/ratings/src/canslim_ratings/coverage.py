"""Whether a session has enough prices to be rated and published."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import pandas as pd

from canslim_ratings.arrays import in_any_row, missing, positive_prices

#: Below it a session is not published: ratings among the rest would look fresh and mean little.
MINIMUM_COVERAGE: Final = 0.90


@dataclass(frozen=True)
class Coverage:
    """How much of the active universe has a price at t0."""

    active: int
    priced: int

    @property
    def fraction(self) -> float:
        """Priced over active, 0 to 1; 0 if nothing is active."""
        return self.priced / self.active if self.active else 0.0

    @property
    def sufficient(self) -> bool:
        """True if the session may be published."""
        return self.fraction >= MINIMUM_COVERAGE


def measure_coverage(close: pd.DataFrame, active: Collection[str]) -> Coverage:
    """Counts the `active` symbols with a price in the last row of `close` (sessions x symbols).

    A symbol that is active but has no column counts as not priced; one that is priced but not active counts
    for nothing. Symbols given twice count once.
    """
    wanted = set(active)
    at_t0 = in_any_row(~missing(positive_prices(close.iloc[-1:])))
    priced = close.columns[at_t0]
    return Coverage(active=len(wanted), priced=len(wanted.intersection(priced)))
