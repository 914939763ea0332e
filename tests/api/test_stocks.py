"""The ranked table, one stock, its prices, the market."""

import csv
import io
from datetime import date
from typing import Any

import httpx
import pytest

from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.rating_columns import SHARED
from tests.api.rated import Rated, letters, publish, store_bars
from tests.api.running import problem

#: Best first.
RANKED = (
    Rated("NVDA", 99, 90.0, 0.9, True, 108.9, "Nvidia", "Tech", "Chips", letters=letters(C=8, A=9)),
    Rated("AMAT", 95, 90.0, 0.85, True, 38.9, "Applied Materials", "Tech", "Chips"),
    Rated("HAS", 80, 70.0, 0.8, True, 99.8, "Hasbro", "Consumer", "Toys"),
    Rated("NKE", 30, 95.0, 0.5, False, 55.7, "Nike", "Consumer", "Shoes", score_reason="low_coverage"),
    Rated("BAD", None, 20.0, 0.4, False, 1.0, "Bad Print", None, None, "suspect", "l1_missing"),
    Rated("NEW", None, None, None, None, None, None, rs_reason="no_price"),
)


async def symbols(api: httpx.AsyncClient, **query: Any) -> list[str]:
    return [item["symbol"] for item in (await listed(api, **query))["items"]]


async def listed(api: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    response = await api.get("/screener/stocks", params=query)
    assert response.status_code == 200, response.text
    table: dict[str, Any] = response.json()
    return table


@pytest.fixture
async def published(database: Database) -> None:
    await publish(database, *RANKED[::-1])


# The table.


async def test_an_empty_database_gives_an_empty_table(api: httpx.AsyncClient) -> None:
    assert await listed(api) == {
        "universe": "sample",
        "session": None,
        "published_at": None,
        "market": None,
        "rs_version": None,
        "score_version": None,
        "universe_hash": None,
        "total": 0,
        "items": [],
    }


@pytest.mark.usefixtures("published")
async def test_the_graded_come_first_by_score_then_by_strength(api: httpx.AsyncClient) -> None:
    assert await symbols(api) == ["NVDA", "AMAT", "HAS", "NKE", "BAD", "NEW"]


@pytest.mark.usefixtures("published")
async def test_the_table_names_its_session_versions_and_market(api: httpx.AsyncClient) -> None:
    table = await listed(api)
    assert (table["session"], table["total"], table["market"]) == ("2017-03-31", 6, "confirmed_uptrend")
    assert (table["rs_version"], table["score_version"]) == ("rs.1", "score.1")
    assert table["published_at"].startswith("20")


@pytest.mark.usefixtures("published")
async def test_an_unrated_stock_is_null_with_its_reason(api: httpx.AsyncClient) -> None:
    item = (await listed(api))["items"][-1]
    assert (item["symbol"], item["rs_rating"], item["score"], item["reason"]) == ("NEW", None, None, "no_price")


@pytest.mark.usefixtures("published")
async def test_a_stock_that_is_not_graded_says_why(api: httpx.AsyncClient) -> None:
    item = (await listed(api))["items"][3]
    assert (item["symbol"], item["graded"], item["reason"]) == ("NKE", False, "low_coverage")


SORTS = {
    "symbol": ["AMAT", "BAD", "HAS", "NEW", "NKE", "NVDA"],
    "-symbol": ["NVDA", "NKE", "NEW", "HAS", "BAD", "AMAT"],
    "-rs_rating": ["NVDA", "AMAT", "HAS", "NKE", "BAD", "NEW"],
    "rs_rating": ["NKE", "HAS", "AMAT", "NVDA", "BAD", "NEW"],
    "-score": ["NKE", "AMAT", "NVDA", "HAS", "BAD", "NEW"],
    "coverage": ["BAD", "NKE", "HAS", "AMAT", "NVDA", "NEW"],
    "-close": ["NVDA", "HAS", "NKE", "AMAT", "BAD", "NEW"],
    "name": ["AMAT", "BAD", "HAS", "NKE", "NVDA", "NEW"],
}


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("sort", "order"), SORTS.items(), ids=SORTS)
async def test_it_is_sorted_as_asked_and_what_is_missing_comes_last(
    api: httpx.AsyncClient, sort: str, order: list[str]
) -> None:
    assert await symbols(api, sort=sort) == order


FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({"min_rs": 80}, ["NVDA", "AMAT", "HAS"]),
    ({"min_rs": 99}, ["NVDA"]),
    ({"min_score": 90}, ["NVDA", "AMAT", "NKE"]),
    ({"min_coverage": 0.85}, ["NVDA", "AMAT"]),
    ({"graded": "true"}, ["NVDA", "AMAT", "HAS"]),
    ({"graded": "false"}, ["NKE", "BAD", "NEW"]),
    ({"sector": "Consumer"}, ["HAS", "NKE"]),
    ({"industry": "Chips", "min_rs": 96}, ["NVDA"]),
    ({"sector": "Mining"}, []),
]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("query", "kept"), FILTERS, ids=str)
async def test_it_keeps_what_passes_the_filter_and_counts_that(
    api: httpx.AsyncClient, query: dict[str, Any], kept: list[str]
) -> None:
    table = await listed(api, **query)
    assert ([item["symbol"] for item in table["items"]], table["total"]) == (kept, len(kept))
    assert table["session"] == "2017-03-31"


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("limit", "offset", "page"),
    [(2, 0, ["NVDA", "AMAT"]), (2, 4, ["BAD", "NEW"]), (2, 5, ["NEW"]), (2, 6, []), (1000, 10**9, [])],
)
async def test_pages_follow_each_other_and_the_total_stays_right(
    api: httpx.AsyncClient, limit: int, offset: int, page: list[str]
) -> None:
    table = await listed(api, limit=limit, offset=offset)
    assert ([item["symbol"] for item in table["items"]], table["total"]) == (page, 6)


async def test_the_newest_published_session_is_shown_and_older_ones_on_request(
    api: httpx.AsyncClient, database: Database
) -> None:
    await publish(database, Rated("OLD", 50), session=date(2017, 3, 30))
    await publish(database, Rated("NOW", 50))
    await publish(database, Rated("SOON", 50), session=date(2017, 4, 3), published=False)
    await publish(database, Rated("ELSE", 50), session=date(2017, 4, 4), universe="other")
    assert await symbols(api) == ["NOW"]
    assert await symbols(api, session="2017-03-30") == ["OLD"]
    problem(await api.get("/screener/stocks?session=2017-04-03"), 404)


# CSV.


async def table_of(api: httpx.AsyncClient, **headers: str) -> list[dict[str, str]]:
    response = await api.get("/screener/stocks", headers=headers, params={} if headers else {"format": "csv"})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.text)))


@pytest.mark.usefixtures("published")
async def test_csv_has_the_same_rows(api: httpx.AsyncClient) -> None:
    rows = await table_of(api)
    assert [row["symbol"] for row in rows] == [stock.symbol for stock in RANKED]
    assert rows[0] == {
        "symbol": "NVDA",
        "name": "Nvidia",
        "session": "2017-03-31",
        "close": "108.9",
        "rs_rating": "99",
        "score": "90.0",
        "coverage": "0.9",
        "graded": "True",
        "sector": "Tech",
        "industry": "Chips",
        "reason": "",
        "C_points": "8",
        "A_points": "9",
        **dict.fromkeys((*SHARED, "smr_letter", "acc_dis_letter"), ""),
        **dict.fromkeys(("N_points", "S_points", "L_points", "I_points", "M_points"), ""),
    }
    assert (rows[-1]["rs_rating"], rows[-1]["reason"]) == ("", "no_price")


@pytest.mark.usefixtures("published")
async def test_csv_comes_to_those_who_accept_it(api: httpx.AsyncClient) -> None:
    assert len(await table_of(api, accept="text/csv")) == 6
    named = await api.get("/screener/stocks?format=csv")
    assert named.headers["content-disposition"] == 'attachment; filename="canslim-2017-03-31.csv"'
    asked = await api.get("/screener/stocks?format=json", headers={"accept": "text/csv"})
    assert asked.headers["content-type"] == "application/json"


async def test_csv_of_nothing_is_a_heading(api: httpx.AsyncClient) -> None:
    assert await table_of(api) == []


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
async def test_text_that_a_spreadsheet_would_run_is_quoted(
    api: httpx.AsyncClient, database: Database, name: str
) -> None:
    await publish(database, Rated("A", 50, name=name))
    response = await api.get("/screener/stocks?format=csv")
    (row,) = csv.DictReader(io.StringIO(response.text, newline=""))
    assert row["name"] == f"'{name}"


async def test_a_name_with_commas_quotes_and_lines_stays_one_cell(api: httpx.AsyncClient, database: Database) -> None:
    await publish(database, Rated("A", 50, name='Fish, "Chips"\nand – Œufs'))
    assert (await table_of(api))[0]["name"] == 'Fish, "Chips"\nand – Œufs'


# One stock.


