"""Stocks: the ranked table, one stock explained, its prices."""

import csv
import io
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, field_validator
from starlette.responses import Response

from canslim_api.endpoints import LARGEST_OFFSET, Body, Call, Query
from canslim_api.problems import wrong
from canslim_api.services import Services
from canslim_infra.postgres.rating_reads import (
    ORDERS,
    StockFilter,
    StockPage,
    list_stocks,
    read_prices,
    read_stock,
)

#: What the RS line compares with.
BENCHMARK = "SPY"
LETTERS = ("C", "A", "N", "S", "L", "I", "M")
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


class UniverseQuery(Query):
    universe: str | None = None
    #: A past session; by default the newest published one.
    session: date | None = None


class StocksQuery(UniverseQuery):
    min_rs: int | None = Field(default=None, ge=1, le=99)
    min_score: float | None = Field(default=None, ge=0, le=100)
    min_coverage: float | None = Field(default=None, ge=0, le=1)
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


class StockItem(BaseModel):
    """A row of the ranked table. A missing figure is null, and a reason says why."""

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
    reason: str | None


class StockList(BaseModel):
    universe: str
    session: date | None
    published_at: datetime | None
    market: str | None
    rs_version: str | None
    score_version: str | None
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
    collected: Collected | None
    details: dict[str, Any] | None
    history: list[dict[str, Any]]


class PriceList(BaseModel):
    symbol: str
    benchmark: str
    items: list[dict[str, Any]]


async def index(call: Call[StocksQuery, Body]) -> Response:
    query = call.query
    universe = await known_universe(query.universe, call.services)
    keep = StockFilter(query.min_rs, query.min_score, query.min_coverage, query.graded, query.sector, query.industry)
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
    stock = StockDetail(
        **_item(row),
        universe=universe,
        published_at=row["set"]["published_at"],
        rs_version=row["set"]["rs_version"],
        score_version=row["set"]["score_version"],
        collected=row["collected"],
        details=row["details"],
        history=row["history"] or [],
    )
    return Response(stock.model_dump_json(), media_type="application/json")


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
    return item | {"session": row["last_session"], "reason": row["rs_reason"] or row["score_reason"]}


def _json(universe: str, page: StockPage) -> Response:
    chosen = page.set or {}
    market = chosen.get("market") or {}
    listed = StockList(
        universe=universe,
        session=chosen.get("session"),
        published_at=chosen.get("published_at"),
        market=market.get("state"),
        rs_version=chosen.get("rs_version"),
        score_version=chosen.get("score_version"),
        total=page.total,
        items=[StockItem(**_item(row)) for row in page.items],
    )
    return Response(listed.model_dump_json(), media_type="application/json")


def _csv(page: StockPage) -> Response:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow((*CSV_COLUMNS, *(f"{letter}_points" for letter in LETTERS)))
    for row in page.items:
        item = _item(row)
        letters = item["letters"] or {}
        points = [(letters.get(letter) or {}).get("points") for letter in LETTERS]
        writer.writerow([_cell(value) for value in (*(item[name] for name in CSV_COLUMNS), *points)])
    session = (page.set or {}).get("session", "none")
    return Response(
        text.getvalue(),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="canslim-{session}.csv"'},
    )


def _cell(value: object) -> object:
    """Text that a spreadsheet would run as a formula is quoted by an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
