"""How ratings went on over the published sessions: of one stock, and who moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from canslim_core.errors import NotFound
from canslim_infra.postgres.connection import Connection, Database
from canslim_infra.postgres.rating_columns import figure_of, shared_figures
from canslim_infra.postgres.rating_reads import CHOSEN, Row


@dataclass(frozen=True, slots=True)
class Movers:
    """Between two published sessions. Rows have `symbol`, `name`, `now`, `earlier` and `change`.

    leaders: at the bound or above it now, and not before. rises, falls: the largest changes first.
    """

    session: date
    earlier_session: date
    version: str
    earlier_version: str
    leaders: Sequence[Row]
    rises: Sequence[Row]
    falls: Sequence[Row]


async def read_history(
    database: Database, universe: str, symbol: str, *, first: date | None, last: date | None, limit: int
) -> Sequence[Row]:
    """The newest `limit` published sessions inside the dates, oldest first. Raises NotFound where none has it."""
    async with database.reading() as connection:
        rows = await connection.fetch(
            """
            SELECT * FROM (
                SELECT rating_set.session, rs_version, score_version, rating_set.ratings, versions, close,
                       rs_rating, rs_provisional, score, coverage, graded, figures
                FROM rating JOIN rating_set ON rating_set.id = set_id
                WHERE universe = $1 AND symbol = $2 AND published_at IS NOT NULL
                  AND ($3::date IS NULL OR rating_set.session >= $3) AND ($4::date IS NULL OR rating_set.session <= $4)
                ORDER BY rating_set.session DESC LIMIT $5
            ) AS newest ORDER BY session
            """,
            universe,
            symbol,
            first,
            last,
            limit,
        )
    if not rows:
        raise NotFound(f"universe {universe!r} has no ratings of {symbol!r} in these dates")
    return [dict(row) | shared_figures(row["ratings"], row["figures"]) for row in rows]


async def read_movers(
    database: Database, universe: str, session: date | None, *, rating: str, back: int, bound: float, limit: int
) -> Movers:
    """Compares a published session with the one `back` published sessions before.

    rating: a name of the catalogue. Raises NotFound where there are no two such sessions.
    """
    async with database.transaction() as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        now, earlier = await _two_sets(connection, universe, session, back)
        moved = f"""
            SELECT symbol, name, now, earlier, now - earlier AS change FROM (
                SELECT rating.symbol, name, ({figure_of(rating, "rating", now["ratings"])})::float8 AS now,
                       ({figure_of(rating, "old", earlier["ratings"])})::float8 AS earlier
                FROM rating LEFT JOIN rating AS old ON old.set_id = $2 AND old.symbol = rating.symbol
                LEFT JOIN listing ON listing.symbol = rating.symbol
                WHERE rating.set_id = $1
            ) AS both_sets
        """

        async def read(condition: str, order: str, *more: Any) -> Sequence[Row]:
            query = f"SELECT * FROM ({moved}) AS moved WHERE {condition} ORDER BY {order}, symbol LIMIT $3"
            rows = await connection.fetch(query, now["id"], earlier["id"], limit, *more)
            return [dict(row) for row in rows]

        return Movers(
            now["session"],
            earlier["session"],
            _version(now, rating),
            _version(earlier, rating),
            leaders=await read(
                "now >= $4 AND coalesce(earlier < $4, true)", "now DESC, change DESC NULLS FIRST", bound
            ),
            rises=await read("change > 0", "change DESC, now DESC"),
            falls=await read("change < 0", "change, now DESC"),
        )


def _version(chosen: Row, rating: str) -> str:
    """The formula of a rating in a set; empty where it has none."""
    own = {
        "rs_rating": "rs_version",
        "rs_provisional": "rs_version",
        "score": "score_version",
        "coverage": "score_version",
    }
    if rating in own:
        return chosen[own[rating]] or ""
    return str(dict(zip(chosen["ratings"], chosen["versions"], strict=True)).get(rating, ""))


async def _two_sets(connection: Connection, universe: str, session: date | None, back: int) -> tuple[Row, Row]:
    rows = await connection.fetch(
        f"""
        WITH chosen AS ({CHOSEN})
        SELECT rating_set.id, rating_set.session, rating_set.ratings, rating_set.versions, rating_set.rs_version,
               rating_set.score_version
        FROM rating_set JOIN chosen USING (universe)
        WHERE rating_set.published_at IS NOT NULL AND rating_set.session <= chosen.session
        ORDER BY rating_set.session DESC LIMIT $3
        """,
        universe,
        session,
        back + 1,
    )
    if len(rows) <= back:
        raise NotFound(
            f"universe {universe!r} has {len(rows)} published sessions"
            + (f" up to {session}" if session else "")
            + f", so none is {back} before the last one; a backfill rates older ones"
        )
    return dict(rows[0]), dict(rows[-1])
