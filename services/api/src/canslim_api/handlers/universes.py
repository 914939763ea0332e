"""Universes: the provider's, and own lists."""

import re
from datetime import datetime

from pydantic import BaseModel, Field
from starlette.responses import Response

from canslim_api.endpoints import Body, Call, Query
from canslim_api.handlers.jobs import Symbol
from canslim_api.problems import wrong
from canslim_core.errors import Conflict
from canslim_core.universes import provider_of
from canslim_infra.postgres.universes import delete_own_list, list_universes, write_own_list

OWN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class OwnListBody(Body):
    """The symbols of an own list, all of them: those it had before and that are not named are dropped."""

    symbols: list[Symbol] = Field(min_length=1, max_length=20_000)


class UniverseItem(BaseModel):
    """`symbols` counts members, benchmarks left out; `listed_at` is null where it was never listed.

    own: an own list. default: the one that is meant where a request names none.
    """

    name: str
    symbols: int
    listed_at: datetime | None
    own: bool
    default: bool


class UniverseList(BaseModel):
    total: int
    items: list[UniverseItem]


async def index(call: Call[Query, Body]) -> Response:
    services = call.services
    rows = await list_universes(services.database, services.universes)
    items = [UniverseItem(**row, default=row["name"] == services.default_universe) for row in rows]
    return _json(UniverseList(total=len(items), items=items))


async def replace(call: Call[Query, OwnListBody]) -> Response:
    services = call.services
    name = _own_name(call.path["name"])
    row = await write_own_list(services.database, name, services.settings.provider, call.body.symbols)
    return _json(UniverseItem(**row, default=name == services.default_universe))


async def delete(call: Call[Query, Body]) -> Response:
    name = call.path["name"]
    if (provider := provider_of(name)) is not None:
        raise Conflict(f"universe {name!r} is a list of provider {provider!r}; only own lists can be deleted")
    await delete_own_list(call.services.database, name)
    return Response(status_code=204)


def _own_name(name: str) -> str:
    """Raises Invalid for what no own list may be called."""
    if not OWN_NAME.fullmatch(name):
        expected = "expected 1 to 40 of a-z, 0-9, _ and -, the first one a letter or a digit"
        raise wrong("path", "name", f"{expected}; not {name[:60]!r}")
    if (provider := provider_of(name)) is not None:
        raise wrong("path", "name", f"expected a name that no provider uses; {name!r} is a list of {provider!r}")
    return name


def _json(model: BaseModel) -> Response:
    return Response(model.model_dump_json(), media_type="application/json")
