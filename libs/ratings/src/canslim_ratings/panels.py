"""From a long table of bars to panels."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from canslim_ratings.tables import Table, as_frame

COLUMNS: Final = ("close", "high", "low", "volume")


def make_panels(
    bars: Table, sessions: pd.DatetimeIndex | None = None, columns: Sequence[str] = COLUMNS
) -> dict[str, pd.DataFrame]:
    """Lays bars out as panels: sessions x symbols of float64, oldest first, symbols in alphabetical order.

    bars: one row a symbol and session, in any order: `symbol` (text), `session` (a date), and `columns`; a table of
        pandas, polars or pyarrow, or a dictionary of arrays. Of two rows for the same the later stays; a row without
        a symbol is left out.
    sessions: what gets a row, to be taken from an exchange's calendar; bars of other days are left out. None means
        the days that occur, so that a day on which nobody traded would be no session.

    Prices have to come adjusted. A symbol without a bar in a session is NaN there.
    """
    frame = as_frame(bars, ["symbol", "session", *columns])
    at, names = pd.factorize(np.asarray(frame["symbol"], dtype=object), sort=True)
    days = pd.DatetimeIndex(pd.to_datetime(frame["session"]))
    index = pd.DatetimeIndex(days.unique().sort_values() if sessions is None else sessions).rename(None)
    row = index.get_indexer(days)
    known = (row >= 0) & (at >= 0)
    panels: dict[str, pd.DataFrame] = {}
    for name in columns:
        values = np.full((len(index), len(names)), np.nan)
        values[row[known], at[known]] = _floats(frame[name])[known]
        panels[name] = pd.DataFrame(values, index, pd.Index(names, dtype=object))
    return panels


def _floats(column: pd.Series) -> np.ndarray[Any, np.dtype[np.float64]]:
    return column.to_numpy(dtype=np.float64, na_value=np.nan)
