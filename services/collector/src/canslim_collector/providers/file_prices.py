"""Reads a file of prices: the good symbols go on, each bad one gets its reason with file, row and column."""

from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from canslim_calendar import all_sessions
from canslim_collector.providers.bar_table import split_factors
from canslim_collector.providers.file_faults import Faults
from canslim_collector.providers.file_tables import DATE, parse_dates, read_table

REQUIRED = ("symbol", "date", "open", "high", "low", "close", "volume")
PRICES = ("open", "high", "low", "close")
#: Feeds give the newest bar a close up to 0.7 % outside its range until the bar is final (Yahoo, 2026-08-21).
RANGE_SLACK = 0.01
#: Two rows of one session whose closes differ by more are no second delivery: one of them is wrong.
REDELIVERY_SLACK = 0.01
#: A year before is a slip of the keyboard.
EARLIEST = "1900-01-01"
#: Far above any day's volume, and safe in 64 bits.
LARGEST_VOLUME = 1e15


def read_prices(path: Path, today: date) -> tuple[pd.DataFrame, dict[str, str]]:
    """Bars as BarTable.from_frame takes them, and the reason of every symbol that can't be used.

    Rows on days that are no sessions are left out, as is a repeated heading. Of two rows for one session
    the later one counts: feeds deliver a session again once its volume is final. A range that misses the
    open or the close by at most RANGE_SLACK is widened to it. Without `adj_factor`, prices are taken as
    adjusted. Raises Malformed where the file as a whole is wrong.
    """
    raw = read_table(path, REQUIRED, ("adj_factor",))
    faults = Faults(path, raw)
    faults.refuse(raw["symbol"] == "", "symbol", "a ticker")
    rows = _parsed(raw, faults, today)
    _check_ranges(rows, faults)
    _check_repetitions(rows, faults)
    bars = _usable(rows[~rows["symbol"].isin(list(faults.reasons))])
    for symbol in set(raw["symbol"].unique()) - set(bars["symbol"].unique()):
        faults.refuse_symbol(symbol, "a row on a session, found only other days")
    return bars, faults.reasons


def _parsed(raw: pd.DataFrame, faults: Faults, today: date) -> pd.DataFrame:
    rows = pd.DataFrame({"symbol": raw["symbol"], "date": parse_dates(raw["date"])}, index=raw.index)
    faults.refuse(rows["date"].isna(), "date", DATE)
    strange = (rows["date"] < pd.Timestamp(EARLIEST)) | (rows["date"] > pd.Timestamp(today))
    faults.refuse(strange, "date", f"a day from {EARLIEST} to today, {today}")
    for name in (*PRICES, "volume", *(["adj_factor"] if "adj_factor" in raw else [])):
        values = pd.to_numeric(raw[name], errors="coerce")
        # Single precision holds 12.97 as 12.970000267; four decimals are what it was made from.
        rows[name] = values.astype("float64").round(4) if values.dtype == np.float32 else values
        faults.refuse(~np.isfinite(rows[name]), name, "a number")
        if name == "volume":
            faults.refuse(rows[name] < 0, name, "0 or more")
            faults.refuse(rows[name] > LARGEST_VOLUME, name, "a number of shares")
        else:
            faults.refuse(rows[name] <= 0, name, "a positive number")
    return rows


def _check_ranges(rows: pd.DataFrame, faults: Faults) -> None:
    slack = RANGE_SLACK * rows["close"].abs()
    faults.refuse(rows["high"] < rows[["open", "close", "low"]].max(axis=1) - slack, "high", "the day's highest price")
    faults.refuse(rows["low"] > rows[["open", "close"]].min(axis=1) + slack, "low", "the day's lowest price")


def _check_repetitions(rows: pd.DataFrame, faults: Faults) -> None:
    repeated = rows[rows.duplicated(["symbol", "date"], keep=False)]
    closes = repeated.groupby(["symbol", "date"])["close"]
    unlike = closes.transform("max") > (1 + REDELIVERY_SLACK) * closes.transform("min")
    later = repeated.duplicated(["symbol", "date"], keep="first")
    wrong = (unlike & later).reindex(rows.index, fill_value=False)
    faults.refuse(wrong, "close", "about the close of the session's earlier row")


def _usable(rows: pd.DataFrame) -> pd.DataFrame:
    bars = rows[np.isin(rows["date"].to_numpy().astype("datetime64[D]"), all_sessions())]
    bars = bars.drop_duplicates(["symbol", "date"], keep="last").sort_values(["symbol", "date"])
    if "adj_factor" not in bars:
        bars = bars.assign(adj_factor=1.0)
    factors: npt.NDArray[np.float64] = bars["adj_factor"].to_numpy(dtype=np.float64)
    return bars.assign(
        high=bars[["open", "high", "close"]].max(axis=1),
        low=bars[["open", "low", "close"]].min(axis=1),
        split_factor=split_factors(bars["symbol"].to_numpy(dtype=object), factors),
        volume=bars["volume"].round().astype(np.int64),
    )
