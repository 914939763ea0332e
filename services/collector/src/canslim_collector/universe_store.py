"""Reads and writes which symbols a universe lists."""

from collections.abc import Sequence
from datetime import timedelta

from canslim_collector.provider import Listing
from canslim_infra.postgres.connection import Connection, Database


async def recent_list(database: Database, universe: str, provider: str, age: timedelta) -> list[str]:
    """The universe's list, where it is an own one or the provider made it no longer than `age` ago; else nothing."""
    async with database.reading() as connection:
        rows = await connection.fetch(
            """
            SELECT symbol FROM universe_member JOIN universe ON universe.name = universe_member.universe
            WHERE name = $1 AND (own OR (provider = $2 AND listed_at > clock_timestamp() - $3::interval))
            ORDER BY symbol
            """,
            universe,
            provider,
            age,
        )
    return [row["symbol"] for row in rows]


async def listed_symbols(database: Database, universe: str) -> list[str]:
    async with database.reading() as connection:
        rows = await connection.fetch("SELECT symbol FROM universe_member WHERE universe = $1", universe)
    return [row["symbol"] for row in rows]


async def write_listings(connection: Connection, universe: str, provider: str, listings: Sequence[Listing]) -> None:
    """Replaces the universe's list and updates what is known of its symbols."""
    ordered = sorted(listings, key=lambda listing: listing.symbol)
    await connection.execute(
        """
        INSERT INTO listing (symbol, name, exchange, sector, industry, benchmark, delisted_on)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bool[], $7::date[])
        ON CONFLICT (symbol) DO UPDATE SET
            name = coalesce(excluded.name, listing.name), exchange = coalesce(excluded.exchange, listing.exchange),
            sector = coalesce(excluded.sector, listing.sector),
            industry = coalesce(excluded.industry, listing.industry), benchmark = excluded.benchmark,
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
    await connection.execute(
        """
        INSERT INTO universe (name, provider) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET provider = excluded.provider, listed_at = clock_timestamp()
        """,
        universe,
        provider,
    )


async def add_benchmarks(connection: Connection, universe: str, benchmarks: Sequence[str]) -> None:
    """Lists what the universe's market is judged by: an own list need not name it, or may name it as a stock."""
    ordered = sorted(benchmarks)
    await connection.execute(
        """
        INSERT INTO listing (symbol, benchmark) SELECT unnest($1::text[]), true
        ON CONFLICT (symbol) DO UPDATE SET benchmark = true WHERE NOT listing.benchmark
        """,
        ordered,
    )
    await connection.execute(
        "INSERT INTO universe_member (universe, symbol) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING",
        universe,
        ordered,
    )
