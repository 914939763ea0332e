"""Stocks: the ranked table, one stock explained, its prices."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.responses import Response

from canslim_api.endpoints import LARGEST_OFFSET, Body, Call, Query
from canslim_api.problems import wrong
from canslim_api.rating_fields import RatingBounds, bounded, describe_ratings, figures, grades
from canslim_api.services import Services
from canslim_core.ratings import BENCHMARK, LETTERS, RATINGS
from canslim_infra.postgres.rating_columns import SHARED
from canslim_infra.postgres.rating_history import read_history
from canslim_infra.postgres.rating_reads import (
    ORDERS,
    StockFilter,
    StockPage,
    list_stocks,
    read_prices,
    read_stock,
)

CSV_COLUMNS = (
    "symbol",
    "name",
    "session",
    "close",
    "rs_rating",
    "score",
    "coverage",
    "graded",
    "sector",
    "industry",
    "reason",
)
#: Ratings whose grades are more than yes or no.
LETTERED = tuple(name for name in SHARED if len(RATINGS[name].grades) > 2)


class UniverseQuery(Query):
    universe: str | None = None
    #: A past session; by default the newest published one.
    session: date | None = None


class StocksQuery(UniverseQuery, RatingBounds):
    graded: bool | None = None
    sector: str | None = None
    industry: str | None = None
    #: A column; a leading minus sorts the largest first.
    sort: str = "-rank"
    limit: int = Field(default=100, ge=1, le=1000)
    offset: int = Field(default=0, ge=0, le=LARGEST_OFFSET)
    format: Literal["json", "csv"] | None = None

    @field_validator("sort")
    @classmethod
    def known(cls, sort: str) -> str:
        if sort.removeprefix("-") not in ORDERS:
            raise ValueError(f"sort by one of {', '.join(ORDERS)}, with a leading - for the largest first")
        return sort


class PricesQuery(Query):
    first: date | None = Field(default=None, alias="from")
    last: date | None = Field(default=None, alias="to")
    limit: int = Field(default=504, ge=1, le=10_000)


class HistoryQuery(Query):
    universe: str | None = None
    first: date | None = Field(default=None, alias="from")
    last: date | None = Field(default=None, alias="to")
    limit: int = Field(default=260, ge=1, le=10_000)


class StockItem(BaseModel):
    """A row of the ranked table, with every rating of the catalogue under its name. Missing is null, with a reason."""

    model_config = ConfigDict(extra="allow", json_schema_extra=describe_ratings(SHARED))

    symbol: str
    name: str | None
    exchange: str | None
    sector: str | None
    industry: str | None
    #: The session of `close`: older than the table's where the stock did not trade.
    session: date | None
    close: float | None
    rs_rating: int | None
    rs_raw: float | None
    rs_provisional: int | None
    rs_anchor_filled: bool
    rs_reason: str | None
    score: float | None
    coverage: float | None
    graded: bool | None
    score_reason: str | None
    letters: dict[str, Any] | None
    #: By name of a rating that has grades.
    grades: dict[str, str]
    reason: str | None


class StockList(BaseModel):
    universe: str
    session: date | None
    published_at: datetime | None
    market: str | None
    rs_version: str | None
    score_version: str | None
    #: Two sessions with one hash rated the same stocks against each other.
    universe_hash: str | None
    total: int
    items: list[StockItem]


class Collected(BaseModel):
    """How the newest request for a symbol ended, for which session, and why it is not fresh."""

    status: str
    reason: str | None
    session: date
    checked_at: datetime


class StockDetail(StockItem):
    universe: str
    published_at: datetime
    rs_version: str
    score_version: str | None
    #: The version of each other rating's formula, and why a rating is missing.
    versions: dict[str, str]
    reasons: dict[str, str]
    collected: Collected | None
    #: Letters with their criteria, and `ratings` with their inputs; null in a session that a backfill rated.
    details: dict[str, Any] | None
    history: list[dict[str, Any]]


class HistoryItem(BaseModel):
    """What was published of a stock at one session, with every rating of the catalogue under its name."""

    model_config = ConfigDict(extra="allow", json_schema_extra=describe_ratings(SHARED))

    session: date
    close: float | None
    rs_rating: int | None
    rs_provisional: int | None
    score: float | None
    coverage: float | None
    graded: bool | None


class StockHistory(BaseModel):
    """formulas: the versions by rating, at the first session and at each where one of them changed."""

    symbol: str
    universe: str
    formulas: dict[date, dict[str, str]]
    items: list[HistoryItem]


class PriceList(BaseModel):
    symbol: str
    benchmark: str
    items: list[dict[str, Any]]


async def index(call: Call[StocksQuery, Body]) -> Response:
    query = call.query
    universe = await known_universe(query.universe, call.services)
    keep = StockFilter(
        bounded(query, "min"), bounded(query, "max"), query.graded, sector=query.sector, industry=query.industry
    )
    page = await list_stocks(
        call.services.database,
        universe,
        query.session,
        keep,
        sort=query.sort.removeprefix("-"),
        descending=query.sort.startswith("-"),
        limit=query.limit,
        offset=query.offset,
    )
    wants_csv = query.format == "csv" or (query.format is None and "text/csv" in call.request.headers.get("accept", ""))
    return _csv(page) if wants_csv else _json(universe, page)


async def show(call: Call[UniverseQuery, Body]) -> Response:
    universe = await known_universe(call.query.universe, call.services)
    row = await read_stock(call.services.database, universe, call.query.session, call.path["symbol"].upper())
    chosen = row["set"]
    reasons = zip(chosen["ratings"], row["reasons"] or (), strict=False)
    stock = StockDetail(
        **_item(row),
        universe=universe,
        published_at=chosen["published_at"],
        rs_version=chosen["rs_version"],
        score_version=chosen["score_version"],
        versions=dict(zip(chosen["ratings"], chosen["versions"], strict=True)),
        reasons={name: reason for name, reason in reasons if reason is not None},
        collected=row["collected"],
        details=row["details"],
        history=row["history"] or [],
    )
    return Response(stock.model_dump_json(), media_type="application/json")


async def history(call: Call[HistoryQuery, Body]) -> Response:
    universe = await known_universe(call.query.universe, call.services)
    symbol = call.path["symbol"].upper()
    rows = await read_history(
        call.services.database,
        universe,
        symbol,
        first=call.query.first,
        last=call.query.last,
        limit=call.query.limit,
    )
    items = [HistoryItem(**{name: row[name] for name in HistoryItem.model_fields} | figures(row)) for row in rows]
    listed = StockHistory(symbol=symbol, universe=universe, formulas=_formulas(rows), items=items)
    return Response(listed.model_dump_json(), media_type="application/json")


def _formulas(rows: Sequence[Mapping[str, Any]]) -> dict[date, dict[str, str]]:
    changes: dict[date, dict[str, str]] = {}
    newest: dict[str, str] = {}
    for row in rows:
        own = {"rs_rating": row["rs_version"], "score": row["score_version"] or ""}
        versions = own | dict(zip(row["ratings"], row["versions"], strict=True))
        if versions != newest:
            changes[row["session"]] = newest = versions
    return changes


async def prices(call: Call[PricesQuery, Body]) -> Response:
    symbol = call.path["symbol"].upper()
    rows = await read_prices(
        call.services.database,
        symbol,
        BENCHMARK,
        first=call.query.first,
        last=call.query.last,
        limit=call.query.limit,
    )
    listed = PriceList(symbol=symbol, benchmark=BENCHMARK, items=list(rows))
    return Response(listed.model_dump_json(), media_type="application/json")


async def known_universe(name: str | None, services: Services) -> str:
    """The universe asked for, by default the provider's. Raises Invalid."""
    if name is None:
        return services.default_universe
    # The common case costs no statement.
    if name not in services.universes and name not in (known := await services.known_universes()):
        raise wrong("query", "universe", f"unknown universe {name!r}; there is: {', '.join(known)}")
    return name


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    item = {name: row[name] for name in StockItem.model_fields if name in row}
    reason = row["rs_reason"] or row["score_reason"]
    return item | figures(row) | {"session": row["last_session"], "grades": grades(row), "reason": reason}


