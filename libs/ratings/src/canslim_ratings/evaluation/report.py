"""What an evaluation found, as values that cannot change."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from canslim_ratings.evaluation.intervals import Estimate


@dataclass(frozen=True)
class Counts:
    """Pairs of a session and a stock that had a rating: rated = unpriced + not_bought + suspect + observed.

    unpriced: no close at the rated session, so that it is ranked with nobody. not_bought: no close at the session
    after. suspect: left out, for a move inside the window is not believed. observed: the rest. Of these, ended: the
    series ended before the sale (see `ForwardReturns`), and the stock counts with what it earned until its last
    close. ended_stocks: how many different stocks these are.
    """

    rated: int
    unpriced: int
    not_bought: int
    suspect: int
    observed: int
    ended: int
    ended_stocks: int


@dataclass(frozen=True)
class Outcome:
    """What one rating was worth over one horizon, in sessions.

    sessions: the rated sessions that count. unfinished: rated sessions whose window ends after the panel; too_small:
        those with fewer than 20 stocks.
    reason: why there is nothing: `no_complete_window`, or `too_few_stocks` at every session; else None.
    buckets: indexed by label, weakest first: `stocks` (mean number at a session), `mean` and `median` (forward
        return of the bucket's stocks, equally weighted, averaged over the sessions), `excess`, `low`, `high` (mean
        less that of all stocks bought at the same session, and its interval); fractions, NaN for an empty bucket.
    spread: top bucket's mean less the bottom one's. hit_rate: share of the top bucket's stocks that earned more than
        the median of all bought at the same session, 0 to 1. information_coefficient: Spearman's rank correlation
        of rating and forward return. All averaged over sessions.
    turnover: share of the top bucket that was not in it a horizon before, averaged; NaN if no two sessions are so
        far apart.
    by_session: indexed by rated session: `information_coefficient`, `spread`, `hit_rate`, `stocks`.
    """

    horizon: int
    sessions: pd.DatetimeIndex
    unfinished: int
    too_small: int
    reason: str | None
    counts: Counts
    buckets: pd.DataFrame
    spread: Estimate
    hit_rate: Estimate
    information_coefficient: Estimate
    turnover: float
    by_session: pd.DataFrame


@dataclass(frozen=True)
class EvaluatedRating:
    """name: of the rating. labels: of its buckets, weakest first. outcomes: by horizon.

    turnover: share of the top bucket that was not in it at the rated session before, averaged.
    growth: what 1 became in the `top` bucket, the `bottom` one and `all` stocks, sorted anew at each rated session,
        before costs; indexed by the session of the trade. A bucket without stocks is in cash.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    turnover: float
    growth: pd.DataFrame
    outcomes: Mapping[int, Outcome]


@dataclass(frozen=True)
class EvaluationReport:
    """sessions: the rated ones. spacing: the median number of sessions between two. symbols: how many have a price.

    panel: first and last session of the prices. ratings: by name, in the order they came in.
    """

    sessions: pd.DatetimeIndex
    spacing: float
    symbols: int
    panel: tuple[pd.Timestamp, pd.Timestamp]
    horizons: tuple[int, ...]
    ratings: Mapping[str, EvaluatedRating]

    def __getitem__(self, name: str) -> EvaluatedRating:
        return self.ratings[name]
