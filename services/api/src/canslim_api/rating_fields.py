"""The catalogue's ratings as fields of requests and answers."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field, create_model

from canslim_api.endpoints import Query
from canslim_core.ratings import RATINGS, SHORT_NAMES, PublishedRating
from canslim_infra.postgres.rating_columns import SHARED


def _bound(rating: PublishedRating) -> tuple[Any, Any]:
    number = float if rating.decimals else int
    return number | None, Field(default=None, ge=rating.low, le=rating.high, description=rating.title)


if TYPE_CHECKING:
    RatingBounds = Query
else:
    RatingBounds = create_model(
        "RatingBounds",
        __base__=Query,
        **{
            f"{side}_{SHORT_NAMES.get(name, name)}": _bound(rating)
            for name, rating in RATINGS.items()
            for side in ("min", "max")
        },
    )
    """A least and a largest value for every rating of the catalogue."""


def bounded(query: Query, side: str) -> dict[str, float]:
    """The bounds that a query of RatingBounds sets on one side, `min` or `max`, by name of a rating."""
    asked = {name: getattr(query, f"{side}_{SHORT_NAMES.get(name, name)}") for name in RATINGS}
    return {name: value for name, value in asked.items() if value is not None}


def figures(row: Mapping[str, Any]) -> dict[str, float | int | None]:
    """The shared ratings of a row, whole numbers as such."""
    return {name: _number(RATINGS[name], row[name]) for name in SHARED}


def grades(row: Mapping[str, Any]) -> dict[str, str]:
    """The grades of a row's ratings, by name; only where there is one."""
    found = {name: rating.grade(row[name]) for name, rating in RATINGS.items()}
    return {name: grade for name, grade in found.items() if grade is not None}


def describe_ratings(names: Sequence[str]) -> Callable[[dict[str, Any]], None]:
    """Adds ratings to the schema of a model that takes them as extra fields."""

    def describe(schema: dict[str, Any]) -> None:
        for name in names:
            rating = RATINGS[name]
            schema["properties"][name] = {
                "title": rating.title,
                "description": rating.definition,
                "anyOf": [{"type": "number" if rating.decimals else "integer"}, {"type": "null"}],
            }
        schema["required"] = [*schema["required"], *names]
        schema["additionalProperties"] = False

    return describe


def _number(rating: PublishedRating, value: float | None) -> float | int | None:
    if value is None or rating.decimals:
        return value
    return round(value)
