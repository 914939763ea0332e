"""Reads and writes what is known of symbols between refreshes: how the newest request ended, where to go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from canslim_collector.provider import Ask, Provider, Stored
from canslim_infra.postgres.connection import Connection, Database

#: The statuses of symbols that were answered for; the others are the codes of failures.
FRESH, STALE = "fresh", "stale"
DENIED, DELISTED = "unknown_symbol", "delisted"


@dataclass(frozen=True, slots=True)
class Known:
    """A symbol as the provider's last answers left it; checked: the session of the newest one."""

    ask: Ask
    revision: str | None = None
    misses: int = 0
    checked: date | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """How a request for a symbol ended; memo: what its provider wants to know the next time."""

    symbol: str
    status: str
    reason: str | None
    memo: Mapping[str, Any] = field(default_factory=dict)


async def read_known(database: Database, symbols: Sequence[str], provider: str) -> dict[str, Known]:
    """Of every symbol what this provider has left; another one's series and status count for nothing."""
    async with database.reading() as connection:
        rows = await connection.fetch(
            """
            SELECT wanted, revision, first_session, last_session, last_close, last_adj_factor,
                   coalesce(misses, 0) AS misses, status.session AS checked, coalesce(memo, '{}') AS memo
            FROM unnest($1::text[]) AS wanted
            LEFT JOIN series ON series.symbol = wanted AND series.provider = $2
            LEFT JOIN symbol_status AS status ON status.symbol = wanted AND status.provider = $2
            """,
            symbols,
            provider,
        )
    return {row["wanted"]: _known(row) for row in rows}


def _known(row: Any) -> Known:
    figures = {name: row[name] for name in Stored.__dataclass_fields__}
    stored = None if row["revision"] is None else Stored(**figures)
    return Known(Ask(row["wanted"], stored, row["memo"]), row["revision"], row["misses"], row["checked"])


async def write_statuses(connection: Connection, provider: Provider, session: date, statuses: Sequence[Status]) -> None:
    """Notes how each request ended, and what is delisted by now, or again listed."""
    ordered = sorted(statuses, key=lambda status: status.symbol)
    await connection.execute(
        """
        INSERT INTO symbol_status (symbol, provider, session, status, reason, memo, misses)
        SELECT symbol, $1, $2, status, reason, memo, (status = $7)::int
        FROM unnest($3::text[], $4::text[], $5::text[], $6::jsonb[]) AS fresh (symbol, status, reason, memo)
        ON CONFLICT (symbol) DO UPDATE SET
            provider = excluded.provider, session = excluded.session, checked_at = clock_timestamp(),
            status = excluded.status, reason = excluded.reason,
            misses = CASE WHEN excluded.status <> $7 THEN 0
                          WHEN symbol_status.misses > 0 AND symbol_status.session = excluded.session
                          THEN symbol_status.misses
                          ELSE symbol_status.misses + 1 END,
            memo = CASE WHEN symbol_status.provider = excluded.provider THEN symbol_status.memo || excluded.memo
                        ELSE excluded.memo END
        """,
        provider.name,
        session,
        [status.symbol for status in ordered],
        [status.status for status in ordered],
        [status.reason for status in ordered],
        [dict(status.memo) for status in ordered],
        DENIED,
    )
    await note_delistings(connection, provider, [status.symbol for status in ordered])


async def note_delistings(connection: Connection, provider: Provider, symbols: Sequence[str]) -> None:
    """Who was denied often enough traded until its last bar; who is answered for again trades again."""
    misses = provider.habits.misses
    if misses is None:
        return
    await connection.execute(
        """
        UPDATE listing
        SET delisted_on = CASE WHEN misses >= $2 THEN coalesce(
                (SELECT last_session FROM series WHERE series.symbol = listing.symbol), status.session) END
        FROM symbol_status AS status
        WHERE status.symbol = listing.symbol AND listing.symbol = ANY($1)
          AND (misses >= $2) <> (delisted_on IS NOT NULL) AND (misses = 0 OR misses >= $2)
        """,
        symbols,
        misses,
    )
    await connection.execute(
        "UPDATE symbol_status SET status = $3 WHERE symbol = ANY($1) AND misses >= $2", symbols, misses, DELISTED
    )
