"""Endpoints as a table: one row gives the route, the checks of a request, and its page in OpenAPI."""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from canslim_api.observed import ROUTE
from canslim_api.problems import Invalid, explain, wrong
from canslim_api.services import Services

#: Bytes of the largest body: 20,000 symbols fit.
LARGEST_BODY = 256 * 1024
#: PostgreSQL counts rows in eight bytes; nobody pages so far.
LARGEST_OFFSET = 10**9


class Query(BaseModel):
    """The query parameters of an endpoint; an unknown one is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Body(BaseModel):
    """The JSON body of an endpoint; an unknown field or a wrong type is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


AnyQuery = TypeVar("AnyQuery", bound=Query)
AnyBody = TypeVar("AnyBody", bound=Body)


@dataclass(frozen=True, slots=True)
class Call(Generic[AnyQuery, AnyBody]):
    """A request that passed its endpoint's checks."""

    request: Request
    services: Services
    query: AnyQuery
    body: AnyBody

    @property
    def path(self) -> dict[str, Any]:
        return self.request.path_params


Handler = Callable[[Call[Any, Any]], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path. `answers`: status to the model of its JSON, None where there is none."""

    method: str
    path: str
    handler: Handler
    summary: str
    answers: dict[int, type[BaseModel] | None]
    query: type[Query] = Query
    body: type[Body] | None = None
    admin: bool = False
    media_types: tuple[str, ...] = field(default=("application/json",))
    headers: tuple[str, ...] = ()

    async def serve(self, request: Request, services: Services) -> Response:
        if "\0" in request.scope["path"]:
            raise HTTPException(404)
        if self.admin:
            require_admin(request, services)
        query = _query(self.query, request)
        body = await _body(self.body, request)
        return await self.handler(Call(request, services, query, body))


def make_routes(endpoints: Sequence[Endpoint], services: Services) -> list[Route]:
    """One a path, so that a wrong method is answered with all the right ones."""
    paths = dict.fromkeys(endpoint.path for endpoint in endpoints)
    return [_route(path, [one for one in endpoints if one.path == path], services) for path in paths]


def _route(path: str, endpoints: Sequence[Endpoint], services: Services) -> Route:
    by_method = {endpoint.method: endpoint for endpoint in endpoints}

    async def serve(request: Request) -> Response:
        request.scope[ROUTE] = path
        method = "GET" if request.method == "HEAD" else request.method
        return await by_method[method].serve(request, services)

    return Route(path, serve, methods=list(by_method), name=path)


def require_admin(request: Request, services: Services) -> None:
    """Compares the bearer token in constant time."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    expected = services.settings.admin_token
    if not expected or scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), expected.encode()):
        raise HTTPException(
            401,
            "this needs the administrator's token: Authorization: Bearer <CANSLIM_ADMIN_TOKEN>",
            {"WWW-Authenticate": 'Bearer realm="canslim"'},
        )


def _query(model: type[Query], request: Request) -> Query:
    doubled = [name for name in request.query_params if len(request.query_params.getlist(name)) > 1]
    if doubled:
        raise wrong("query", doubled[0], "is given more than once")
    for name, value in request.query_params.items():
        # PostgreSQL's text can't hold it.
        if "\0" in value:
            raise wrong("query", name, "has a zero byte")
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise explain(error, "query") from None


async def _body(model: type[Body] | None, request: Request) -> Body:
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > LARGEST_BODY:
            raise Invalid(413, f"the body is larger than {LARGEST_BODY} bytes")
    if model is None:
        return Body()
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if received and media_type != "application/json":
        raise Invalid(415, f"the body must be application/json, not {media_type}")
    try:
        return model.model_validate_json(bytes(received) or b"{}")
    except ValidationError as error:
        raise explain(error, "body") from None