def _json(universe: str, page: StockPage) -> Response:
    chosen = page.set or {}
    listed = StockList(
        universe=universe,
        session=chosen.get("session"),
        published_at=chosen.get("published_at"),
        market=chosen.get("market"),
        rs_version=chosen.get("rs_version"),
        score_version=chosen.get("score_version"),
        universe_hash=chosen.get("universe_hash"),
        total=page.total,
        items=[StockItem(**_item(row)) for row in page.items],
    )
    return Response(listed.model_dump_json(), media_type="application/json")


def _csv(page: StockPage) -> Response:
    text = io.StringIO()
    writer = csv.writer(text)
    names = (*CSV_COLUMNS, *SHARED)
    letter_of = {name: f"{name.removesuffix('_grade')}_letter" for name in LETTERED}
    writer.writerow((*names, *letter_of.values(), *(f"{letter}_points" for letter in LETTERS)))
    for row in page.items:
        item = _item(row)
        letters = item["letters"] or {}
        points = [(letters.get(letter) or {}).get("points") for letter in LETTERS]
        graded = [item["grades"].get(name) for name in letter_of]
        writer.writerow([_cell(value) for value in (*(item[name] for name in names), *graded, *points)])
    session = (page.set or {}).get("session", "none")
    return Response(
        text.getvalue(),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="canslim-{session}.csv"'},
    )


def _cell(value: object) -> object:
    """Text that a spreadsheet would run as a formula is quoted by an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
