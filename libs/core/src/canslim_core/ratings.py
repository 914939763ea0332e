"""The published ratings, for those who store, serve and show them and compute none.

`ratings.json` is the catalogue of canslim_ratings, written by `make golden`; a test holds the two together.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from string import Formatter
from typing import Any, Final

#: What the RS line compares with.
BENCHMARK: Final = "SPY"


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

    def grade(self, value: float | None) -> str | None:
        """The grade of a value, such as `B+`; None where it is missing, or the rating has no grades."""
        if value is None or not self.grades:
            return None
        rising = self.grades[::-1]
        at = bisect_right([least for least, _ in rising], value)
        return rising[at - 1][1] if at else None

    def work_out(self, detail: Mapping[str, Any]) -> str:
        """Writes `worked` with the figures of one stock, or why it has no value.

        detail: `value`, `grade`, `reason`, `inputs`, as a stock's details have them under the rating's name.
        """
        if detail["reason"] is not None:
            return f"missing: {self.missing.get(detail['reason'], detail['reason'])}"
        figures = {**detail["inputs"], "value": detail["value"], "grade": detail["grade"]}
        return _Gapped().vformat(self.worked, (), figures)


class _Gapped(Formatter):
    """Formats figures, of which some are missing."""

    def format_field(self, value: Any, format_spec: str) -> str:
        return "(missing)" if value is None else str(super().format_field(value, format_spec))


def _read() -> dict[str, PublishedRating]:
    described = json.loads(files("canslim_core").joinpath("ratings.json").read_text("utf-8"))
    return {
        rating["name"]: PublishedRating(
            **rating | {"grades": tuple((least, grade) for least, grade in rating["grades"])}
        )
        for rating in described
    }


#: By name, in the order they are computed and shown.
RATINGS: Final[Mapping[str, PublishedRating]] = _read()
