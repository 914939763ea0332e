"""Universes: the provider's, and own lists over HTTP."""

import asyncio
from typing import Any

import httpx
import pytest

from canslim_infra.postgres.connection import Database
from canslim_infra.settings import Settings
from tests.api.rated import Rated, publish, store_bars
from tests.api.running import ADMIN, client_of, fields, problem, running
from tests.api.worker import complete, store_members

UNIVERSES = "/screener/universes"
MINE = f"{UNIVERSES}/mine"


async def made(admin: httpx.AsyncClient, *symbols: str, name: str = "mine") -> dict[str, Any]:
    response = await admin.put(f"{UNIVERSES}/{name}", json={"symbols": symbols})
    assert response.status_code == 200, response.text
    item: dict[str, Any] = response.json()
    return item


async def members(database: Database, universe: str = "mine") -> list[str]:
    async with database.reading() as connection:
        rows = await connection.fetch("SELECT symbol FROM universe_member WHERE universe = $1 ORDER BY 1", universe)
    return [row["symbol"] for row in rows]


async def count(database: Database, table: str) -> int:
    async with database.reading() as connection:
        counted: int = await connection.fetchval(f"SELECT count(*) FROM {table}")
    return counted


async def mark_benchmark(database: Database, symbol: str, universe: str = "mine") -> None:
    """As the collector does when it lists a universe."""
    async with database.transaction() as connection:
        await store_members(connection, symbol, universe=universe)
        await connection.execute("UPDATE listing SET benchmark = true WHERE symbol = $1", symbol)


# Listing.


async def test_a_provider_that_was_never_asked_lists_its_universes_without_symbols(api: httpx.AsyncClient) -> None:
    never = {"name": "sample", "symbols": 0, "listed_at": None, "own": False, "default": True}
    assert (await api.get(UNIVERSES)).json() == {"total": 1, "items": [never]}


async def test_own_lists_come_behind_the_providers_by_name(admin: httpx.AsyncClient) -> None:
    second, first = await made(admin, "NKE", name="b"), await made(admin, "NKE", "HAS", name="a")
    listed = (await admin.get(UNIVERSES)).json()
    assert listed["total"] == 3
    assert listed["items"][1:] == [first, second]


async def test_benchmarks_are_not_counted(admin: httpx.AsyncClient, database: Database) -> None:
    await made(admin, "NKE")
    await mark_benchmark(database, "SPY")
    assert (await admin.get(UNIVERSES)).json()["items"][1]["symbols"] == 1


# Making and replacing.


async def test_a_list_is_made_of_its_symbols_in_upper_case_once_each(
    admin: httpx.AsyncClient, database: Database
) -> None:
    item = await made(admin, "nke", "HAS", "NKE")
    assert item == {"name": "mine", "symbols": 2, "listed_at": item["listed_at"], "own": True, "default": False}
    assert item["listed_at"].startswith("20")
    assert await members(database) == ["HAS", "NKE"]


async def test_a_list_is_replaced_as_a_whole_and_is_newer(admin: httpx.AsyncClient, database: Database) -> None:
    before = await made(admin, "NKE", "HAS")
    after = await made(admin, "HAS", "AMAT")
    assert after["listed_at"] > before["listed_at"]
    assert await members(database) == ["AMAT", "HAS"]


async def test_benchmarks_stay_when_a_list_is_replaced(admin: httpx.AsyncClient, database: Database) -> None:
    await made(admin, "NKE")
    await mark_benchmark(database, "SPY")
    assert (await made(admin, "HAS"))["symbols"] == 1
    assert await members(database) == ["HAS", "SPY"]


async def test_of_lists_written_at_the_same_time_one_is_left(admin: httpx.AsyncClient, database: Database) -> None:
    lists = [[f"{letter}{number:03}" for number in range(300)] for letter in "ABCD"]
    await asyncio.gather(*(made(admin, *symbols) for symbols in lists))
    assert await members(database) in lists


