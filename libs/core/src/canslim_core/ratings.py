"""The published ratings and the rubric's criteria, for those who store, serve and show them and compute none.

`ratings.json` is what canslim_ratings says of them, written by `make golden`; a test holds the two together.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from canslim_core.sentences import fill_in, fill_in_what_is_known

#: What the RS line compares with.
BENCHMARK: Final = "SPY"
#: Where O'Neil begins to look, of ratings from 1 to 99.
LEADING: Final = 80.0
#: What a bound is called in a query where it is not the rating's own name: `min_rs`.
SHORT_NAMES: Final[Mapping[str, str]] = {"rs_rating": "rs"}
#: Why a score is not graded, so not to be compared.
NOT_GRADED: Final[Mapping[str, str]] = {
    "c1_missing": "the growth of its newest quarter's earnings (C1) can't be told",
    "l1_missing": "it has no RS Rating (L1)",
    "low_coverage": "under 70 % of the rubric could be judged",
}
LETTERS: Final[Mapping[str, str]] = {
    "C": "Current quarterly earnings",
    "A": "Annual earnings",
    "N": "New highs",
    "S": "Supply and demand",
    "L": "Leader or laggard",
    "I": "Institutional sponsorship",
    "M": "Market direction",
}


@dataclass(frozen=True, slots=True)
class PublishedRating:
    """One number a stock and session, described. Higher is stronger; missing is null, with a reason.

    version: of the formula. unit: what the number counts, in words. low, high: bounds. decimals: 0 for whole numbers.
    definition, formula, source: for a reader. worked: how a value follows from its inputs (see `work_out`).
    missing: the codes of reasons, and what each means. grades: the lowest value of each grade, best first.
    """

    name: str
    title: str
    version: str
    unit: str
    low: float
    high: float
    decimals: int
    definition: str
    formula: str
    source: str
    worked: str
    missing: Mapping[str, str]
    grades: tuple[tuple[float, str], ...]

    @property
    def leading(self) -> float:
        """Where leaders begin: the best grade, or 80 as O'Neil has it for what reaches so far."""
        if self.grades:
            return self.grades[0][0]
        return min(LEADING, self.high)

    def grade(self, value: float | None) -> str | None:
        """The grade of a value, such as `B+`; None where it is missing, or the rating has no grades."""
        if value is None or not self.grades:
            return None
        rising = self.grades[::-1]
        at = bisect_right([least for least, _ in rising], value)
        return rising[at - 1][1] if at else None

    def work_out(self, detail: Mapping[str, Any]) -> str:
        """How one stock's value follows from its inputs, or why it has none.

        detail: `value`, `grade`, `reason`, `inputs`, as a stock's details have them under the rating's name.
        """
        if detail["reason"] is not None:
            return self.missing.get(detail["reason"], detail["reason"])
        return fill_in(self.worked, {**detail["inputs"], "value": detail["value"], "grade": detail["grade"]})


@dataclass(frozen=True, slots=True)
class PublishedCriterion:
    """One row of the rubric, described.

    points: the most it can give. threshold: when it passes, in words. worked: the finding in a few sentences.
    remarks: the codes of reasons, and what each means.
    """

    id: str
    letter: str
    title: str
    points: float
    unit: str
    threshold: str
    version: str
    worked: str
    remarks: Mapping[str, str]

    def explain(self, verdict: Mapping[str, Any]) -> str:
        """What was found of one stock, in words, and why it is not available or judged as it is.

        verdict: `value`, `reason`, `inputs`, as a stock's details have them under its letter.
        """
        remark = self.remarks.get(verdict["reason"], verdict["reason"])
        if verdict.get("points") is None and remark:
            return f"Not available: {remark}."
        found = fill_in_what_is_known(self.worked, {**verdict["inputs"], "value": verdict["value"]})
        return " ".join([*found, *([f"{remark[0].upper()}{remark[1:]}."] if remark else [])])


_DESCRIBED: Final = json.loads(files("canslim_core").joinpath("ratings.json").read_text("utf-8"))
#: By name, in the order they are computed and shown.
RATINGS: Final[Mapping[str, PublishedRating]] = {
    rating["name"]: PublishedRating(**rating | {"grades": tuple(map(tuple, rating["grades"]))})
    for rating in _DESCRIBED["ratings"]
}
#: By id, in the order of the rubric.
CRITERIA: Final[Mapping[str, PublishedCriterion]] = {
    criterion["id"]: PublishedCriterion(**criterion) for criterion in _DESCRIBED["criteria"]
}
