"""Writes what the collector fetched: listings, bars, filings, ownership. A few statements a task, none a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from canslim_collector.binary_copy import BAR_COLUMNS
from canslim_collector.provider import Answer, Listing, Stored
from canslim_infra.postgres.connection import Connection, Database

FILING_KEY = ("symbol", "period_end", "fiscal_period", "known_on")
FILING_FIGURES = ("fiscal_year", "revenue", "net_income", "eps_basic", "eps_diluted", "equity")
OWNERSHIP_KEY = ("symbol", "as_of")
OWNERSHIP_FIGURES = ("institutional_pct", "holders", "shares_outstanding", "shares_float")


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """A symbol's row in `series`: what is stored, from where, at which revision of the source."""

    provider: str
    revision: str
    stored: Stored


async def read_series(database: Database, symbols: Sequence[str]) -> dict[str, StoredSeries]:
    """What is stored of each of the symbols that has anything stored."""
    async with database.reading() as connection:
        rows = await connection.fetch(
            """
            SELECT symbol, provider, revision, last_session, last_close, last_adj_factor
            FROM series WHERE symbol = ANY($1)
            """,
            symbols,
        )
    return {
        row["symbol"]: StoredSeries(
            row["provider"],
            row["revision"],
            Stored(row["last_session"], row["last_close"], row["last_adj_factor"]),
        )
        for row in rows
    }


async def write_listings(connection: Connection, universe: str, listings: Sequence[Listing]) -> None:
    """Replaces the universe's list and updates what is known of its symbols."""
    ordered = sorted(listings, key=lambda listing: listing.symbol)
    await connection.execute(
        """
        INSERT INTO listing (symbol, name, exchange, sector, industry, benchmark, delisted_on)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bool[], $7::date[])
        ON CONFLICT (symbol) DO UPDATE SET
            name = excluded.name, exchange = excluded.exchange, sector = excluded.sector,
            industry = excluded.industry, benchmark = excluded.benchmark,
            delisted_on = excluded.delisted_on, updated_at = now()
        """,
        *([getattr(listing, name) for listing in ordered] for name in Listing.__dataclass_fields__),
    )
    symbols = [listing.symbol for listing in ordered]
    await connection.execute("DELETE FROM universe_member WHERE universe = $1 AND symbol <> ALL($2)", universe, symbols)
    await connection.execute(
        "INSERT INTO universe_member (universe, symbol) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING",
        universe,
        symbols,
    )


async def write_answers(
    connection: Connection, provider: str, revision: str, answers: Sequence[Answer], encoded: bytes
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
        *(_python_values(rows[name]) for name in columns),
    )


def _python_values(column: npt.NDArray[Any]) -> list[Any]:
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
