"""The description against the routes, against OpenAPI's own rules, and against real answers."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import BaseModel

from canslim_api.endpoints import Endpoint
from canslim_api.openapi import describe
from canslim_api.routes import ENDPOINTS
from canslim_infra.postgres.connection import Database
from tests.api.rated import Rated, letters, publish, store_bars
from tests.api.test_access import path_of
from tests.api.worker import SESSION, complete

DOCUMENT = describe(ENDPOINTS)
OPERATIONS = [
    (path, method, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]


def described(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = DOCUMENT["paths"][re.sub(r":\w+}", "}", endpoint.path)][endpoint.method.lower()]
    return operation


def every(node: Any, key: str) -> Iterator[Any]:
    """All values of the key anywhere in the document."""
    if isinstance(node, dict):
        if key in node:
            yield node[key]
        for child in node.values():
            yield from every(child, key)
    elif isinstance(node, list):
        for child in node:
            yield from every(child, key)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: f"{one.method} {one.path}")
def test_every_route_is_described(endpoint: Endpoint) -> None:
    operation = described(endpoint)
    assert operation["summary"]
    assert {str(code) for code in endpoint.answers} | {"default"} == operation["responses"].keys()
    assert ("security" in operation) == endpoint.admin
    assert ("requestBody" in operation) == (endpoint.body is not None)


def test_nothing_is_described_that_is_no_route() -> None:
    assert len(OPERATIONS) == len(ENDPOINTS)


def test_the_document_has_the_parts_that_openapi_demands() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert DOCUMENT["info"].keys() >= {"title", "version"}
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(ids) == len(set(ids))
    for _, _, operation in OPERATIONS:
        assert all(answer["description"] for answer in operation["responses"].values())


def test_every_reference_leads_somewhere() -> None:
    references = set(every(DOCUMENT, "$ref"))
    assert references
    for reference in references:
        assert reference.removeprefix("#/components/schemas/") in DOCUMENT["components"]["schemas"]


@pytest.mark.parametrize(
    ("path", "method", "operation"), OPERATIONS, ids=lambda one: one if isinstance(one, str) else ""
)
def test_parameters_are_those_of_the_path_and_named_once(path: str, method: str, operation: dict[str, Any]) -> None:
    parameters = [(parameter["in"], parameter["name"]) for parameter in operation["parameters"]]
    assert len(parameters) == len(set(parameters))
    assert {name for where, name in parameters if where == "path"} == set(re.findall(r"{(\w+)}", path))
    assert all(parameter["required"] for parameter in operation["parameters"] if parameter["in"] == "path")
    assert all("type" in one["schema"] or "anyOf" in one["schema"] for one in operation["parameters"])


def test_the_document_is_plain_json() -> None:
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT


# Against real answers.

#: A field that is not described is an error here, and so is a described one that is not there.
SCHEMAS = {
    name: {"additionalProperties": False, **schema, "required": list(schema["properties"])}
    if "properties" in schema
    else schema
    for name, schema in DOCUMENT["components"]["schemas"].items()
}
ANSWERED = [
    endpoint for endpoint in ENDPOINTS if endpoint.method == "GET" and isinstance(endpoint.answers.get(200), type)
]


@pytest.fixture
async def job_id(admin: httpx.AsyncClient, database: Database) -> str:
    """A job that has a failure, and everything that the other endpoints read."""
    job_id: str = (await admin.post("/screener/refresh")).json()["job_id"]
    await complete(database, job_id, "A", "NKE", failed=("A",))
    for session in (SESSION - timedelta(days=day) for day in range(6)):
        nke = Rated("NKE", 85, 70.0, letters=letters(C=1), details={"C": {}}, figures={"smr_grade": 85.0})
        await publish(database, nke, Rated("X", 80 + session.day % 7, 60.0), session=session)
    await store_bars(database, "NKE", 1, 2, 3)
    return job_id


@pytest.mark.parametrize("endpoint", ANSWERED, ids=lambda one: one.path)
async def test_real_answers_are_as_described(api: httpx.AsyncClient, job_id: str, endpoint: Endpoint) -> None:
    response = await api.get(path_of(endpoint).replace("00000000-0000-0000-0000-000000000000", job_id))
    model = endpoint.answers[200]
    assert response.status_code == 200
    assert model is not None
    schema = {"$ref": f"#/components/schemas/{model.__name__}", "components": {"schemas": SCHEMAS}}
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(response.json())


@pytest.mark.parametrize("endpoint", [one for one in ENDPOINTS if 202 in one.answers], ids=lambda one: one.path)
def test_what_is_accepted_is_described_as_a_started_job(endpoint: Endpoint) -> None:
    model = endpoint.answers[202]
    assert model is not None
    assert issubclass(model, BaseModel)
    assert model.model_fields.keys() == {"job_id", "state", "created"}


async def test_it_is_served(api: httpx.AsyncClient) -> None:
    response = await api.get("/openapi.json")
    assert response.json() == DOCUMENT


# For people.


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.scripts = 0
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag in ("script", "iframe", "object", "embed")
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
async def page(unstarted: httpx.AsyncClient) -> Page:
    response = await unstarted.get("/docs")
    assert response.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in response.headers["content-security-policy"]
    page = Page()
    page.feed(response.text)
    return page


async def test_the_page_lists_every_operation(page: Page) -> None:
    for path, method, operation in OPERATIONS:
        assert f"{method.upper()} {path}" in page.text
        assert operation["summary"] in page.text


async def test_the_page_loads_nothing_from_elsewhere(page: Page) -> None:
    assert (page.loaded, page.scripts) == (["/openapi.json"], 0)


async def test_the_root_leads_to_the_page(unstarted: httpx.AsyncClient) -> None:
    response = await unstarted.get("/")
    assert (response.status_code, response.headers["location"]) == (307, "/docs")
