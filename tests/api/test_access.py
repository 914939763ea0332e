"""Who may do what, and what every wrong request is answered."""

import httpx
import pytest

from canslim_api.app import create_app
from canslim_api.endpoints import Endpoint
from canslim_api.routes import ENDPOINTS
from canslim_core.ratings import RATINGS
from canslim_infra.settings import Settings
from tests.api.running import NOWHERE, TOKEN, client_of, fields, problem

ADMINS = [endpoint for endpoint in ENDPOINTS if endpoint.admin]
IDS = {
    "{job_id:uuid}": "00000000-0000-0000-0000-000000000000",
    "{task_id:int}": "1",
    "{symbol}": "NKE",
    "{name}": "mine",
}


def path_of(endpoint: Endpoint) -> str:
    path = endpoint.path
    for parameter, value in IDS.items():
        path = path.replace(parameter, value)
    return path


def test_everything_that_changes_something_is_the_administrators() -> None:
    assert {endpoint.path for endpoint in ENDPOINTS if endpoint.method != "GET"} == {one.path for one in ADMINS}


@pytest.mark.parametrize("endpoint", ADMINS, ids=lambda one: one.path)
@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer wrong",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer",
        "Bearer ",
        "",
    ],
)
async def test_without_the_right_token_nothing_changes(
    unstarted: httpx.AsyncClient, endpoint: Endpoint, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    response = await unstarted.request(endpoint.method, path_of(endpoint), headers=headers)
    assert "CANSLIM_ADMIN_TOKEN" in problem(response, 401)["detail"]
    assert response.headers["www-authenticate"] == 'Bearer realm="canslim"'


async def test_the_token_is_asked_before_the_body_is_read(unstarted: httpx.AsyncClient) -> None:
    assert problem(await unstarted.post("/screener/refresh", content=b"{" * 300_000), 401)


async def test_the_scheme_may_be_written_in_any_case(api: httpx.AsyncClient) -> None:
    response = await api.post("/screener/refresh", headers={"authorization": f"bearer {TOKEN}"})
    assert response.status_code == 202


async def test_an_api_without_a_token_lets_nobody_in() -> None:
    app = create_app(Settings(database_url=f"postgresql://{NOWHERE}/x", redis_url=f"redis://{NOWHERE}"))
    async with client_of(app) as client:
        assert problem(await client.post("/screener/refresh", headers={"authorization": "Bearer "}), 401)


async def test_a_token_of_other_letters_is_only_wrong(unstarted: httpx.AsyncClient) -> None:
    header = {"authorization": "Bearer größer".encode()}
    assert problem(await unstarted.post("/screener/refresh", headers=header), 401)


async def test_an_unknown_path_is_not_found(unstarted: httpx.AsyncClient) -> None:
    assert problem(await unstarted.get("/screener/nothing"), 404)["detail"] == "there is nothing at /screener/nothing"


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: f"{one.method} {one.path}")
async def test_a_wrong_method_says_which_one_is_right(unstarted: httpx.AsyncClient, endpoint: Endpoint) -> None:
    response = await unstarted.request("PATCH", path_of(endpoint))
    problem(response, 405)
    assert endpoint.method in response.headers["allow"]


QUERIES = [
    ("/screener/jobs", "limit=0", "limit"),
    ("/screener/jobs", "limit=1001", "limit"),
    ("/screener/jobs", "limit=ten", "limit"),
    ("/screener/jobs", "offset=-1", "offset"),
    ("/screener/jobs", f"offset={10**30}", "offset"),
    ("/screener/jobs", "state=queued", "state"),
    ("/screener/jobs", "limit=1&limit=2", "limit"),
    ("/screener/stocks", "limit=1001", "limit"),
    ("/screener/stocks", f"offset={2**63}", "offset"),
    ("/screener/stocks", "min_rs=0", "min_rs"),
    ("/screener/stocks", "min_rs=100", "min_rs"),
    ("/screener/stocks", "min_rs=7.5", "min_rs"),
    ("/screener/stocks", "min_score=nan", "min_score"),
    ("/screener/stocks", "min_score=101", "min_score"),
    ("/screener/stocks", "min_coverage=2", "min_coverage"),
    ("/screener/stocks", "graded=maybe", "graded"),
    ("/screener/stocks", "sort=color", "sort"),
    ("/screener/stocks", "sort=--rank", "sort"),
    ("/screener/stocks", "sort=rank;drop", "sort"),
    ("/screener/stocks", "format=xml", "format"),
    ("/screener/stocks", "session=yesterday", "session"),
    ("/screener/stocks", "minrs=1", "minrs"),
    ("/screener/stocks", "sort=rank&sort=score", "sort"),
    ("/screener/stocks", "sector=%00", "sector"),
    ("/screener/stocks/NKE", "limit=1", "limit"),
    ("/screener/stocks/NKE/prices", "from=2017-13-01", "from"),
    ("/screener/stocks/NKE/prices", "first=2017-01-01", "first"),
    ("/screener/stocks/NKE/prices", "limit=10001", "limit"),
    ("/screener/market", "session=", "session"),
    ("/healthz", "verbose=1", "verbose"),
    ("/docs", "x=1", "x"),
]


@pytest.mark.parametrize(
    ("path", "query", "field"), QUERIES, ids=[f"{path}?{query}"[:60] for path, query, _ in QUERIES]
)
async def test_a_wrong_query_is_refused_and_the_parameter_named(
    unstarted: httpx.AsyncClient, path: str, query: str, field: str
) -> None:
    assert fields(await unstarted.get(f"{path}?{query}"), 422) == [("query", field)]


async def test_a_bad_sort_key_is_answered_with_the_good_ones(unstarted: httpx.AsyncClient) -> None:
    detail = problem(await unstarted.get("/screener/stocks?sort=color"), 422)["detail"]
    assert all(name in detail for name in ("sort by one of rank, ", *RATINGS, "close, symbol, name"))


async def test_several_wrong_fields_are_all_named(unstarted: httpx.AsyncClient) -> None:
    response = await unstarted.get("/screener/stocks?limit=x&min_rs=500&foo=1")
    assert sorted(fields(response, 422)) == [("query", "foo"), ("query", "limit"), ("query", "min_rs")]


@pytest.mark.parametrize("path", ["/screener/stocks/%00", "/screener/stocks/A%00/prices"])
async def test_a_symbol_with_a_zero_byte_is_not_found(unstarted: httpx.AsyncClient, path: str) -> None:
    problem(await unstarted.get(path), 404)
