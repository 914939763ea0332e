"""The read model: what readers ask of ratings, each in one statement over indexed tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from canslim_core.errors import NotFound
from canslim_core.ratings import RATINGS
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.rating_columns import figure, shared_figures

Row = dict[str, Any]

#: The newest published set of universe $1, or that of session $2.
CHOSEN = """
    SELECT id, universe, session, rs_version, score_version, ratings, versions, universe_hash, active, priced, rated,
           market, published_at
    FROM rating_set
    WHERE universe = $1 AND published_at IS NOT NULL AND ($2::date IS NULL OR session = $2)
    ORDER BY session DESC LIMIT 1
"""

#: What a row of the ranked table shows.
ITEM_COLUMNS: Final = """rating.symbol, name, exchange, sector, industry, last_session, close, rs_rating, rs_raw,
    rs_provisional, rs_anchor_filled, rs_reason, score, coverage, graded, score_reason, letters, figures"""

#: Sort keys; a missing value always comes last.
ORDERS: Final[Mapping[str, str]] = {
    "rank": "graded {} NULLS LAST, score {} NULLS LAST, rs_rating {} NULLS LAST",
    **{name: f"{figure(name)} {{}} NULLS LAST" for name in RATINGS},
    "close": "close {} NULLS LAST",
    "symbol": "rating.symbol {}",
    "name": "name {} NULLS LAST",
}


@dataclass(frozen=True, slots=True)
class StockFilter:
    """What to keep; None keeps all. A stock without the figure is not kept by a bound of it.

    minimums, maximums: by name of a rating.
    """

    minimums: Mapping[str, float] = field(default_factory=dict)
    maximums: Mapping[str, float] = field(default_factory=dict)
    graded: bool | None = None
    sector: str | None = None
    industry: str | None = None

    def conditions(self, first: int) -> tuple[str, list[Any]]:
        """SQL for what is asked, with parameters numbered from `first`, and their values."""
        asked: list[tuple[str, Any]] = [
            *((f"{figure(name)} >=", value) for name, value in self.minimums.items()),
            *((f"{figure(name)} <=", value) for name, value in self.maximums.items()),
            ("coalesce(graded, false) =", self.graded),
            ("sector =", self.sector),
            ("industry =", self.industry),
        ]
        given = [(condition, value) for condition, value in asked if value is not None]
        clauses = [f" AND {condition} ${number}" for number, (condition, _) in enumerate(given, first)]
        return "".join(clauses), [value for _, value in given]


@dataclass(frozen=True, slots=True)
class StockPage:
    """A page of a published set, of whose market only the state is told. `set` is None where nothing is published."""

    set: Row | None
    total: int
    items: Sequence[Row]


async def list_stocks(
    database: Database,
    universe: str,
    session: date | None,
    keep: StockFilter,
    *,
    sort: str = "rank",
    descending: bool = True,
    limit: int,
    offset: int,
) -> StockPage:
    """The stocks of a published set, filtered, sorted by a key of ORDERS, paged.

    Raises NotFound where the session asked for is not published.
    """
    order = ORDERS[sort].replace("{}", "DESC" if descending else "ASC")
    conditions, values = keep.conditions(first=5)
    matched = f"""
        FROM rating LEFT JOIN listing ON listing.symbol = rating.symbol
        WHERE set_id = (SELECT id FROM chosen){conditions}
    """
    async with database.reading() as connection:
        rows = await connection.fetch(
            f"""
            WITH chosen AS MATERIALIZED ({CHOSEN})
            SELECT to_jsonb(chosen) || jsonb_build_object('market', chosen.market -> 'state') AS set,
                   (SELECT count(*) {matched}) AS total, page.*
            FROM chosen LEFT JOIN LATERAL (
                SELECT {ITEM_COLUMNS} {matched} ORDER BY {order}, rating.symbol LIMIT $3 OFFSET $4
            ) AS page ON true
            """,
            universe,
            session,
            limit,
            offset,
            *values,
        )
    if not rows and session is not None:
        raise NotFound(f"nothing is published of universe {universe!r}{_at(session)}")
    if not rows:
        return StockPage(None, 0, [])
    chosen = rows[0]["set"]
    items = [_with_ratings(dict(list(row.items())[2:]), chosen) for row in rows if row["symbol"] is not None]
    return StockPage(chosen, rows[0]["total"], items)


async def read_stock(database: Database, universe: str, session: date | None, symbol: str) -> Row:
    """One stock with its details and set. Raises NotFound where no published set has it."""
    async with database.reading() as connection:
        row = await connection.fetchrow(
            f"""
            WITH chosen AS ({CHOSEN})
            SELECT {ITEM_COLUMNS}, reasons, details, to_jsonb(chosen) AS set,
                (SELECT jsonb_agg(past ORDER BY past.session DESC) FROM (
                    SELECT rating_set.session, history.rs_rating, history.score, history.coverage
                    FROM rating AS history JOIN rating_set ON rating_set.id = history.set_id
                    WHERE history.symbol = rating.symbol AND rating_set.universe = $1
                      AND published_at IS NOT NULL
                    ORDER BY rating_set.session DESC LIMIT 260
                ) AS past) AS history,
                (SELECT jsonb_build_object('status', status, 'reason', reason, 'session', session,
                                           'checked_at', checked_at)
                 FROM symbol_status WHERE symbol_status.symbol = rating.symbol) AS collected
            FROM chosen JOIN rating ON set_id = chosen.id LEFT JOIN listing ON listing.symbol = rating.symbol
            WHERE rating.symbol = $3
            """,
            universe,
            session,
            symbol,
        )
    if row is None:
        raise NotFound(f"universe {universe!r} has no rated stock {symbol!r}{_at(session)}")
    return _with_ratings(dict(row), row["set"])


async def read_market(database: Database, universe: str, session: date | None) -> Row:
    """The published set with its market direction. Raises NotFound where nothing is published."""
    async with database.reading() as connection:
        row = await connection.fetchrow(CHOSEN, universe, session)
    if row is None:
        raise NotFound(f"nothing is published of universe {universe!r}{_at(session)}")
    return dict(row)


async def read_prices(
    database: Database, symbol: str, benchmark: str, *, first: date | None, last: date | None, limit: int
) -> Sequence[Row]:
    """The newest `limit` bars of a symbol inside the dates, oldest first, adjusted for splits and dividends.

    `rs_line`: adjusted close over the benchmark's; null where the benchmark has no bar.
    """
    async with database.reading() as connection:
        rows = await connection.fetch(
            """
            SELECT * FROM (
                SELECT bar.session, bar.open * bar.adj_factor AS open, bar.high * bar.adj_factor AS high,
                       bar.low * bar.adj_factor AS low, bar.close * bar.adj_factor AS close,
                       bar.close AS close_as_traded, round(bar.volume / bar.split_factor)::bigint AS volume,
                       (bar.close * bar.adj_factor) / (index.close * index.adj_factor) AS rs_line
                FROM daily_bar AS bar
                LEFT JOIN daily_bar AS index ON index.symbol = $2 AND index.session = bar.session
                WHERE bar.symbol = $1 AND ($3::date IS NULL OR bar.session >= $3)
                  AND ($4::date IS NULL OR bar.session <= $4)
                ORDER BY bar.session DESC LIMIT $5
            ) AS newest ORDER BY session
            """,
            symbol,
            benchmark,
            first,
            last,
            limit,
        )
    if not rows:
        raise NotFound(f"no bars are stored of {symbol!r} in these dates")
    return [dict(row) for row in rows]


def _with_ratings(row: Row, chosen: Row) -> Row:
    """The row with each rating that has no column of its own under its name."""
    return row | shared_figures(chosen["ratings"], row["figures"])


def _at(session: date | None) -> str:
    return f" at {session}" if session else ""
