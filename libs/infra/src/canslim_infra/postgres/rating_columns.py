"""Where a rating set keeps each rating of the catalogue."""

from collections.abc import Sequence
from typing import Final

from canslim_core.ratings import RATINGS

#: Ratings with a column of their own.
OWN_COLUMN: Final = ("rs_rating", "rs_provisional", "score", "coverage")
#: The others: each set names those that its rows' `figures` and `reasons` hold, in order.
SHARED: Final = tuple(name for name in RATINGS if name not in OWN_COLUMN)


def figure(name: str) -> str:
    """SQL for a rating of the catalogue, in the set of a table `chosen`; null where that set does not have it."""
    return name if name in OWN_COLUMN else f"rating.figures[array_position((SELECT ratings FROM chosen), '{name}')]"


def figure_of(name: str, row: str, ratings: Sequence[str]) -> str:
    """The same of the table `row`, whose set has `ratings`."""
    if name in OWN_COLUMN:
        return f"{row}.{name}"
    return f"{row}.figures[{ratings.index(name) + 1}]" if name in ratings else "NULL"


def shared_figures(ratings: Sequence[str], figures: Sequence[float | None] | None) -> dict[str, float | None]:
    """What a row holds of SHARED, by name; None where it is missing or its set is older than the rating."""
    stored = dict(zip(ratings, figures or (), strict=False))
    return {name: stored.get(name) for name in SHARED}
