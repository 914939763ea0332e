import numpy as np
import pandas as pd
import pytest

from canslim_ratings import Facts, rate_all
from tests.ratings.builders import facts, panel, quarters, steady, strengths

SYMBOLS = "ABC"


def universe(**changes: object) -> Facts:
    """A leads in earnings, C in price; B lies between them in both."""
    close = panel({"A": steady(80.0), "B": steady(101.0), "C": steady(150.0)})
    filings = pd.concat(
        quarters(
            symbol,
            eps_diluted=(eps, 1, 1, 1, 1, 1, 1),
            revenue=(eps * 10, 10, 10, 10, 10, 10, 10),
            net_income=(eps, 1, 1, 1, 1, 1, 1),
            equity=(100,) * 7,
        )
        for symbol, eps in zip(SYMBOLS, (3.0, 2.0, 1.0), strict=True)
    )
    known = {"rs": strengths({"A": 10, "B": 50, "C": 90}), "filings": filings, "low": close}
    return facts(close, **(known | changes))


def test_earnings_and_strength_count_double() -> None:
    ratings = rate_all(universe())
    inputs = ratings["composite"].inputs
    # B and C close at the top of every day and stand at their highs, A does neither.
    assert ratings.table["smr_grade"].tolist() == [99, 50, 1]
    assert ratings.table["eps_rating"].tolist() == [99, 50, 1]
    assert inputs["acc_dis_place"] == pytest.approx([1, 74.5, 74.5])
    assert inputs["below_high_place"] == pytest.approx([1, 74.5, 74.5])
    assert inputs["blend"] == pytest.approx(
        [
            (2 * 10 + 2 * 99 + 99 + 1 + 1) / 7,
            (2 * 50 + 2 * 50 + 50 + 74.5 + 74.5) / 7,
            (2 * 90 + 2 * 1 + 1 + 74.5 + 74.5) / 7,
        ]
    )
    assert ratings.table["composite"].tolist() == [1, 99, 50]


def test_who_has_no_composite_moves_nobody() -> None:
    """D is strong and at its high, and has filed nothing."""
    alone, close = universe(), universe().close.assign(D=steady(200.0))
    joined = facts(close, rs=strengths({"A": 10, "B": 50, "C": 90, "D": 95}), filings=alone.filings, low=close)
    found, expected = rate_all(joined)["composite"], rate_all(alone)["composite"]
    assert found.reason.tolist() == [None, None, None, "eps_missing"]
    np.testing.assert_array_equal(found.value[:3], expected.value)
    for name in ("acc_dis_place", "below_high_place", "blend", "ranked"):
        np.testing.assert_array_equal(found.inputs[name][:3], expected.inputs[name])


def test_the_missing_group_leaves_seven_of_eight_weights() -> None:
    assert rate_all(universe())["composite"].inputs["weight"] == pytest.approx([7 / 8] * 3)


def test_two_missing_parts_are_enough_weight_and_three_are_not() -> None:
    # Without a group, lows and, for A, sales.
    found = universe(low=None)
    assert rate_all(found)["composite"].inputs["weight"] == pytest.approx([6 / 8] * 3)
    assert found.filings is not None
    filings = found.filings.assign(revenue=found.filings["revenue"].where(found.filings["symbol"] != "A"))
    assert rate_all(universe(low=None, filings=filings)).reasons["composite"].tolist() == ["low_coverage", None, None]


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"rs": strengths({"A": np.nan, "B": 50, "C": 90})}, "rs_missing"), ({"filings": None}, "eps_missing")],
)
def test_there_is_none_without_strength_or_earnings(change: dict[str, object], reason: str) -> None:
    assert rate_all(universe(**change)).reasons.loc["A", "composite"] == reason
