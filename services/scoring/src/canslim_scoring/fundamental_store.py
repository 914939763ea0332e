"""Reads filings, splits and ownership as they were known at a session."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from canslim_infra.postgres.connection import Connection
from canslim_scoring.fixed_width import read_fixed

FISCAL_PERIODS = ("Q1", "Q2", "Q3", "Q4", "FY")
FILING_FIGURES = ("revenue", "net_income", "eps_basic", "eps_diluted", "equity")
OWNERSHIP_FIGURES = ("institutional_pct", "holders", "shares_outstanding", "shares_float")
MEMBERS = "FROM unnest($1::text[]) WITH ORDINALITY AS member (symbol, position) JOIN"
SYMBOL = {"symbol": ("position - 1", "int")}


async def read_filings(connection: Connection, symbols: Sequence[str], session: date) -> pd.DataFrame:
    """One row a filing known at the session; dates as datetime64, figures as floats."""
    columns = await read_fixed(
        connection,
        SYMBOL
        | {name: (name, "day") for name in ("period_end", "known_on")}
        | {
            "fiscal_period": ("array_position($3::text[], fiscal_period) - 1", "int"),
            "fiscal_year": ("fiscal_year", "int"),
        }
        | _figures(FILING_FIGURES),
        f"{MEMBERS} filing USING (symbol) WHERE known_on <= $2 AND fiscal_period = ANY($3)",
        list(symbols),
        session,
        list(FISCAL_PERIODS),
    )
    periods = np.array(FISCAL_PERIODS, dtype=object)[columns["fiscal_period"]]
    return _frame(columns | {"fiscal_period": periods}, symbols)


async def read_ownership(connection: Connection, symbols: Sequence[str], session: date) -> pd.DataFrame | None:
    """One row a snapshot taken up to the session; None where nobody has any."""
    columns = await read_fixed(
        connection,
        SYMBOL | {"as_of": ("as_of", "day")} | _figures(OWNERSHIP_FIGURES),
        f"{MEMBERS} ownership USING (symbol) WHERE as_of <= $2",
        list(symbols),
        session,
    )
    return _frame(columns, symbols) if len(columns["symbol"]) else None


async def read_splits(connection: Connection, symbols: Sequence[str], session: date) -> pd.DataFrame:
    """Splits up to the session: `symbol`, `ex_date`, `factor` on earlier prices (0.5 is a 2:1 split)."""
    columns = await read_fixed(
        connection,
        SYMBOL | {"ex_date": ("ex_date", "day"), "factor": ("factor", "float")},
        f"{MEMBERS} split USING (symbol) WHERE ex_date <= $2",
        list(symbols),
        session,
    )
    return _frame(columns, symbols)


def _figures(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    return {name: (f"coalesce({name}, 'NaN')", "float") for name in names}


def _frame(columns: dict[str, npt.NDArray[Any]], symbols: Sequence[str]) -> pd.DataFrame:
    names = np.array(symbols, dtype=object)[columns["symbol"]] if len(symbols) else np.array([], dtype=object)
    dates = {name: values.astype("datetime64[s]") for name, values in columns.items() if values.dtype.kind == "M"}
    return pd.DataFrame(columns | dates | {"symbol": pd.Series(names, dtype=object)})
