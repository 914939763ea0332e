"""The CAN SLIM score: points earned of points available, and how much of the rubric was available."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings.arrays import BoolArray, FloatArray, divide, first_reason
from canslim_ratings.criteria import CRITERIA, Verdicts
from canslim_ratings.details import Detail, iterate_details
from canslim_ratings.facts import Facts

FORMULA: Final = "can-slim.3"
LETTERS: Final = ("C", "A", "N", "S", "L", "I", "M")
#: Nobody is graded on less of the rubric, nor without current earnings and leadership.
MINIMUM_COVERAGE: Final = 0.70
#: Points of the whole rubric.
FULL_POINTS: Final = float(sum(criterion.points for criterion in CRITERIA))


@dataclass(frozen=True)
class ScoreCard:
    """What the rubric says of every symbol on one session.

    table: indexed by symbol in the order of the universe:
        score: earned / available * 100; NaN where nothing is available.
        coverage: available / 100 points of the rubric, 0 to 1. Never show a score without it.
        earned, available: points.
        graded: C1 and L1 are available, and coverage is 0.70 or more.
        reason: why not graded: `c1_missing`, `l1_missing`, `low_coverage`; else None.
        <letter>_points, <letter>_available: for each of the seven; points are NaN where nothing is available.
    verdicts: by criterion id, in the order of the rubric.
    """

    session: pd.Timestamp
    formula: str
    table: pd.DataFrame
    verdicts: Mapping[str, Verdicts] = field(repr=False)

    def details(self, symbols: Iterable[str] | None = None) -> Iterator[tuple[str, Detail]]:
        """Yields (symbol, letters), JSON-ready, for `symbols` or the whole universe; unknown symbols are skipped.

        Letters map to points, available, and criteria with the inputs behind them. Missing is None; dates are ISO
        strings; floats are plain and rounded to six decimals.
        """
        return iterate_details(self.verdicts, self.table.index, symbols)


def score(facts: Facts) -> ScoreCard:
    """Judges every symbol of `facts` by every criterion. What is missing costs coverage, never points."""
    verdicts = {criterion.id: criterion.judge(facts) for criterion in CRITERIA}
    letters = {letter: _letter(verdicts, letter) for letter in LETTERS}
    earned = np.sum([np.nan_to_num(points) for points, _ in letters.values()], axis=0)
    available = np.sum([most for _, most in letters.values()], axis=0)
    coverage = available / FULL_POINTS
    cases: tuple[tuple[BoolArray, str], ...] = (
        (verdicts["C1"].available == 0, "c1_missing"),
        (verdicts["L1"].available == 0, "l1_missing"),
        # The thirds of A1 must not push an exact 0.70 below it.
        (coverage < MINIMUM_COVERAGE - 1e-9, "low_coverage"),
    )
    reason = first_reason(len(earned), cases)
    table = pd.DataFrame(
        {
            "score": divide(earned * 100.0, available),
            "coverage": coverage,
            "earned": earned,
            "available": available,
            "graded": pd.isna(reason),
            "reason": pd.Series(reason, index=facts.symbols, dtype=object),
            **{f"{letter}_points": points for letter, (points, _) in letters.items()},
            **{f"{letter}_available": most for letter, (_, most) in letters.items()},
        },
        index=facts.symbols,
    )
    return ScoreCard(facts.session, FORMULA, table, verdicts)


def _letter(verdicts: Mapping[str, Verdicts], letter: str) -> tuple[FloatArray, FloatArray]:
    """Points and available points of one letter; points are NaN where none are available."""
    own = [verdicts[criterion.id] for criterion in CRITERIA if criterion.letter == letter]
    available: FloatArray = np.sum([verdict.available for verdict in own], axis=0)
    points = np.sum([np.nan_to_num(verdict.points) for verdict in own], axis=0)
    return np.where(available > 0, points, np.nan), available
