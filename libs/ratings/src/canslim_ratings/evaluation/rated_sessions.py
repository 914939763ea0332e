"""Ratings of many sessions beside the prices of their stocks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self, TypeVar

import numpy as np
import pandas as pd

from canslim_ratings.arrays import BoolArray, FloatArray, IntArray, missing, positive_prices

#: A date or, which is one, a timestamp.
Session = TypeVar("Session", bound=date)


@dataclass(frozen=True)
class RatedSessions:
    """Tables of ratings laid out as the prices are, oldest first, symbols in alphabetical order.

    rows: the place of each rated session in `calendar`. prices: sessions x symbols, NaN where missing.
    suspect: the same shape, True at the close that a move leads to which is not believed.
    places: for each table, where its rows are among the symbols, -1 where they have no price at all.
    """

    calendar: pd.DatetimeIndex
    symbols: pd.Index
    prices: FloatArray
    suspect: BoolArray
    rows: IntArray
    tables: tuple[pd.DataFrame, ...]
    places: tuple[IntArray, ...]

    @classmethod
    def of(
        cls,
        ratings: Mapping[Session, pd.DataFrame],
        close: pd.DataFrame,
        suspect_moves: pd.DataFrame | None = None,
    ) -> Self:
        """Checks and sorts what was given; a ValueError says what does not fit."""
        calendar = pd.DatetimeIndex(close.index)
        if not (calendar.is_unique and calendar.is_monotonic_increasing and close.columns.is_unique):
            raise ValueError("close must have each session once, oldest first, and each symbol once")
        given = {pd.Timestamp(session): table for session, table in ratings.items()}
        sessions = pd.DatetimeIndex(sorted(given))
        panel = _alphabetical(close)
        tables = tuple(given[session] for session in sessions)
        return cls(
            calendar=calendar,
            symbols=panel.columns,
            prices=positive_prices(panel),
            suspect=_suspect(suspect_moves, close),
            rows=_rows(sessions, calendar),
            tables=tables,
            places=tuple(_places(table, panel.columns) for table in tables),
        )

    @property
    def names(self) -> list[str]:
        """Of all ratings, as they first occur."""
        return list(dict.fromkeys(str(name) for table in self.tables for name in table.columns))

    @property
    def sessions(self) -> pd.DatetimeIndex:
        return self.calendar[self.rows]

    def values(self, name: str) -> FloatArray:
        """One rating, rated sessions x symbols; NaN where a stock has none or there is no close at the session."""
        values = np.full((len(self.rows), len(self.symbols)), np.nan)
        for row, table, places in zip(values, self.tables, self.places, strict=True):
            if name in table:
                known = places >= 0
                row[places[known]] = table[name].to_numpy(dtype=np.float64, na_value=np.nan)[known]
        return np.where(missing(self.prices[self.rows]), np.nan, values)

    def counts(self, name: str) -> IntArray:
        """How many stocks have the rating at each session, those without a price among them."""
        return np.array([int(table[name].notna().sum()) if name in table else 0 for table in self.tables])


def _alphabetical(panel: pd.DataFrame) -> pd.DataFrame:
    """Sums of floats depend on their order, and no figure may depend on that of the symbols."""
    return panel.set_axis(panel.columns.astype(object), axis="columns").sort_index(axis="columns")


def _suspect(moves: pd.DataFrame | None, close: pd.DataFrame) -> BoolArray:
    if moves is None:
        return np.zeros(close.shape, dtype=np.bool_)
    if not (moves.index.equals(close.index) and moves.columns.equals(close.columns)):
        raise ValueError("suspect_moves must have the sessions and symbols of close, in one order")
    return _alphabetical(moves).to_numpy(dtype=np.bool_)


def _rows(sessions: pd.DatetimeIndex, calendar: pd.DatetimeIndex) -> IntArray:
    rows = np.asarray(calendar.get_indexer(sessions), dtype=np.int64)
    if len(rows) == 0 or (rows < 0).any():
        strange = ", ".join(str(session.date()) for session in sessions[rows < 0][:3])
        raise ValueError(f"ratings must be of sessions of close: {strange or 'there are none'}")
    return rows


def _places(table: pd.DataFrame, symbols: pd.Index) -> IntArray:
    if not table.index.is_unique:
        raise ValueError(f"a symbol is rated twice in one session: {table.index[table.index.duplicated()][0]}")
    return np.asarray(symbols.get_indexer(table.index.astype(object)), dtype=np.int64)