async def test_what_is_known_of_a_symbol_stays(admin: httpx.AsyncClient, database: Database) -> None:
    await publish(database, Rated("NKE", name="Nike"))
    await made(admin, "NKE")
    async with database.reading() as connection:
        assert await connection.fetchval("SELECT name FROM listing WHERE symbol = 'NKE'") == "Nike"


async def test_the_largest_list_is_taken(admin: httpx.AsyncClient) -> None:
    symbols = [f"S{number:05}" for number in range(20_000)]
    assert (await made(admin, *symbols))["symbols"] == 20_000
    assert fields(await admin.put(MINE, json={"symbols": [*symbols, "S"]}), 422) == [("body", "symbols")]


NAMES = ["Mine", "_mine", "-", "my list", "m\u00fcller", "m" * 41, "a.b"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_wrong_name_is_refused_with_what_is_expected(unstarted: httpx.AsyncClient, name: str) -> None:
    response = await unstarted.put(f"{UNIVERSES}/{name}", json={"symbols": ["NKE"]}, headers=ADMIN)
    assert fields(response, 422) == [("path", "name")]
    assert response.json()["detail"].endswith(
        f"expected 1 to 40 of a-z, 0-9, _ and -, the first one a letter or a digit; not {name!r}"
    )


@pytest.mark.parametrize(("name", "provider"), [("sample", "sample"), ("sp500", "yahoo")])
async def test_a_providers_name_is_refused_whether_it_is_in_use_or_not(
    unstarted: httpx.AsyncClient, name: str, provider: str
) -> None:
    response = await unstarted.put(f"{UNIVERSES}/{name}", json={"symbols": ["NKE"]}, headers=ADMIN)
    assert fields(response, 422) == [("path", "name")]
    assert response.json()["detail"].endswith(
        f"expected a name that no provider uses; {name!r} is a list of {provider!r}"
    )


BODIES: dict[str, tuple[dict[str, Any], str]] = {
    "no list": ({}, "symbols"),
    "empty list": ({"symbols": []}, "symbols"),
    "unknown field": ({"symbols": ["A"], "provider": "yahoo"}, "provider"),
    "a symbol with a space": ({"symbols": ["A", "B C"]}, "symbols.1"),
}


@pytest.mark.parametrize(("body", "field"), BODIES.values(), ids=BODIES)
async def test_a_wrong_list_is_refused_and_the_field_named(
    unstarted: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    assert fields(await unstarted.put(MINE, json=body, headers=ADMIN), 422) == [("body", field)]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_only_the_administrator_changes_lists(unstarted: httpx.AsyncClient, method: str) -> None:
    problem(await unstarted.request(method, MINE, json={"symbols": ["NKE"]}), 401)


# Where a universe is named.


@pytest.mark.parametrize("path", ["/screener/refresh", "/screener/recalculate"])
async def test_a_job_of_an_own_list_is_started(admin: httpx.AsyncClient, path: str) -> None:
    await made(admin, "NKE")
    response = await admin.post(path, json={"universe": "mine"})
    assert response.status_code == 202
    assert (await admin.get(response.headers["location"])).json()["universe"] == "mine"


async def test_some_symbols_of_an_own_list_can_be_refreshed_at_once(admin: httpx.AsyncClient) -> None:
    await made(admin, "NKE", "HAS")
    response = await admin.post("/screener/refresh", json={"universe": "mine", "symbols": ["HAS"]})
    assert response.status_code == 202


async def test_ratings_of_an_own_list_are_read(admin: httpx.AsyncClient, database: Database) -> None:
    await made(admin, "NKE")
    await publish(database, Rated("NKE", 50), universe="mine")
    query = {"universe": "mine"}
    assert (await admin.get("/screener/stocks", params=query)).json()["total"] == 1
    assert (await admin.get("/screener/stocks/NKE", params=query)).json()["universe"] == "mine"
    assert (await admin.get("/screener/market", params=query)).json()["universe"] == "mine"


async def test_an_own_list_may_be_what_is_meant_where_none_is_named(api_settings: Settings, database: Database) -> None:
    chosen = api_settings.model_copy(update={"universe": "mine"})
    async with running(chosen) as app, client_of(app, ADMIN) as admin:
        assert (await made(admin, "NKE"))["default"] is True
        assert (await admin.get("/screener/stocks")).json()["universe"] == "mine"
        started = await admin.post("/screener/refresh")
        assert (await admin.get(started.headers["location"])).json()["universe"] == "mine"


@pytest.mark.parametrize("path", ["/screener/stocks", "/screener/stocks/NKE", "/screener/market"])
async def test_an_unknown_universe_is_answered_with_the_known_ones(admin: httpx.AsyncClient, path: str) -> None:
    await made(admin, "NKE")
    response = await admin.get(path, params={"universe": "mars"})
    assert fields(response, 422) == [("query", "universe")]
    assert response.json()["detail"].endswith("unknown universe 'mars'; there is: sample, mine")


async def test_a_job_of_an_unknown_universe_is_answered_with_the_known_ones(admin: httpx.AsyncClient) -> None:
    await made(admin, "NKE")
    response = await admin.post("/screener/refresh", json={"universe": "mars"})
    assert problem(response, 422)["detail"] == "unknown universe 'mars'; this installation has: sample, mine"


# Deleting.


async def test_a_deleted_list_is_gone_with_its_ratings_and_prices_stay(
    admin: httpx.AsyncClient, database: Database
) -> None:
    await made(admin, "NKE")
    await store_bars(database, "NKE", 1, 2)
    await publish(database, Rated("NKE", 50), universe="mine")
    response = await admin.delete(MINE)
    assert (response.status_code, response.content) == (204, b"")
    assert [item["name"] for item in (await admin.get(UNIVERSES)).json()["items"]] == ["sample"]
    assert (await members(database), await count(database, "rating"), await count(database, "daily_bar")) == ([], 0, 2)
    problem(await admin.post("/screener/refresh", json={"universe": "mine"}), 422)


async def test_the_ratings_of_others_stay(admin: httpx.AsyncClient, database: Database) -> None:
    await made(admin, "NKE")
    await publish(database, Rated("NKE", 50))
    await admin.delete(MINE)
    assert (await admin.get("/screener/stocks")).json()["total"] == 1


@pytest.mark.parametrize("name", ["mine", "MINE", "m%00", "%F0%9F%90%9F"])
async def test_an_unknown_list_is_not_found(admin: httpx.AsyncClient, name: str) -> None:
    problem(await admin.delete(f"{UNIVERSES}/{name}"), 404)


@pytest.mark.parametrize(("name", "provider"), [("sample", "sample"), ("us", "yahoo")])
async def test_a_providers_universe_can_not_be_deleted(unstarted: httpx.AsyncClient, name: str, provider: str) -> None:
    response = await unstarted.delete(f"{UNIVERSES}/{name}", headers=ADMIN)
    assert problem(response, 409)["detail"] == (
        f"universe {name!r} is a list of provider {provider!r}; only own lists can be deleted"
    )


async def test_a_list_of_which_a_job_is_unfinished_can_not_be_deleted(
    admin: httpx.AsyncClient, database: Database
) -> None:
    await made(admin, "NKE")
    job_id = (await admin.post("/screener/refresh", json={"universe": "mine"})).json()["job_id"]
    response = await admin.delete(MINE)
    expected = f"job {job_id} of universe 'mine' is queued; wait for it or cancel it first"
    assert problem(response, 409)["detail"] == expected
    assert await members(database) == ["NKE"]
    await complete(database, job_id, "NKE")
    assert (await admin.delete(MINE)).status_code == 204
