"""Who holds the shares and how many there are: the newest snapshot of each symbol, and earlier ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Self

import numpy as np
import pandas as pd

from canslim_ratings.arrays import BoolArray, DateArray, FloatArray
from canslim_ratings.filings import places, share_factor

FIGURES: Final = ("institutional_pct", "holders", "shares_outstanding", "shares_float")
SHARES: Final = ("shares_outstanding", "shares_float")
#: Institutions report once a quarter (13F); snapshots closer together tell of the same report.
REPORT_DAYS: Final = 60
#: They report up to 45 days after the quarter (17 CFR 240.13f-1), so that the newest report may lie 92 + 45 days back.
#: Two months more are for a source that is late. The report before it may be as much older.
FRESH_DAYS: Final = 200
#: A year ago, give or take half a quarter.
YEAR_DAYS: Final = (320, 410)

#: Codes of `Ownership.absence`.
NO_OWNERSHIP: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no_ownership": "nothing is known of its owners and shares",
        "stale_ownership": f"the newest report of its owners and shares is over {FRESH_DAYS} days old",
    }
)


@dataclass(frozen=True)
class Snapshot:
    """One snapshot a symbol, in the order of the symbols; NaT and NaN where there is none.

    figures: `institutional_pct` (percent, may exceed 100), `holders` (a count), `shares_outstanding` and
    `shares_float` (shares of today: restated for later splits).
    """

    as_of: DateArray
    figures: dict[str, FloatArray]


@dataclass(frozen=True)
class Ownership:
    """The newest snapshot, the newest one at least 60 days older, and one about a year older.

    stale: the newest is over 200 days old.
    """

    now: Snapshot
    previous: Snapshot
    year_ago: Snapshot
    stale: BoolArray

    @classmethod
    def known(
        cls,
        ownership: pd.DataFrame | None,
        symbols: pd.Index,
        session: pd.Timestamp,
        splits: pd.DataFrame | None = None,
    ) -> Self:
        """Cuts `ownership` (`symbol`, `as_of`, FIGURES; absent columns are missing) to `session`."""
        rows = _columns(ownership, symbols, session, splits)
        newest = rows.groupby("symbol")["as_of"].transform("max")
        age = (newest - rows["as_of"]).dt.days
        low, high = YEAR_DAYS
        now = _latest(rows, len(symbols))
        return cls(
            now=now,
            previous=_latest(rows[age >= REPORT_DAYS], len(symbols)),
            year_ago=_latest(rows[(age >= low) & (age <= high)], len(symbols)),
            stale=np.asarray(session.to_datetime64() - now.as_of > np.timedelta64(FRESH_DAYS, "D")),
        )

    def absence(self) -> list[tuple[BoolArray, str]]:
        """Gives the reasons for which no figure of the newest snapshot may be used, strongest first."""
        return [(np.asarray(np.isnat(self.now.as_of)), "no_ownership"), (self.stale, "stale_ownership")]


def _columns(
    ownership: pd.DataFrame | None, symbols: pd.Index, session: pd.Timestamp, splits: pd.DataFrame | None
) -> pd.DataFrame:
    """What was known of `symbols` by `session`, in shares of then, oldest first; `symbol` is a place among them."""
    if ownership is None:
        ownership = pd.DataFrame({"symbol": pd.Series(dtype=object), "as_of": pd.Series(dtype="datetime64[ns]")})
    rows = pd.DataFrame(
        {
            "symbol": places(symbols, ownership["symbol"]),
            "as_of": pd.to_datetime(ownership["as_of"]).to_numpy(dtype="datetime64[ns]"),
            **{
                name: ownership[name].to_numpy(dtype=np.float64, na_value=np.nan)
                if name in ownership
                else np.full(len(ownership), np.nan)
                for name in FIGURES
            },
        }
    )
    rows = rows[(rows["symbol"] >= 0) & (rows["as_of"] <= session)].sort_values("as_of", kind="stable")
    if splits is not None and len(splits):
        factor = share_factor(rows["symbol"], rows["as_of"], symbols, splits, session)
        rows = rows.assign(**{name: rows[name] / factor for name in SHARES})
    return rows


def _latest(rows: pd.DataFrame, symbols: int) -> Snapshot:
    """The last row of each symbol."""
    at = rows["symbol"].to_numpy()
    as_of = np.full(symbols, np.datetime64("NaT"), dtype="datetime64[D]")
    as_of[at] = rows["as_of"].to_numpy().astype("datetime64[D]")
    figures = {name: np.full(symbols, np.nan) for name in FIGURES}
    for name, values in figures.items():
        # A later row overwrites an earlier one.
        values[at] = rows[name].to_numpy()
    return Snapshot(as_of, figures)
