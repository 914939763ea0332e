"""What a published rating is, and what the catalogue says of a universe on one session."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from canslim_ratings.arrays import BoolArray, FloatArray, TextArray, first_reason, missing, texts_where
from canslim_ratings.can_slim import ScoreCard
from canslim_ratings.criteria.criterion import Input
from canslim_ratings.details import iterate_rows
from canslim_ratings.facts import Facts

#: Reasons, strongest first: who they hold for, and their code.
Cases = list[tuple[BoolArray, str]]


@dataclass(frozen=True)
class Rated:
    """What one rating says, one element a symbol in the order of the universe.

    value: NaN where missing. reason: the code of why it is missing, None where there is a value.
    inputs: what the value was computed from, by name.
    """

    value: FloatArray
    reason: TextArray
    inputs: Mapping[str, Input] = field(default_factory=dict)

    @classmethod
    def where(cls, value: FloatArray, cases: Cases, inputs: Mapping[str, Input]) -> "Rated":
        """Keeps `value` where no case holds; elsewhere it is missing, for the first that does."""
        reason = first_reason(len(value), cases)
        return cls(np.where(pd.isna(reason), value, np.nan), reason, inputs)

    @classmethod
    def because(cls, value: FloatArray, why: TextArray, inputs: Mapping[str, Input]) -> "Rated":
        """Explains each value that is missing by what `why` holds there."""
        return cls(value, texts_where(missing(value), why), inputs)


@dataclass(frozen=True)
class Rating:
    """One published number a symbol and session. Higher is stronger; missing is null, with a reason.

    name: of its column, wherever it is stored, served or filtered by.
    version: changing the formula raises it. unit: what the number counts, in words.
    definition: what it says, for a layman. formula: how it is computed, to be checked by hand.
    source: whose public definition it follows, and what is not public.
    worked: how a value follows from its inputs, with their names, `value` and `grade` in braces; a part may be None.
    missing: the codes of reasons, and what each means. reads: the fields of Facts it is computed from.
    compute: from the facts, and the ratings before it in the catalogue, to one value a symbol.
    low, high: bounds. decimals: 0 for whole numbers. builds_on: names of the ratings that it takes values from.
    grades: the lowest value of each grade, best first; () for a plain number.
    """

    name: str
    title: str
    version: str
    unit: str
    definition: str
    formula: str
    source: str
    worked: str
    missing: Mapping[str, str]
    reads: tuple[str, ...]
    compute: "Callable[[Facts, Ratings], Rated]"
    low: float = 1.0
    high: float = 99.0
    decimals: int = 0
    builds_on: tuple[str, ...] = ()
    grades: tuple[tuple[float, str], ...] = ()

    def grade(self, value: FloatArray) -> TextArray:
        """The grade of each value, such as `B+`; None where it is missing, or the rating has no grades."""
        lowest = np.array([least for least, _ in reversed(self.grades)])
        names = np.array([None, *(name for _, name in reversed(self.grades))], dtype=object)
        at = np.searchsorted(lowest, value, side="right")
        graded: TextArray = names[np.where(missing(value), 0, at)]
        return graded


@dataclass(frozen=True)
class Ratings:
    """What a catalogue says of every symbol on one session.

    card: the rubric's verdicts behind the score. rated: by the name of the rating, in the order of the catalogue.
    """

    session: pd.Timestamp
    symbols: pd.Index
    card: ScoreCard
    catalogue: tuple[Rating, ...] = ()
    rated: Mapping[str, Rated] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> Rated:
        return self.rated[name]

    def followed_by(self, rating: Rating, facts: Facts) -> "Ratings":
        """These ratings, and then `rating`."""
        found = rating.compute(facts, self)
        return replace(self, catalogue=(*self.catalogue, rating), rated={**self.rated, rating.name: found})

    @property
    def versions(self) -> dict[str, str]:
        """The formula behind each number."""
        return {rating.name: rating.version for rating in self.catalogue}

    @property
    def table(self) -> pd.DataFrame:
        """Symbols x ratings, float64; NaN where missing."""
        return pd.DataFrame({name: rated.value for name, rated in self.rated.items()}, index=self.symbols)

    @property
    def reasons(self) -> pd.DataFrame:
        """Symbols x ratings: why each is missing, None where it is not."""
        columns = {name: pd.Series(rated.reason, dtype=object) for name, rated in self.rated.items()}
        return pd.DataFrame(columns).set_axis(self.symbols, axis="index")

    def details(self, symbols: Iterable[str] | None = None) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
        """Yields (symbol, ratings), JSON-ready, for `symbols` or the whole universe; unknown symbols are skipped.

        Each rating by name: `value`, `grade`, `reason`, `inputs`. Missing is None, dates are ISO strings, floats are
        rounded to six decimals. The criteria behind the score are in `card.details`.
        """
        columns = {
            rating.name: {
                "value": rated.value,
                "grade": rating.grade(rated.value),
                "reason": rated.reason,
                "inputs": rated.inputs,
            }
            for rating, rated in zip(self.catalogue, self.rated.values(), strict=True)
        }
        return iterate_rows(columns, self.symbols, symbols)
