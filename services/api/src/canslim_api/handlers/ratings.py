"""The catalogue of ratings, and who moved in one of them."""

from dataclasses import asdict
from datetime import date

from pydantic import BaseModel, Field, field_validator
from starlette.responses import Response

from canslim_api.endpoints import Body, Call, Query
from canslim_api.handlers.stocks import UniverseQuery, known_universe
from canslim_api.problems import wrong
from canslim_core.ratings import RATINGS
from canslim_infra.postgres.rating_history import read_movers


class RatingItem(BaseModel):
    """A rating of the catalogue; see canslim_core.ratings."""

    name: str
    title: str
    version: str
    unit: str
    low: float
    high: float
    decimals: int
    definition: str
    formula: str
    source: str
    worked: str
    missing: dict[str, str]
    grades: list[tuple[float, str]]


class RatingList(BaseModel):
    items: list[RatingItem]


class MoversQuery(UniverseQuery):
    rating: str = "rs_rating"
    #: Published sessions between the two.
    back: int = Field(default=5, ge=1, le=1000)
    #: Who reaches it is a leader; by default 80, or the rating's best grade.
    leader: float | None = None
    limit: int = Field(default=20, ge=1, le=1000)

    @field_validator("rating")
    @classmethod
    def known(cls, rating: str) -> str:
        if rating not in RATINGS:
            raise ValueError(f"there is no such rating; there is: {', '.join(RATINGS)}")
        return rating


class Mover(BaseModel):
    symbol: str
    name: str | None
    now: float
    earlier: float | None
    change: float | None


class MoverList(BaseModel):
    """leaders: new at the bound or above; rises, falls: the largest changes first."""

    universe: str
    rating: str
    session: date
    earlier_session: date
    #: By which formulas the two were rated; where these differ, so may ratings without any news.
    version: str
    earlier_version: str
    leader: float
    leaders: list[Mover]
    rises: list[Mover]
    falls: list[Mover]


async def index(call: Call[Query, Body]) -> Response:
    listed = RatingList(items=[RatingItem(**asdict(rating)) for rating in RATINGS.values()])
    return Response(listed.model_dump_json(), media_type="application/json")


async def movers(call: Call[MoversQuery, Body]) -> Response:
    query = call.query
    rating = RATINGS[query.rating]
    leader = rating.leading if query.leader is None else query.leader
    if not rating.low <= leader <= rating.high:
        raise wrong("query", "leader", f"{rating.name} is from {rating.low:g} to {rating.high:g}, not {leader:g}")
    universe = await known_universe(query.universe, call.services)
    found = await read_movers(
        call.services.database,
        universe,
        query.session,
        rating=rating.name,
        back=query.back,
        bound=leader,
        limit=query.limit,
    )
    listed = MoverList(universe=universe, rating=rating.name, leader=leader, **asdict(found))
    return Response(listed.model_dump_json(), media_type="application/json")
