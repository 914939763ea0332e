"""Market direction: what the indexes say and why."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from canslim_api.endpoints import Body, Call
from canslim_api.handlers.stocks import UniverseQuery, known_universe
from canslim_infra.postgres.rating_reads import read_market


class Market(BaseModel):
    """`market` is null, with `reason`, where the universe has no benchmark."""

    universe: str
    session: date
    published_at: datetime
    market: dict[str, Any] | None
    reason: str | None


async def show(call: Call[UniverseQuery, Body]) -> Response:
    universe = await known_universe(call.query.universe, call.services)
    row = await read_market(call.services.database, universe, call.query.session)
    market = Market(
        universe=universe,
        session=row["session"],
        published_at=row["published_at"],
        market=row["market"],
        reason=None if row["market"] else "no_benchmark",
    )
    return Response(market.model_dump_json(), media_type="application/json")
