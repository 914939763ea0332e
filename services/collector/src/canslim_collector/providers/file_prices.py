"""Reads a file of prices: the good symbols go on, each bad one gets its reason with file, row and column."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from canslim_calendar import all_sessions
from canslim_collector.providers.bar_table import split_factors
from canslim_collector.providers.file_tables import parse_dates, read_table, row_number

REQUIRED = ("symbol", "date", "open", "high", "low", "close", "volume")
PRICES = ("open", "high", "low", "close")


def read_prices(path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Bars as BarTable.from_frame takes them, and the reason of every symbol that can't be used.

    Rows on days that are no sessions are left out, as is a repeated heading. Of two rows for one session
    the later one counts: feeds deliver a session again once its volume is final. Without `adj_factor`,
    prices are taken as adjusted. Raises Malformed where the file as a whole is wrong.
    """
    raw = read_table(path, REQUIRED, ("adj_factor",))
    raw = raw[raw["symbol"] != "symbol"]
    checks = _Checks(path, raw)
    rows = pd.DataFrame({"symbol": raw["symbol"]}, index=raw.index)
    checks.refuse(rows["symbol"] == "", "symbol", "a ticker")
    rows["date"] = parse_dates(raw["date"])
    checks.refuse(rows["date"].isna(), "date", "a date as 2017-03-31")
    for name in (*PRICES, "volume", *(["adj_factor"] if "adj_factor" in raw else [])):
        rows[name] = pd.to_numeric(raw[name], errors="coerce")
        checks.refuse(~np.isfinite(rows[name]), name, "a number")
        if name == "volume":
            checks.refuse(rows[name] < 0, name, "0 or more")
        else:
            checks.refuse(rows[name] <= 0, name, "a positive number")
    slack = 1e-6 * rows["close"].abs()
    checks.refuse(rows["high"] < rows[["open", "close", "low"]].max(axis=1) - slack, "high", "the day's highest price")
    checks.refuse(rows["low"] > rows[["open", "close"]].min(axis=1) + slack, "low", "the day's lowest price")
    return _finish(rows, checks.faults), checks.faults


class _Checks:
    def __init__(self, path: Path, raw: pd.DataFrame) -> None:
        self._path = path
        self._raw = raw
        self.faults: dict[str, str] = {}

    def refuse(self, wrong: "pd.Series[bool]", column: str, expected: str) -> None:
        """Remembers the first fault of each symbol with a wrong cell."""
        for at in np.flatnonzero(wrong.to_numpy()):
            row = self._raw.iloc[int(at)]
            line = row_number(self._path, int(self._raw.index[int(at)]))
            self.faults.setdefault(
                row["symbol"],
                f"{self._path.name}: row {line}, column {column}: expected {expected}, "
                f"found {str(row[column])!r} ({row['symbol']})",
            )


def _finish(rows: pd.DataFrame, faults: dict[str, str]) -> pd.DataFrame:
    good = rows[~rows["symbol"].isin(list(faults))]
    days = good["date"].to_numpy().astype("datetime64[D]")
    good = good[np.isin(days, all_sessions())]
    good = good.drop_duplicates(["symbol", "date"], keep="last").sort_values(["symbol", "date"])
    if "adj_factor" not in good:
        good = good.assign(adj_factor=1.0)
    factors: npt.NDArray[np.float64] = good["adj_factor"].to_numpy(dtype=np.float64)
    symbols = good["symbol"].to_numpy(dtype=object)
    return good.assign(split_factor=split_factors(symbols, factors), volume=good["volume"].round().astype(np.int64))
