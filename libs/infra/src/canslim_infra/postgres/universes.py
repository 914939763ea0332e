"""Universes as people see and make them: the provider's, and own lists. Benchmarks are not counted."""

from collections.abc import Sequence
from typing import Any

from canslim_core.errors import Conflict, NotFound
from canslim_infra.postgres.connection import Connection, Database

Row = dict[str, Any]


async def list_universes(database: Database, provided: Sequence[str]) -> Sequence[Row]:
    """The provider's universes in their order, then own lists by name: `name, symbols, listed_at, own`."""
    async with database.reading() as connection:
        rows = await connection.fetch(
            """
            WITH known AS (
                SELECT name, position, listed_at, coalesce(own, false) AS own
                FROM unnest($1::text[]) WITH ORDINALITY AS provided (name, position)
                FULL JOIN (SELECT * FROM universe WHERE own OR name = ANY($1)) AS stored USING (name)
            )
            SELECT known.name, listed_at, own, (
                SELECT count(*) FROM universe_member JOIN listing USING (symbol)
                WHERE universe = known.name AND NOT benchmark
            ) AS symbols
            FROM known ORDER BY position, known.name
            """,
            provided,
        )
    return [dict(row) for row in rows]


async def own_lists(database: Database) -> Sequence[str]:
    """Their names."""
    async with database.reading() as connection:
        rows = await connection.fetch("SELECT name FROM universe WHERE own ORDER BY name")
    return [row["name"] for row in rows]


async def write_own_list(database: Database, name: str, provider: str, symbols: Sequence[str]) -> Row:
    """Makes or replaces an own list, and returns its row of `list_universes`."""
    ordered = sorted(set(symbols))
    async with database.transaction() as connection:
        # First, for its lock: of two people who write the same list, one has to come after the other.
        listed_at = await connection.fetchval(
            """
            INSERT INTO universe (name, provider, own) VALUES ($1, $2, true)
            ON CONFLICT (name) DO UPDATE SET provider = excluded.provider, own = true, listed_at = clock_timestamp()
            RETURNING listed_at
            """,
            name,
            provider,
        )
        await _replace_members(connection, name, ordered)
        counted = await connection.fetchval(
            """
            SELECT count(*) FROM universe_member JOIN listing USING (symbol) WHERE universe = $1 AND NOT benchmark
            """,
            name,
        )
    return {"name": name, "symbols": counted, "listed_at": listed_at, "own": True}


async def _replace_members(connection: Connection, universe: str, symbols: Sequence[str]) -> None:
    """Benchmarks stay: the collector added them, and market direction needs them before the next refresh too."""
    await connection.execute(
        "INSERT INTO listing (symbol, benchmark) SELECT unnest($1::text[]), false ON CONFLICT DO NOTHING", symbols
    )
    await connection.execute(
        """
        DELETE FROM universe_member USING listing
        WHERE universe = $1 AND listing.symbol = universe_member.symbol AND NOT benchmark AND listing.symbol <> ALL($2)
        """,
        universe,
        symbols,
    )
    await connection.execute(
        "INSERT INTO universe_member (universe, symbol) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING",
        universe,
        symbols,
    )


async def delete_own_list(database: Database, name: str) -> None:
    """Deletes an own list and its ratings; prices stay. Raises NotFound, or Conflict while a job of it runs."""
    async with database.transaction() as connection:
        if not await connection.fetchval("DELETE FROM universe WHERE name = $1 AND own RETURNING true", name):
            raise NotFound(f"there is no universe {name!r}")
        job = await connection.fetchrow(
            "SELECT id, state FROM job WHERE universe = $1 AND state IN ('queued', 'running')", name
        )
        if job is not None:
            raise Conflict(f"job {job['id']} of universe {name!r} is {job['state']}; wait for it or cancel it first")
        await connection.execute("DELETE FROM universe_member WHERE universe = $1", name)
        await connection.execute("DELETE FROM rating_set WHERE universe = $1", name)
