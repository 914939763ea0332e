"""Reads tables of a folder as text, so that `NA`, `NAN` and `TRUE` stay tickers; faults name file, row, column."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from canslim_collector.provider import Columns, Listing
from canslim_collector.providers.bar_table import columns_by_symbol
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
#: How a cell without a figure reads.
EMPTY = ("", "nan", "none", "<na>")
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
    """The columns named, those of CSV files all as text. Raises Malformed."""
    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
        else:
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, na_filter=False, encoding="utf-8")
    except (ValueError, OSError, pd.errors.ParserError) as error:
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
    return frame


def row_number(path: Path, index: int) -> int:
    """A row as people count it: in CSV the heading is line 1, in Parquet rows count from 1."""
    return index + (1 if path.suffix == ".parquet" else 2)


def numbers(path: Path, frame: pd.DataFrame, column: str) -> "pd.Series[float]":
    """A column as floats, NaN where a cell is empty. Raises Malformed at the first cell that is no number."""
    cells = frame[column]
    text = cells.astype(object).astype(str).str.strip()
    values = pd.to_numeric(cells, errors="coerce")
    wrong = values.isna() & ~text.str.lower().isin(EMPTY)
    if wrong.any():
        at = int(np.flatnonzero(wrong.to_numpy())[0])
        raise Malformed(
            f"{path.name}: row {row_number(path, at)}, column {column}: expected a number, found {cells.iloc[at]!r}"
        )
    return values.astype("float64")


def dates(path: Path, frame: pd.DataFrame, column: str) -> "pd.Series[pd.Timestamp]":
    """A column as dates. Raises Malformed at the first cell that is none."""
    values = parse_dates(frame[column])
    if values.isna().any():
        at = int(np.flatnonzero(values.isna().to_numpy())[0])
        raise Malformed(
            f"{path.name}: row {row_number(path, at)}, column {column}: "
            f"expected a date as 2017-03-31, found {frame[column].iloc[at]!r}"
        )
    return values


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


def read_filings(folder: Path) -> dict[str, Columns]:
    """By symbol, as Answer.filings has them. Raises Malformed."""
    path = find_file(folder, "filings")
    if path is None:
        return {}
    required = ("symbol", "end_date", "period_focus", "fiscal_year", "first_seen")
    figures = [_given_name(name, FILING_NAMES) for name in FILING_FIGURES]
    frame = read_table(path, required, figures)
    frame["end_date"], frame["first_seen"] = dates(path, frame, "end_date"), dates(path, frame, "first_seen")
    frame["period_focus"] = frame["period_focus"].astype(object)
    unknown = ~frame["period_focus"].isin(FISCAL_PERIODS)
    if unknown.any():
        at = int(np.flatnonzero(unknown.to_numpy())[0])
        raise Malformed(
            f"{path.name}: row {row_number(path, at)}, column period_focus: "
            f"expected one of {', '.join(FISCAL_PERIODS)}, found {frame['period_focus'].iloc[at]!r}"
        )
    frame["fiscal_year"] = numbers(path, frame, "fiscal_year").fillna(0).astype("int64")
    for column in figures:
        frame[column] = numbers(path, frame, column) if column in frame else np.nan
    return columns_by_symbol(frame.rename(columns=FILING_NAMES))


def read_ownership(folder: Path) -> dict[str, Columns]:
    """By symbol, as Answer.ownership has it; a file without dates counts from its first day. Raises Malformed."""
    path = find_file(folder, "ownership")
    if path is None:
        return {}
    columns = [next((old for old, new in OWNERSHIP_NAMES.items() if new == name), name) for name in OWNERSHIP_FIGURES]
    frame = read_table(path, ("symbol",), ("as_of", *columns))
    frame["as_of"] = dates(path, frame, "as_of") if "as_of" in frame else pd.Timestamp("1970-01-01")
    for column in columns:
        frame[column] = numbers(path, frame, column) if column in frame else np.nan
    return columns_by_symbol(frame.rename(columns=OWNERSHIP_NAMES))


def _given_name(name: str, names: Mapping[str, str]) -> str:
    """What files call a column that is `name` here."""
    return next((given for given, ours in names.items() if ours == name), name)
