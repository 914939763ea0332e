"""The ratings that are published, in one place for storage, API and documentation."""

from typing import Final

from canslim_ratings.catalogue import (
    acc_dis,
    composite,
    coverage,
    eps_rating,
    group_rs,
    group_rs_change,
    rs_3m,
    rs_6m,
    rs_line_high,
    rs_line_leads,
    rs_provisional,
    rs_rating,
    score,
    smr_grade,
)
from canslim_ratings.catalogue.rating import Rated, Rating, Ratings

#: In the order they are computed and shown; a rating may build on those before it.
CATALOGUE: Final[tuple[Rating, ...]] = (
    rs_rating.RATING,
    rs_provisional.RATING,
    score.RATING,
    coverage.RATING,
    rs_3m.RATING,
    rs_6m.RATING,
    rs_line_high.RATING,
    rs_line_leads.RATING,
    group_rs.RATING,
    *group_rs_change.RATINGS,
    eps_rating.RATING,
    smr_grade.RATING,
    acc_dis.RATING,
    composite.RATING,
)

__all__ = ["CATALOGUE", "Rated", "Rating", "Ratings"]
