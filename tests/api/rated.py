"""A published session, row by row."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

from canslim_infra.postgres.connection import Connection, Database
from canslim_infra.postgres.rating_columns import SHARED
from tests.api.worker import SESSION


@dataclass(frozen=True)
class Rated:
    """A stock as the stages leave it."""

    symbol: str
    rs_rating: int | None = None
    score: float | None = None
    coverage: float | None = 0.8
    graded: bool | None = True
    close: float | None = 10.0
    name: str | None = None
    sector: str | None = None
    industry: str | None = None
    rs_reason: str | None = None
    score_reason: str | None = None
    letters: Any = None
    details: Any = None
    rs_provisional: int | None = None
    #: Those of SHARED that there are, by name.
    figures: Mapping[str, float] = field(default_factory=dict)


async def publish(
    database: Database,
    *stocks: Rated,
    session: date = SESSION,
    universe: str = "sample",
    published: bool = True,
    ratings: Sequence[str] = SHARED,
) -> None:
    """ratings: those that the set knows, in its order."""
    async with database.transaction() as connection:
        set_id = await _make_set(connection, universe, session, len(stocks), published, ratings)
        for stock in stocks:
            await _add(connection, set_id, session, stock, ratings)


async def _make_set(
    connection: Connection, universe: str, session: date, count: int, published: bool, ratings: Sequence[str]
) -> int:
    job_id = await connection.fetchval(
        """
        INSERT INTO job (kind, universe, stages, stage, requested_by, state, total, deadline_at)
        VALUES ('refresh', $1, '{score}', 'score', 'test', 'completed', 0, now())
        RETURNING id
        """,
        universe,
    )
    set_id: int = await connection.fetchval(
        """
        INSERT INTO rating_set (job_id, universe, session, rs_version, score_version, active, priced, rated,
                                market, published_at, ratings, versions)
        VALUES ($1, $2, $3, 'rs.1', 'score.1', $4, $4, $4, $5, CASE WHEN $6 THEN now() END, $7, $8) RETURNING id
        """,
        job_id,
        universe,
        session,
        count,
        {"state": "confirmed_uptrend", "since": "2017-03-01", "leader": "SPY", "indexes": {}},
        published,
        ratings,
        [f"{name}.1" for name in ratings],
    )
    return set_id


async def _add(connection: Connection, set_id: int, session: date, stock: Rated, ratings: Sequence[str]) -> None:
    row = asdict(stock)
    figures = [stock.figures.get(name) for name in ratings]
    row |= {"figures": figures, "reasons": [None if figure is not None else "no_price" for figure in figures]}
    await connection.execute(
        """
        INSERT INTO listing (symbol, name, sector, industry, benchmark) VALUES ($1, $2, $3, $4, false)
        ON CONFLICT DO NOTHING
        """,
        *(row.pop(name) if name != "symbol" else row[name] for name in ("symbol", "name", "sector", "industry")),
    )
    columns = {"set_id": set_id, "last_session": session, "rs_anchor_filled": False, "rs_raw": 0.5} | row
    marks = ", ".join(f"${at}" for at in range(1, len(columns) + 1))
    await connection.execute(f"INSERT INTO rating ({', '.join(columns)}) VALUES ({marks})", *columns.values())


async def store_bars(database: Database, symbol: str, *closes: float, adj: float = 1.0, split: float = 1.0) -> None:
    """Bars on the days up to SESSION, the last one on it."""
    days = [SESSION - timedelta(days=back) for back in reversed(range(len(closes)))]
    async with database.transaction() as connection:
        await connection.executemany(
            "INSERT INTO daily_bar VALUES ($1, $2, $3, $3, $3, $3, 1000, $4, $5)",
            [(symbol, day, close, adj, split) for day, close in zip(days, closes, strict=True)],
        )


def letters(**points: float) -> dict[str, Any]:
    return json.loads(json.dumps({name: {"points": value, "available": 10} for name, value in points.items()}))  # type: ignore[no-any-return]
