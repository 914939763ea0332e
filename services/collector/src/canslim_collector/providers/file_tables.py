"""Reads tables of a folder as text, so that `NA`, `NAN` and `TRUE` stay tickers; faults name file, row, column."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from canslim_collector.provider import Columns, Listing
from canslim_collector.providers.bar_table import columns_by_symbol
from canslim_collector.providers.file_faults import Faults
from canslim_core.errors import Malformed

SUFFIXES = (".parquet", ".csv", ".csv.gz")
FILING_NAMES = {
    "end_date": "period_end",
    "period_focus": "fiscal_period",
    "first_seen": "known_on",
    "revenues": "revenue",
}
FILING_FIGURES = ("revenue", "net_income", "eps_basic", "eps_diluted", "equity")
FISCAL_PERIODS = ("Q1", "Q2", "Q3", "Q4", "FY")
#: What a date looks like, in the words of an error.
DATE = "a date as 2017-03-31"
#: How a cell without a figure reads.
EMPTY = ("", "na", "nan", "none", "<na>")
#: EDGAR has years as 1215 among its figures; they harm nobody, as ratings go by dates.
LARGEST_YEAR = 10_000
OWNERSHIP_NAMES = {"inst_own_pct": "institutional_pct"}
OWNERSHIP_FIGURES = ("institutional_pct", "holders", "shares_outstanding", "shares_float")


def find_file(folder: Path, table: str) -> Path | None:
    """The table's file. Raises Malformed where the folder is missing or has the table twice."""
    if not folder.is_dir():
        raise Malformed(f"{folder}: expected a folder (CANSLIM_FILES_DIR), there is none")
    found = [path for suffix in SUFFIXES if (path := folder / f"{table}{suffix}").is_file()]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise Malformed(f"{folder}: expected one file of {table}, found {names}; remove all but one")
    return found[0] if found else None


