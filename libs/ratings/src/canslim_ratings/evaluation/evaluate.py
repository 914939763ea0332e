"""Evaluates ratings of past sessions by what their stocks earned afterwards."""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings.arrays import missing
from canslim_ratings.catalogue import CATALOGUE, Rating
from canslim_ratings.evaluation.buckets import make_buckets
from canslim_ratings.evaluation.growth import grow
from canslim_ratings.evaluation.outcomes import enough, measure
from canslim_ratings.evaluation.rated_sessions import RatedSessions, Session
from canslim_ratings.evaluation.report import EvaluatedRating, EvaluationReport
from canslim_ratings.evaluation.turnover import average, turnover
from canslim_ratings.evaluation.windows import Windows

#: 1, 3 and 6 months.
HORIZONS: Final = (21, 63, 126)


def evaluate(
    ratings: Mapping[Session, pd.DataFrame],
    close: pd.DataFrame,
    *,
    horizons: Iterable[int] = HORIZONS,
    catalogue: Iterable[Rating] = CATALOGUE,
    suspect_moves: pd.DataFrame | None = None,
) -> EvaluationReport:
    """Ranks the stocks of each rated session by each rating, and reports what they earned from the next close on.

    ratings: session (a date or a timestamp of its midnight) to symbols x ratings, higher is stronger; NaN is missing,
        and a rating may be absent from a session. Each must be as it was known at its session.
    close: sessions x symbols, split- and dividend-adjusted closes, oldest first; every session of the exchange has a
        row (NaN where a symbol has no bar), up to the newest there is. Zero and negative prices are missing.
    horizons: in sessions, from purchase to sale. catalogue: whose titles and grades are used; other ratings are named
        by their column and sorted by value or decile.
    suspect_moves: the shape of `close`, True at a close that a move leads to which is not believed (see the function
        of this name): windows with one are left out and counted. None believes all prices.

    Only stocks with the rating and a close at the session are sorted into buckets, and only they are compared with
    each other, so that a rating that few stocks have is not credited with who these few are. A session at which fewer
    than 20 have it counts for nothing.
    ValueError if sessions or symbols occur twice or in disorder, a rated session is no row of `close`, or a horizon
    is not positive. What cannot be measured has a reason in its `Outcome`.
    """
    rated, asked = RatedSessions.of(ratings, close, suspect_moves), tuple(horizons)
    if not asked or min(asked) < 1:
        raise ValueError(f"horizons must be numbers of sessions, 1 or more: {asked}")
    known = {rating.name: rating for rating in catalogue}
    windows = {horizon: Windows.of(rated, horizon) for horizon in asked}
    rounds = Windows.to_the_next(rated)
    priced = np.asarray((~missing(rated.prices)).any(axis=0))
    return EvaluationReport(
        sessions=rated.sessions,
        spacing=float(np.median(np.diff(rated.rows))) if len(rated.rows) > 1 else np.nan,
        symbols=int(priced.sum()),
        panel=(rated.calendar[0], rated.calendar[-1]),
        horizons=asked,
        ratings={name: _evaluate_one(rated, name, known.get(name), windows, rounds) for name in rated.names},
    )


def _evaluate_one(
    rated: RatedSessions, name: str, rating: Rating | None, windows: Mapping[int, Windows], rounds: Windows
) -> EvaluatedRating:
    values, counted = enough(rated.values(name)), rated.counts(name)
    buckets = make_buckets(values, rating.grades if rating else ())
    later = np.arange(1, len(rated.rows))
    return EvaluatedRating(
        name=name,
        title=rating.title if rating else name,
        labels=buckets.labels,
        turnover=average(turnover(buckets.codes == buckets.top, later - 1, later)),
        growth=grow(rated, buckets, rounds),
        outcomes={
            horizon: measure(rated, counted, values, buckets, horizon, held) for horizon, held in windows.items()
        },
    )
