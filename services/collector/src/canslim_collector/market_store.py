"""Writes what the collector fetched: bars, filings, ownership. A few statements a task, none a row."""

from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from canslim_collector.binary_copy import BAR_COLUMNS
from canslim_collector.provider import Answer
from canslim_collector.report_archive import archive_reports
from canslim_infra.postgres.connection import Connection

FILING_KEY = ("symbol", "period_end", "fiscal_period", "known_on")
FILING_FIGURES = ("fiscal_year", "revenue", "net_income", "eps_basic", "eps_diluted", "equity")
PROFILE = ("name", "exchange", "sector", "industry")
OWNERSHIP_KEY = ("symbol", "as_of")
OWNERSHIP_FIGURES = ("institutional_pct", "holders", "shares_outstanding", "shares_float")


async def write_answers(
    connection: Connection, provider: str, revision: str, session: date, answers: Sequence[Answer], encoded: bytes
) -> None:
    """Stores all answers of a task. `encoded` is `encode_bars(answers)`, made outside of the transaction."""
    ordered = sorted(answers, key=lambda answer: answer.symbol)
    await _forget_other_sources(connection, provider, [answer.symbol for answer in ordered])
    # Locks the symbols in alphabetical order, so that two jobs can't deadlock on them.
    known = await _write_series(connection, provider, revision, ordered)
    replaced = [answer.symbol for answer in ordered if answer.restated and answer.symbol in known]
    if replaced:
        await connection.execute("DELETE FROM daily_bar WHERE symbol = ANY($1)", replaced)
    await connection.copy_to_table("daily_bar", source=BytesIO(encoded), columns=BAR_COLUMNS, format="binary")
    await _write_splits(connection, [answer for answer in ordered if answer.restated])
    filings = _joined(ordered, "filings", (*FILING_KEY[1:], *FILING_FIGURES))
    await _upsert(connection, "filing", FILING_KEY, FILING_FIGURES, filings)
    ownership = _joined(ordered, "ownership", (*OWNERSHIP_KEY[1:], *OWNERSHIP_FIGURES))
    await _upsert(connection, "ownership", OWNERSHIP_KEY, OWNERSHIP_FIGURES, ownership)
    reports = _joined(ordered, "reports", (*FILING_KEY[1:-1], *FILING_FIGURES))
    if reports is not None:
        await archive_reports(connection, session, {name: python_values(values) for name, values in reports.items()})
    await _write_profiles(connection, ordered)


async def _forget_other_sources(connection: Connection, provider: str, symbols: Sequence[str]) -> None:
    """What another provider reported of a symbol is no part of this one's history."""
    rows = await connection.fetch(
        "SELECT symbol FROM series WHERE symbol = ANY($1) AND provider <> $2", symbols, provider
    )
    if foreign := [row["symbol"] for row in rows]:
        await connection.execute("DELETE FROM filing WHERE symbol = ANY($1)", foreign)
        await connection.execute("DELETE FROM ownership WHERE symbol = ANY($1)", foreign)


async def _write_series(connection: Connection, provider: str, revision: str, answers: Sequence[Answer]) -> set[str]:
    """Says what is stored from now on; returns the symbols of which something was stored before."""
    grown = [answer for answer in answers if len(answer.bars.sessions)]
    rows = await connection.fetch(
        """
        INSERT INTO series (symbol, provider, revision, first_session, last_session, last_close,
                            last_adj_factor, bars, generation)
        SELECT symbol, $1, $2, first_session, last_session, last_close, last_adj_factor, bars, 1
        FROM unnest($3::text[], $4::bool[], $5::date[], $6::date[], $7::float8[], $8::float8[], $9::int[])
             AS fresh (symbol, restated, first_session, last_session, last_close, last_adj_factor, bars)
        ORDER BY symbol
        ON CONFLICT (symbol) DO UPDATE SET
            provider = excluded.provider, revision = excluded.revision, fetched_at = now(),
            last_session = excluded.last_session, last_close = excluded.last_close,
            last_adj_factor = excluded.last_adj_factor,
            first_session = CASE WHEN excluded.symbol = ANY($10) THEN excluded.first_session
                                 ELSE series.first_session END,
            bars = CASE WHEN excluded.symbol = ANY($10) THEN excluded.bars
                        ELSE series.bars + excluded.bars END,
            generation = series.generation + CASE WHEN excluded.symbol = ANY($10) THEN 1 ELSE 0 END
        RETURNING symbol, xmax <> 0 AS known
        """,
        provider,
        revision,
        [answer.symbol for answer in grown],
        [answer.restated for answer in grown],
        [answer.bars.sessions[0].item() for answer in grown],
        [answer.bars.sessions[-1].item() for answer in grown],
        [float(answer.bars.close[-1]) for answer in grown],
        [float(answer.bars.adj_factor[-1]) for answer in grown],
        [len(answer.bars.sessions) for answer in grown],
        [answer.symbol for answer in grown if answer.restated],
    )
    await connection.execute(
        "UPDATE series SET revision = $1, fetched_at = now() WHERE symbol = ANY($2)",
        revision,
        [answer.symbol for answer in answers if not len(answer.bars.sessions)],
    )
    return {row["symbol"] for row in rows if row["known"]}


