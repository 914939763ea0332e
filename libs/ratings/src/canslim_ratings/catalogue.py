"""The ratings that are published, in one place for storage, API and documentation."""

from dataclasses import dataclass
from typing import Final

from canslim_ratings.can_slim import FORMULA
from canslim_ratings.rs_variants import CALENDAR_63


@dataclass(frozen=True)
class Rating:
    """One published number a symbol and session. `low` and `high` bound it; missing is null, with a reason."""

    name: str
    title: str
    version: str
    description: str
    low: float
    high: float


CATALOGUE: Final[tuple[Rating, ...]] = (
    Rating(
        name="rs_rating",
        title="RS Rating",
        version=CALENDAR_63.version,
        description="Weighted return of up to 252 sessions, ranked against all rated stocks; 99 is the strongest.",
        low=1.0,
        high=99.0,
    ),
    Rating(
        name="rs_provisional",
        title="Provisional RS Rating",
        version=CALENDAR_63.version,
        description="For 63 to 252 sessions of history: the returns that exist, placed among the rated stocks.",
        low=1.0,
        high=99.0,
    ),
    Rating(
        name="score",
        title="CAN SLIM score",
        version=FORMULA,
        description="Points earned of the points available, in percent. Read it together with the coverage.",
        low=0.0,
        high=100.0,
    ),
    Rating(
        name="coverage",
        title="Coverage",
        version=FORMULA,
        description="The share of the rubric's 100 points that the data could judge.",
        low=0.0,
        high=1.0,
    ),
)
