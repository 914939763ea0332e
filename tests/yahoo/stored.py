"""Compares what is stored with the truth of a market."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import groupby

import numpy as np

from tests.yahoo.market import Market, Truth

#: Symbol by symbol, adjusted as Yahoo shows it.
BARS = """
    SELECT symbol, session, open * split_factor, high * split_factor, low * split_factor, close * split_factor,
           close * adj_factor, volume / split_factor
    FROM daily_bar ORDER BY symbol, session"""
#: The newest version of each report.
REPORTS = """
    SELECT DISTINCT ON (symbol, period_end, fiscal_period)
           symbol, period_end, fiscal_period, fiscal_year, revenue, net_income, eps_basic, eps_diluted, equity
    FROM filing ORDER BY symbol, period_end, fiscal_period, known_on DESC"""
OWNERSHIP = """
    SELECT DISTINCT ON (symbol) symbol, shares_outstanding FROM ownership ORDER BY symbol, as_of DESC"""
SPLITS = "SELECT symbol, ex_date, factor FROM split ORDER BY symbol, ex_date"

Ask = Callable[[str], str]
#: Those of universe `us`.
EXCHANGES = {"NYQ", "NMS", "NGM", "NCM", "ASE"}
#: Relative; Yahoo's prices are float32.
TOLERANCE = 1e-6


def differences(ask: Ask, market: Market, *, holdings: bool = True) -> Iterator[str]:
    """What is wrong or missing in the database, of every listed stock and the benchmarks. ask: runs a statement.

    holdings: they are only looked at every few days.
    """
    bars, filings, owners = _by_symbol(ask(BARS)), _by_symbol(ask(REPORTS)), _by_symbol(ask(OWNERSHIP))
    splits = _by_symbol(ask(SPLITS))
    for symbol in (*listed(market), "SPY", "QQQ"):
        truth = market.truth(symbol)
        yield from _bars(symbol, truth, bars.get(symbol, []))
        yield from _splits(symbol, truth, bars.get(symbol, []), splits.get(symbol, []))
        if symbol in ("SPY", "QQQ"):
            continue
        yield from _reports(symbol, truth, filings.get(symbol, []))
        shares = [float(row[0]) for row in owners.get(symbol, []) if row[0]]
        if holdings and shares != ([] if truth.shares is None else [truth.shares]):
            yield f"{symbol}: shares {shares}, not {truth.shares}"


def listed(market: Market) -> list[str]:
    """The stocks of universe `us`."""
    companies = {symbol: market.company(symbol) for symbol in market.symbols()}
    return [symbol for symbol, company in companies.items() if company and company.exchange in EXCHANGES]


def _by_symbol(rows: str) -> dict[str, list[list[str]]]:
    split = [line.split("|") for line in rows.splitlines()]
    return {symbol: [row[1:] for row in found] for symbol, found in groupby(split, key=lambda row: row[0])}


def _bars(symbol: str, truth: Truth, rows: list[list[str]]) -> Iterator[str]:
    if not rows:
        yield f"{symbol}: no bar is stored"
        return
    right = truth.bars
    begin = int(np.searchsorted(right.sessions, np.datetime64(rows[0][0])))
    days = [str(day) for day in right.sessions[begin:]]
    if [row[0] for row in rows] != days:
        yield f"{symbol}: {len(rows)} sessions to {rows[-1][0]}, not {len(days)} to {days[-1] if days else None}"
        return
    stored = np.array([row[1:] for row in rows], dtype=np.float64).T
    for name, values in zip(("open", "high", "low", "close", "adjclose", "volume"), stored, strict=True):
        expected = np.asarray(getattr(right, name)[begin:], dtype=np.float64)
        # A share is not cut in pieces.
        allowed = TOLERANCE * np.abs(expected) + (1 if name == "volume" else 0)
        if (wrong := np.abs(values - expected) > allowed).any():
            at = int(wrong.argmax())
            yield f"{symbol}: {int(wrong.sum())} wrong {name}, first {days[at]} {values[at]}, not {expected[at]}"


def _splits(symbol: str, truth: Truth, rows: list[list[str]], stored: list[list[str]]) -> Iterator[str]:
    first = date.fromisoformat(rows[0][0]) if rows else date.max
    expected = [(str(split.ex_date), split.factor) for split in truth.splits if split.ex_date > first]
    found = [(day, float(factor)) for day, factor in stored]
    if [day for day, _ in found] != [day for day, _ in expected] or not np.allclose(
        [factor for _, factor in found], [factor for _, factor in expected]
    ):
        yield f"{symbol}: splits {found}, not {expected}"


def _reports(symbol: str, truth: Truth, rows: list[list[str]]) -> Iterator[str]:
    """Everything that Yahoo shows now is stored; the archive may hold more."""
    stored = {(row[0], row[1] == "FY"): row for row in rows}
    shown = [(quarter, False) for quarter in truth.quarters[-5:]] + [(year, True) for year in truth.years[-4:]]
    for report, annual in shown:
        row = stored.get((str(report.period_end), annual))
        if row is None:
            yield f"{symbol}: the report of {report.period_end} is missing"
            continue
        expected = [report.revenue, report.net_income, report.basic_eps, report.diluted_eps, report.equity]
        found = [float(value) if value else np.nan for value in row[3:]]
        if not np.allclose(found, expected, rtol=TOLERANCE, equal_nan=False):
            yield f"{symbol}: the report of {report.period_end} has {found}, not {expected}"
        period = "FY" if annual else f"Q{report.fiscal_quarter}"  # type: ignore[union-attr]
        if (row[1], int(row[2])) != (period, report.fiscal_year):
            yield f"{symbol}: {report.period_end} is {row[1]} {row[2]}, not {period} {report.fiscal_year}"