def _joined(answers: Sequence[Answer], name: str, columns: Sequence[str]) -> dict[str, npt.NDArray[Any]] | None:
    """One table of all answers that have any, with their symbols; None where none has."""
    tables = [
        (answer.symbol, table)
        for answer in answers
        if (table := getattr(answer, name)) is not None and len(table[columns[0]])
    ]
    if not tables:
        return None
    joined = {column: np.concatenate([table[column] for _, table in tables]) for column in columns}
    symbols = [np.full(len(table[columns[0]]), symbol, dtype=object) for symbol, table in tables]
    return {"symbol": np.concatenate(symbols), **joined}


SQL_TYPES: Mapping[str, str] = {
    "symbol": "text",
    "fiscal_period": "text",
    "period_end": "date",
    "known_on": "date",
    "as_of": "date",
    "ex_date": "date",
    "fiscal_year": "int",
}


async def _upsert(
    connection: Connection,
    table: str,
    key: Sequence[str],
    figures: Sequence[str],
    rows: Mapping[str, npt.NDArray[Any]] | None,
) -> None:
    """Of several rows with one key the last one counts. NaN becomes null."""
    if rows is None:
        return
    columns = (*key, *figures)
    arrays = ", ".join(f"${at}::{SQL_TYPES.get(name, 'float8')}[]" for at, name in enumerate(columns, 1))
    values = ", ".join(name if name in SQL_TYPES else f"nullif({name}, 'NaN')" for name in columns)
    updates = ", ".join(f"{name} = excluded.{name}" for name in figures)
    await connection.execute(
        f"""
        INSERT INTO {table} ({", ".join(columns)})
        SELECT DISTINCT ON ({", ".join(key)}) {values}
        FROM unnest({arrays}) WITH ORDINALITY AS fresh ({", ".join(columns)}, position)
        ORDER BY {", ".join(key)}, position DESC
        ON CONFLICT ({", ".join(key)}) DO UPDATE SET {updates}
        """,
        *(python_values(rows[name]) for name in columns),
    )


async def _write_profiles(connection: Connection, answers: Sequence[Answer]) -> None:
    """What an answer says of its listing; what it leaves out stays."""
    told = [answer for answer in answers if answer.profile]
    if not told:
        return
    updates = ", ".join(f"{name} = coalesce(fresh.{name}, listing.{name})" for name in PROFILE)
    arrays = ", ".join(f"${at}::text[]" for at in range(2, 2 + len(PROFILE)))
    await connection.execute(
        f"""
        UPDATE listing SET {updates}, updated_at = now()
        FROM unnest($1::text[], {arrays}) AS fresh (symbol, {", ".join(PROFILE)})
        WHERE listing.symbol = fresh.symbol
        """,
        [answer.symbol for answer in told],
        *([(answer.profile or {}).get(name) for answer in told] for name in PROFILE),
    )


def python_values(column: npt.NDArray[Any]) -> list[Any]:
    dates = np.issubdtype(column.dtype, np.datetime64)
    values: list[Any] = (column.astype("datetime64[D]") if dates else column).tolist()
    return values


async def _write_splits(connection: Connection, restated: Sequence[Answer]) -> None:
    """A restated history brings all of its splits: the sessions where the split factor steps."""
    await connection.execute("DELETE FROM split WHERE symbol = ANY($1)", [answer.symbol for answer in restated])
    symbols, days, factors = [], [], []
    for answer in restated:
        factor = answer.bars.split_factor
        for at in np.flatnonzero(factor[1:] != factor[:-1]):
            symbols.append(answer.symbol)
            days.append(answer.bars.sessions[at + 1].item())
            factors.append(float(factor[at] / factor[at + 1]))
    await connection.execute(
        "INSERT INTO split (symbol, ex_date, factor) SELECT * FROM unnest($1::text[], $2::date[], $3::float8[])",
        symbols,
        days,
        factors,
    )