async def test_one_stock_is_explained_with_its_history(api: httpx.AsyncClient, database: Database) -> None:
    details = {"C": {"points": 8, "available": 10, "criteria": [{"id": "C1", "inputs": {"eps": 1.5}}]}}
    await publish(database, Rated("NKE", 40, 60.0), session=date(2017, 3, 30))
    await publish(database, Rated("NKE", 55, 65.0, details=details, letters=letters(C=8)))
    stock = (await api.get("/screener/stocks/nke")).json()
    assert (stock["symbol"], stock["universe"], stock["rs_rating"], stock["rs_version"]) == (
        "NKE",
        "sample",
        55,
        "rs.1",
    )
    assert stock["collected"] is None
    assert stock["details"] == details
    assert [(past["session"], past["rs_rating"]) for past in stock["history"]] == [
        ("2017-03-31", 55),
        ("2017-03-30", 40),
    ]


async def test_a_past_session_of_a_stock_can_be_asked(api: httpx.AsyncClient, database: Database) -> None:
    await publish(database, Rated("NKE", 40), session=date(2017, 3, 30))
    await publish(database, Rated("NKE", 55))
    assert (await api.get("/screener/stocks/NKE?session=2017-03-30")).json()["rs_rating"] == 40


@pytest.mark.usefixtures("published")
async def test_an_unknown_stock_is_not_found(api: httpx.AsyncClient) -> None:
    response = await api.get("/screener/stocks/zzzz")
    assert problem(response, 404)["detail"] == "universe 'sample' has no rated stock 'ZZZZ'"
    response = await api.get("/screener/stocks/NKE?session=2017-03-30")
    assert problem(response, 404)["detail"] == "universe 'sample' has no rated stock 'NKE' at 2017-03-30"


# Prices.


async def prices(api: httpx.AsyncClient, symbol: str = "NKE", **query: Any) -> list[dict[str, Any]]:
    response = await api.get(f"/screener/stocks/{symbol}/prices", params=query)
    assert response.status_code == 200, response.text
    assert (response.json()["symbol"], response.json()["benchmark"]) == ("NKE", "SPY")
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def test_prices_are_adjusted_oldest_first_with_the_line_against_the_benchmark(
    api: httpx.AsyncClient, database: Database
) -> None:
    await store_bars(database, "NKE", 50.0, 60.0, adj=0.5, split=0.5)
    await store_bars(database, "SPY", 200.0, adj=0.75)
    first, last = await prices(api, "nke")
    assert last == {
        "session": "2017-03-31",
        "open": 30.0,
        "high": 30.0,
        "low": 30.0,
        "close": 30.0,
        "close_as_traded": 60.0,
        "volume": 2000,
        "rs_line": 30 / 150,
    }
    assert (first["session"], first["close"], first["rs_line"]) == ("2017-03-30", 25.0, None)


async def test_prices_are_cut_to_the_dates_and_the_newest(api: httpx.AsyncClient, database: Database) -> None:
    await store_bars(database, "NKE", 1, 2, 3, 4)
    assert [bar["close"] for bar in await prices(api, limit=2)] == [3, 4]
    assert [bar["close"] for bar in await prices(api, to="2017-03-30", limit=2)] == [2, 3]
    cut = {"from": "2017-03-29", "to": "2017-03-29"}
    assert [bar["close"] for bar in await prices(api, **cut)] == [2]


async def test_prices_of_nobody_are_not_found(api: httpx.AsyncClient) -> None:
    detail = problem(await api.get("/screener/stocks/zz/prices"), 404)["detail"]
    assert detail == "no bars are stored of 'ZZ' in these dates"


# The market.


@pytest.mark.usefixtures("published")
async def test_the_market_says_where_it_stands_and_why(api: httpx.AsyncClient) -> None:
    market = (await api.get("/screener/market")).json()
    assert (market["universe"], market["session"], market["reason"]) == ("sample", "2017-03-31", None)
    assert market["market"]["state"] == "confirmed_uptrend"


async def test_a_market_without_benchmark_says_so(api: httpx.AsyncClient, database: Database) -> None:
    await publish(database, Rated("A", 50))
    async with database.transaction() as connection:
        await connection.execute("UPDATE rating_set SET market = NULL")
    market = (await api.get("/screener/market")).json()
    assert (market["market"], market["reason"]) == (None, "no_benchmark")


async def test_no_market_is_published_yet(api: httpx.AsyncClient) -> None:
    response = await api.get("/screener/market")
    assert problem(response, 404)["detail"] == "nothing is published of universe 'sample'"


async def test_a_stock_says_how_it_was_collected(api: httpx.AsyncClient, database: Database) -> None:
    await publish(database, Rated("NKE", 55, 65.0))
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO symbol_status (symbol, provider, status, reason, session)"
            " VALUES ('NKE', 'yahoo', 'quarantined', 'a split that is not applied', '2017-03-31')"
        )
    collected = (await api.get("/screener/stocks/NKE")).json()["collected"]
    assert (collected["status"], collected["reason"]) == ("quarantined", "a split that is not applied")
    assert collected["session"] == "2017-03-31"
