"""An evaluation as tidy tables, one figure a row."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings.evaluation.intervals import Estimate
from canslim_ratings.evaluation.report import EvaluatedRating, EvaluationReport, Outcome

COLUMNS: Final = ("rating", "horizon", "measure", "bucket", "value", "low", "high", "sessions", "windows", "reason")
MEANS: Final = ("information_coefficient", "spread", "hit_rate")
COUNTS: Final = ("rated", "unpriced", "not_bought", "suspect", "observed", "ended", "ended_stocks")
Row = tuple[str, int, str, str, float, float, float, float, float, str]


def as_frame(report: EvaluationReport) -> pd.DataFrame:
    """Every figure of `report` but those by session, one a row.

    rating, horizon (sessions; 0 for what has none), measure, bucket (its label, "" for the whole rating).
    value; low, high: the interval; NaN where missing. sessions: how many were averaged; windows: how many independent
    ones they are worth; NaN where neither applies. reason: why a value or its interval is missing, else "".

    measure: `information_coefficient`, `spread`, `hit_rate`, `turnover` (at horizon 0: since the rated session
    before), the fields of `Counts`, `unfinished`, `too_small`; by bucket `stocks`, `mean`, `median`, `excess`.
    """
    frame = pd.DataFrame([row for rating in report.ratings.values() for row in _rows(rating)], columns=list(COLUMNS))
    return frame.astype(dict.fromkeys(("value", "low", "high", "sessions", "windows"), "float64"))


def as_csv(report: EvaluationReport) -> str:
    """`as_frame` as CSV, six significant digits; missing is empty."""
    return as_frame(report).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def by_session(report: EvaluationReport) -> pd.DataFrame:
    """What was averaged, one figure a row: rating, horizon, session, measure, value (NaN where missing).

    measure: the columns of `Outcome.by_session`.
    """
    parts = [
        outcome.by_session.rename_axis("session")
        .reset_index()
        .melt("session", var_name="measure")
        .assign(rating=rating.name, horizon=horizon)
        for rating in report.ratings.values()
        for horizon, outcome in rating.outcomes.items()
    ]
    return pd.concat(parts, ignore_index=True)[["rating", "horizon", "session", "measure", "value"]]


def _rows(rating: EvaluatedRating) -> Iterator[Row]:
    yield _plain(rating.name, 0, "turnover", "", rating.turnover)
    for horizon, outcome in rating.outcomes.items():
        for measure in MEANS:
            yield _estimated(rating.name, horizon, measure, getattr(outcome, measure))
        yield _plain(rating.name, horizon, "turnover", "", outcome.turnover)
        for measure in COUNTS:
            yield _plain(rating.name, horizon, measure, "", getattr(outcome.counts, measure), outcome.reason or "")
        yield _plain(rating.name, horizon, "unfinished", "", outcome.unfinished)
        yield _plain(rating.name, horizon, "too_small", "", outcome.too_small)
        yield from _buckets(rating.name, horizon, outcome)


def _buckets(name: str, horizon: int, outcome: Outcome) -> Iterator[Row]:
    for label, found in outcome.buckets.iterrows():
        for measure in ("stocks", "mean", "median"):
            yield _plain(name, horizon, measure, str(label), float(found[measure]))
        yield (name, horizon, "excess", str(label), *found[["excess", "low", "high"]], np.nan, np.nan, "")


def _plain(name: str, horizon: int, measure: str, bucket: str, value: float, reason: str = "") -> Row:
    return (name, horizon, measure, bucket, float(value), np.nan, np.nan, np.nan, np.nan, reason)


def _estimated(name: str, horizon: int, measure: str, one: Estimate) -> Row:
    figures = (one.value, one.low, one.high, float(one.sessions), one.windows)
    return (name, horizon, measure, "", *figures, one.reason or "")
