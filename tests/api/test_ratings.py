"""The catalogue in the API: every rating is a field, a filter and a sort key; how ratings went on."""

from datetime import date
from typing import Any

import httpx
import pytest

from canslim_core.ratings import RATINGS, SHORT_NAMES
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.rating_columns import OWN_COLUMN, SHARED
from tests.api.rated import Rated, publish
from tests.api.running import problem
from tests.api.test_stocks import listed, symbols

BEFORE, NOW = date(2017, 3, 30), date(2017, 3, 31)


def valued(name: str, symbol: str, value: float | None) -> Rated:
    """A stock that has nothing but this rating."""
    own = {name: value} if name in OWN_COLUMN else {}
    return Rated(symbol, **{"coverage": None, **own}, figures={} if own or value is None else {name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", RATINGS)
async def test_every_rating_is_a_field_two_bounds_and_a_sort_key(
    api: httpx.AsyncClient, database: Database, name: str
) -> None:
    low, high = RATINGS[name].low, RATINGS[name].high
    await publish(database, valued(name, "LOW", low), valued(name, "HIGH", high), valued(name, "NONE", None))
    short = SHORT_NAMES.get(name, name)
    assert {item["symbol"]: item[name] for item in (await listed(api))["items"]} == {
        "LOW": low,
        "HIGH": high,
        "NONE": None,
    }
    assert await symbols(api, sort=f"-{name}") == ["HIGH", "LOW", "NONE"]
    assert await symbols(api, sort=name) == ["LOW", "HIGH", "NONE"]
    assert await symbols(api, **{f"min_{short}": f"{high:g}"}) == ["HIGH"]
    assert await symbols(api, **{f"max_{short}": f"{low:g}"}) == ["LOW"]


@pytest.mark.parametrize("name", RATINGS)
async def test_a_bound_that_no_rating_reaches_is_refused(unstarted: httpx.AsyncClient, name: str) -> None:
    bound = f"min_{SHORT_NAMES.get(name, name)}"
    assert bound in problem(await unstarted.get(f"/screener/stocks?{bound}={RATINGS[name].high + 1}"), 422)["detail"]


async def test_grades_are_letters_beside_the_figures(api: httpx.AsyncClient, database: Database) -> None:
    figures = {"smr_grade": 85.0, "acc_dis": -3.0, "rs_line_high": 1.0, "eps_rating": 70.0}
    await publish(database, Rated("A", figures=figures))
    (item,) = (await listed(api))["items"]
    assert item["grades"] == {"smr_grade": "A", "acc_dis": "C-", "rs_line_high": "yes"}
    assert (item["acc_dis"], item["eps_rating"]) == (-3.0, 70)


async def test_a_set_that_is_older_than_a_rating_has_none_of_it(api: httpx.AsyncClient, database: Database) -> None:
    await publish(database, Rated("A", figures={"composite": 90.0}), ratings=["composite"])
    (item,) = (await listed(api, min_composite=90))["items"]
    assert (item["composite"], item["eps_rating"]) == (90, None)
    assert await symbols(api, min_eps_rating=1) == []
    assert await symbols(api, sort="-eps_rating") == ["A"]


async def test_one_stock_says_why_ratings_are_missing_and_by_which_formulas(
    api: httpx.AsyncClient, database: Database
) -> None:
    await publish(database, Rated("A", figures={"composite": 90.0}))
    stock = (await api.get("/screener/stocks/A")).json()
    assert stock["versions"]["composite"] == "composite.1"
    assert stock["reasons"] == {name: "no_price" for name in SHARED if name != "composite"}


async def test_the_catalogue_describes_every_rating(unstarted: httpx.AsyncClient) -> None:
    items = (await unstarted.get("/screener/ratings")).json()["items"]
    assert [item["name"] for item in items] == list(RATINGS)
    assert all(item["definition"] and item["formula"] and item["source"] and item["version"] for item in items)


# Over sessions.


@pytest.fixture
async def moved(database: Database) -> None:
    """From BEFORE to NOW: UP becomes a leader, TOP stays one, DOWN falls, NEW was not there, GONE is no more."""
    then = {"UP": 70, "TOP": 95, "DOWN": 90, "SAME": 50, "GONE": 99, "MUTE": None}
    now = {"UP": 88, "TOP": 97, "DOWN": 20, "SAME": 50, "NEW": 81, "MUTE": None}
    for session, ratings in ((BEFORE, then), (NOW, now)):
        await publish(database, *(Rated(symbol, rating) for symbol, rating in ratings.items()), session=session)


async def movers(api: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    response = await api.get("/screener/movers", params=query)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


@pytest.mark.usefixtures("moved")
async def test_movers_are_new_leaders_rises_and_falls(api: httpx.AsyncClient) -> None:
    found = await movers(api, back=1)
    assert (found["session"], found["earlier_session"]) == (str(NOW), str(BEFORE))
    assert [(one["symbol"], one["now"], one["earlier"]) for one in found["leaders"]] == [
        ("UP", 88, 70),
        ("NEW", 81, None),
    ]
    assert [(one["symbol"], one["change"]) for one in found["rises"]] == [("UP", 18), ("TOP", 2)]
    assert [(one["symbol"], one["change"]) for one in found["falls"]] == [("DOWN", -70)]


@pytest.mark.usefixtures("moved")
async def test_movers_take_another_bound_and_so_many(api: httpx.AsyncClient) -> None:
    assert [one["symbol"] for one in (await movers(api, back=1, leader=96))["leaders"]] == ["TOP"]
    assert len((await movers(api, back=1, limit=1))["rises"]) == 1


async def test_movers_in_any_rating_of_the_catalogue(api: httpx.AsyncClient, database: Database) -> None:
    """The older set names its ratings in another order."""
    figures = {"eps_rating": 60.0, "composite": 50.0}
    await publish(database, Rated("A", figures=figures), session=BEFORE, ratings=["composite", "eps_rating"])
    await publish(database, Rated("A", figures={"eps_rating": 90.0, "composite": 50.0}))
    found = await movers(api, back=1, rating="eps_rating")
    assert [(one["symbol"], one["change"]) for one in found["leaders"]] == [("A", 30)]
    assert (await movers(api, back=1, rating="composite"))["rises"] == []
    assert (await movers(api, back=1, rating="acc_dis"))["rises"] == []


@pytest.mark.usefixtures("moved")
async def test_movers_need_a_session_so_far_back(api: httpx.AsyncClient) -> None:
    detail = problem(await api.get("/screener/movers?back=2"), 404)["detail"]
    assert detail == (
        "universe 'sample' has 2 published sessions, so none is 2 before the last one; a backfill rates older ones"
    )


@pytest.mark.parametrize("name", RATINGS)
async def test_movers_of_any_rating_have_a_bound_by_default(
    api: httpx.AsyncClient, database: Database, name: str
) -> None:
    for session in (BEFORE, NOW):
        await publish(database, valued(name, "HIGH", RATINGS[name].high), session=session)
    assert (await movers(api, back=1, rating=name))["leader"] == RATINGS[name].leading


async def test_movers_name_the_formulas_of_both_sessions(api: httpx.AsyncClient, database: Database) -> None:
    await publish(database, Rated("A", figures={"composite": 50.0}), session=BEFORE, ratings=["composite"])
    await publish(database, Rated("A", figures={"eps_rating": 60.0}), ratings=["eps_rating"])
    found = await movers(api, back=1, rating="eps_rating")
    assert (found["version"], found["earlier_version"]) == ("eps_rating.1", "")
    found = await movers(api, back=1)
    assert (found["version"], found["earlier_version"]) == ("rs.1", "rs.1")


@pytest.mark.parametrize("query", ["rating=color", "back=0", "leader=100", "limit=0", "rating=score&leader=101"])
async def test_wrong_movers_are_refused(unstarted: httpx.AsyncClient, query: str) -> None:
    problem(await unstarted.get(f"/screener/movers?{query}"), 422)


@pytest.mark.usefixtures("moved")
async def test_a_stocks_history_is_oldest_first_and_has_every_rating(api: httpx.AsyncClient) -> None:
    history = (await api.get("/screener/stocks/up/history")).json()
    assert [(item["session"], item["rs_rating"]) for item in history["items"]] == [(str(BEFORE), 70), (str(NOW), 88)]
    assert history["items"][0].keys() >= set(RATINGS)
    assert list(history["formulas"]) == [str(BEFORE)]
    assert history["formulas"][str(BEFORE)] == {"rs_rating": "rs.1", "score": "score.1"} | {
        name: f"{name}.1" for name in SHARED
    }


@pytest.mark.usefixtures("moved")
async def test_a_history_is_cut_by_dates_and_number(api: httpx.AsyncClient) -> None:
    async def sessions(query: str) -> list[str]:
        return [item["session"] for item in (await api.get(f"/screener/stocks/UP/history?{query}")).json()["items"]]

    assert await sessions("limit=1") == [str(NOW)]
    assert await sessions(f"to={BEFORE}") == [str(BEFORE)]
    assert await sessions(f"from={NOW}") == [str(NOW)]
    problem(await api.get("/screener/stocks/NOBODY/history"), 404)


# A backfill.


async def test_a_backfill_is_a_job_of_its_own(admin: httpx.AsyncClient) -> None:
    response = await admin.post("/screener/backfill", json={"from": "2016-04-01", "to": "2017-03-31"})
    assert response.status_code == 202
    job = (await admin.get(response.headers["location"])).json()
    assert (job["kind"], job["stages"], job["first_session"], job["session"]) == (
        "backfill",
        ["history"],
        "2016-04-01",
        "2017-03-31",
    )
    again = (await admin.post("/screener/backfill", json={"from": "2016-04-01"})).json()
    assert (again["job_id"], again["created"]) == (job["job_id"], False)
    other = problem(await admin.post("/screener/backfill", json={"from": "2016-05-02"}), 409)["detail"]
    assert "another backfill of universe 'sample'" in other


@pytest.mark.parametrize(
    "body", [{}, {"from": "yesterday"}, {"from": "2017-02-01", "to": "2017-01-01"}, {"from": "2017-02-01", "x": 1}]
)
async def test_a_wrong_backfill_is_refused(admin: httpx.AsyncClient, body: dict[str, Any]) -> None:
    problem(await admin.post("/screener/backfill", json=body), 422)
