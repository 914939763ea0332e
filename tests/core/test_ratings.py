from typing import Any

import pytest

from canslim_core.ratings import CRITERIA, RATINGS


def verdict(**fields: Any) -> dict[str, Any]:
    return {"points": 1.0, "value": None, "reason": None, "inputs": {}} | fields


@pytest.mark.parametrize(("value", "grade"), [(80.0, "A"), (79.9, "B"), (1.0, "E"), (0.0, None), (None, None)])
def test_a_grade_begins_at_its_lowest_value(value: float | None, grade: str | None) -> None:
    assert RATINGS["smr_grade"].grade(value) == grade


def test_a_plain_number_has_no_grade() -> None:
    assert RATINGS["rs_rating"].grade(99) is None


@pytest.mark.parametrize(
    ("name", "leading"), [("rs_rating", 80), ("score", 80), ("smr_grade", 80), ("acc_dis", 32.5), ("coverage", 1)]
)
def test_leaders_begin_at_the_best_grade_or_at_80(name: str, leading: float) -> None:
    assert RATINGS[name].leading == leading


def test_a_missing_rating_says_why_in_words() -> None:
    detail = {"value": None, "grade": None, "reason": "short_history", "inputs": {}}
    assert "the first price is younger" in RATINGS["rs_rating"].work_out(detail)


def test_a_reason_that_is_newer_than_this_program_is_shown_as_it_is() -> None:
    assert CRITERIA["C1"].explain(verdict(points=None, reason="brand_new")) == "Not available: brand_new."


def test_a_criterion_tells_its_finding() -> None:
    inputs = {"eps": 1.53, "quarter_end": "2016-12-31", "eps_year_ago": 1.01}
    assert CRITERIA["C1"].explain(verdict(value=51.4851, inputs=inputs)) == (
        "Earnings of 1.53 a share in the quarter to 2016-12-31, against 1.01 a year before. That is +51 %."
    )


def test_a_turnaround_has_no_percentage_and_says_why() -> None:
    inputs = {"eps": 1.0, "quarter_end": "2016-12-31", "eps_year_ago": -1.0}
    told = CRITERIA["C1"].explain(verdict(reason="turnaround", inputs=inputs))
    assert "%." not in told
    assert told.endswith("From a loss to a profit: no percentage, counted as growth that just passes.")