def read_table(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> pd.DataFrame:
    """The columns named, those of CSV files all as text; the index counts rows from 0. Raises Malformed."""
    try:
        frame = _read(path)
    except (ValueError, OSError, EOFError, zlib.error, NotImplementedError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Malformed(f"{path.name}: can't be read as {path.suffix.removeprefix('.')}: {reason}") from error
    missing = [name for name in required if name not in frame.columns]
    if missing:
        came = ", ".join(map(str, frame.columns))
        raise Malformed(
            f"{path.name}: expected the columns {', '.join(required)}; {', '.join(missing)} missing in: {came}"
        )
    frame = frame[[name for name in (*required, *optional) if name in frame.columns]].copy()
    frame["symbol"] = frame["symbol"].astype(object).where(frame["symbol"].notna(), "").astype(str).str.strip()
    # A feed may repeat its heading; tickers are upper case everywhere.
    frame = frame[frame["symbol"] != "symbol"].assign(symbol=lambda rows: rows["symbol"].str.upper())
    unnamed = frame[frame["symbol"] == ""]
    return frame.drop(unnamed.index[(unnamed == "").all(axis=1)])


def _read(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path).reset_index(drop=True)
    # Blank lines are read, so that rows have the numbers an editor shows.
    frame = pd.read_csv(
        path, dtype=str, keep_default_na=False, na_filter=False, encoding="utf-8", skip_blank_lines=False
    )
    if not isinstance(frame.index, pd.RangeIndex):
        # pandas takes the surplus for row labels and shifts every column.
        raise ValueError(f"rows have more than the {len(frame.columns)} fields of the heading")
    return frame


def parse_figures(cells: "pd.Series[Any]") -> "tuple[pd.Series[float], pd.Series[bool]]":
    """A column as floats, NaN where a cell is empty, and which cells are neither empty nor a number."""
    values = pd.to_numeric(cells, errors="coerce").astype("float64")
    filled = cells.notna() & ~cells.astype(object).map(str).str.strip().str.lower().isin(EMPTY)
    return values, (values.isna() | np.isinf(values)) & filled


def parse_dates(cells: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    return pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce")


def read_listings(folder: Path) -> dict[str, Listing] | None:
    """By symbol; None where the folder has no listings. Raises Malformed."""
    path = find_file(folder, "listings")
    if path is None:
        return None
    frame = read_table(path, ("symbol",), ("name", "exchange", "sector", "industry"))
    details = [name for name in frame.columns if name != "symbol"]
    rows = frame[details].astype(object).where(frame[details].notna() & (frame[details] != ""), None)
    return {
        symbol: Listing(symbol, **dict(zip(details, row, strict=True)))
        for symbol, row in zip(frame["symbol"], rows.itertuples(index=False, name=None), strict=True)
    }


def read_filings(folder: Path) -> tuple[dict[str, Columns], dict[str, str]]:
    """By symbol, as Answer.filings has them, and the reasons of symbols with a wrong cell. Raises Malformed."""
    path = find_file(folder, "filings")
    if path is None:
        return {}, {}
    required = ("symbol", "end_date", "period_focus", "fiscal_year", "first_seen")
    figures = [_given_name(name, FILING_NAMES) for name in FILING_FIGURES]
    raw = read_table(path, required, figures)
    faults = Faults(path, raw)
    rows = raw[["symbol"]].copy()
    rows["period_focus"] = raw["period_focus"].astype(object)
    faults.refuse(~rows["period_focus"].isin(FISCAL_PERIODS), "period_focus", f"one of {', '.join(FISCAL_PERIODS)}")
    for column in ("end_date", "first_seen"):
        rows[column] = parse_dates(raw[column])
        faults.refuse(rows[column].isna(), column, DATE)
    # Known before it happened, it would let ratings look ahead.
    faults.refuse(rows["first_seen"] < rows["end_date"], "first_seen", "no day before the period's end")
    rows["fiscal_year"] = pd.to_numeric(raw["fiscal_year"], errors="coerce")
    faults.refuse(~(rows["fiscal_year"].abs() < LARGEST_YEAR), "fiscal_year", "a year")
    _read_figures(raw, rows, figures, faults)
    good = rows[~rows["symbol"].isin(list(faults.reasons))].astype({"fiscal_year": "int64"})
    return columns_by_symbol(good.rename(columns=FILING_NAMES)), faults.reasons


def read_ownership(folder: Path) -> tuple[dict[str, Columns], dict[str, str]]:
    """By symbol, as Answer.ownership has it, and the reasons of symbols with a wrong cell. Raises Malformed.

    A file without dates counts from the day it was written.
    """
    path = find_file(folder, "ownership")
    if path is None:
        return {}, {}
    figures = [_given_name(name, OWNERSHIP_NAMES) for name in OWNERSHIP_FIGURES]
    raw = read_table(path, ("symbol",), ("as_of", *figures))
    faults = Faults(path, raw)
    rows = raw[["symbol"]].copy()
    rows["as_of"] = (
        parse_dates(raw["as_of"])
        if "as_of" in raw
        else pd.Timestamp(datetime.fromtimestamp(path.stat().st_mtime, UTC).date())
    )
    if "as_of" in raw:
        faults.refuse(rows["as_of"].isna(), "as_of", DATE)
    _read_figures(raw, rows, figures, faults)
    good = rows[~rows["symbol"].isin(list(faults.reasons))]
    return columns_by_symbol(good.rename(columns=OWNERSHIP_NAMES)), faults.reasons


def _read_figures(raw: pd.DataFrame, rows: pd.DataFrame, figures: Sequence[str], faults: Faults) -> None:
    """Adds the figures to `rows`; a column that the file lacks is NaN throughout."""
    for column in figures:
        rows[column] = np.nan
        if column in raw:
            rows[column], wrong = parse_figures(raw[column])
            faults.refuse(wrong, column, "a number")


def _given_name(name: str, names: Mapping[str, str]) -> str:
    """What files call a column that is `name` here."""
    return next((given for given, ours in names.items() if ours == name), name)
