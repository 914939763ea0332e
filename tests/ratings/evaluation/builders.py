"""Small markets whose ratings and returns are known."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from canslim_ratings.evaluation import EvaluationReport, evaluate

FIRST = pd.Timestamp("2020-01-01")


@dataclass(frozen=True)
class Case:
    """Ratings by session, and closes; `evaluate` with a horizon of ten sessions unless told otherwise."""

    ratings: dict[pd.Timestamp, pd.DataFrame]
    close: pd.DataFrame

    def evaluate(self, *horizons: int, suspect_moves: pd.DataFrame | None = None) -> EvaluationReport:
        return evaluate(self.ratings, self.close, horizons=horizons or (10,), suspect_moves=suspect_moves)

    def with_close(self, close: pd.DataFrame) -> "Case":
        return replace(self, close=close)


def symbols(count: int) -> list[str]:
    return [f"S{at:03}" for at in range(count)]


def constant_growth(stocks: int = 40, sessions: int = 200, spacing: int = 5) -> Case:
    """Stock n earns n basis points every session, and its rating is n: nobody could rate better."""
    days, names = pd.bdate_range(FIRST, periods=sessions), symbols(stocks)
    growth = 1.0 + np.arange(stocks) * 1e-4
    close = pd.DataFrame(100.0 * growth ** np.arange(sessions)[:, None], days, names)
    table = pd.DataFrame({"skill": np.arange(stocks, dtype=np.float64)}, names)
    return Case(dict.fromkeys(days[::spacing], table), close)


def random_walks(stocks: int = 60, sessions: int = 300, spacing: int = 5, seed: int = 0) -> Case:
    """Prices without memory, ratings `luck` that never change and know nothing, and `coin`, which is 0 or 1."""
    chance = np.random.default_rng(seed)
    days, names = pd.bdate_range(FIRST, periods=sessions), symbols(stocks)
    moves = 0.02 * chance.standard_normal((sessions, stocks)) + 0.01 * chance.standard_normal((sessions, 1))
    close = pd.DataFrame(50.0 * np.exp(np.cumsum(moves, axis=0)), days, names)
    luck = chance.permutation(stocks).astype(np.float64)
    table = pd.DataFrame({"luck": luck, "coin": luck % 2}, names)
    return Case(dict.fromkeys(days[::spacing], table), close)


def assert_same(found: EvaluationReport, expected: EvaluationReport, *, exact: bool = True) -> None:
    """Every figure is equal, those by session and the growth among them."""
    assert list(found.ratings) == list(expected.ratings)
    for name, rating in found.ratings.items():
        other = expected[name]
        assert rating.labels == other.labels
        same(rating.growth, other.growth, exact)
        np.testing.assert_equal(rating.turnover, other.turnover)
        for horizon, outcome in rating.outcomes.items():
            assert outcome.counts == other.outcomes[horizon].counts
            assert outcome.reason == other.outcomes[horizon].reason
            same(outcome.buckets, other.outcomes[horizon].buckets, exact)
            same(outcome.by_session, other.outcomes[horizon].by_session, exact)
            for measure in ("spread", "hit_rate", "information_coefficient"):
                one, two = getattr(outcome, measure), getattr(other.outcomes[horizon], measure)
                np.testing.assert_allclose([one.value, one.low, one.high], [two.value, two.low, two.high], atol=1e-12)


def same(found: pd.DataFrame, expected: pd.DataFrame, exact: bool) -> None:
    pd.testing.assert_frame_equal(found, expected, check_exact=exact)
