"""eps_rating, smr_grade."""

import numpy as np
import pandas as pd
import pytest

from canslim_ratings import Facts, rate_all
from tests.ratings.builders import facts, filing, panel, quarters, steady, strengths, years
from tests.ratings.catalogue.rated import rate


def earning(*parts: pd.DataFrame, symbols: str = "ABCD", **others: object) -> Facts:
    close = panel({symbol: steady(120.0) for symbol in symbols})
    known = {"rs": strengths(dict.fromkeys(symbols, 80.0)), "filings": pd.concat(parts)}
    return facts(close, **(known | others))


def eps(symbol: str, *newest_first: float) -> pd.DataFrame:
    return quarters(symbol, eps_diluted=newest_first)


def test_the_eps_rating_weighs_places_by_hand() -> None:
    # Growth of the newest quarter 100, 50, 0 %; of the one before 0, 50, 100 %. No years, six quarters only.
    found = earning(
        eps("A", 2, 1, 1, 1, 1, 1), eps("B", 1.5, 1.5, 1, 1, 1, 1), eps("C", 1, 2, 1, 1, 1, 1), symbols="ABC"
    )
    ratings = rate_all(found)
    # A: (0.3 x 99 + 0.2 x 1) / 0.5; B: 50; C: (0.3 x 1 + 0.2 x 99) / 0.5.
    assert ratings["eps_rating"].inputs["blend"] == pytest.approx([59.8, 50, 40.2])
    assert ratings["eps_rating"].inputs["weight"] == pytest.approx([0.5] * 3)
    assert ratings.table["eps_rating"].tolist() == [99, 50, 1]


def test_annual_growth_and_steadiness_count_where_they_are_known() -> None:
    record = (2.0, 1.9, 1.8, 1.7, 1.6, 1.5, 1.4, 1.3)
    found = rate(
        "eps_rating",
        earning(eps("A", *record), years("A", eps_diluted=(8, 4, 2, 1)), eps("B", 3, 1, 1, 1, 1, 1), symbols="AB"),
    )
    assert found["annual_growth_pct"] == pytest.approx(100)
    # The sums of four fall by 0.4 from quarter to quarter, on a straight line.
    assert found["variation_pct"] == pytest.approx(0)
    assert found["growth_pct"] == pytest.approx(25)


def test_earnings_stray_by_the_mean_square_around_their_line() -> None:
    # Sums of four: 4, 4, 6, 4, 4. The line is flat at 4.4; distances -0.4, -0.4, 1.6, -0.4, -0.4.
    found = rate("eps_rating", earning(eps("A", 1, 0, 2, 1, 1, 2, 0, 1)))
    assert found["variation_pct"] == pytest.approx(np.sqrt((4 * 0.16 + 2.56) / 5) / 4.4 * 100)


def test_seven_quarters_tell_nothing_of_steadiness() -> None:
    assert np.isnan(rate("eps_rating", earning(eps("A", 1, 1, 1, 1, 1, 1, 1)))["variation_pct"])


def test_a_turnaround_counts_as_growth_that_just_passes_and_losses_as_all_lost() -> None:
    found = rate_all(
        earning(
            eps("A", 1, 1, 1, 1, -1, 1),
            eps("B", -1, 1, 1, 1, -2, 1),
            eps("C", -5, 1, 1, 1, 1, 1),
            eps("D", 1.25, 1, 1, 1, 1, 1),
        )
    )
    assert found["eps_rating"].inputs["growth_pct"].tolist() == [25, -100, -100, 25]
    assert found.table["eps_rating"].tolist() == [83, 17, 17, 83]


@pytest.mark.parametrize(
    ("filings", "reason"),
    [
        (eps("A", 1, 1, 1, 1), "no_year_ago"),
        (eps("A", 1, 1, 1, 1, 1), "no_year_ago"),
        (eps("A", 1, np.nan, 1, 1, 1, 1), "not_reported"),
        (pd.DataFrame([filing("A", "Q1", "2024-03-31", "2024-05-01", eps_diluted=1.0)]), "stale_filings"),
        (eps("Z", 1, 1), "no_filings"),
    ],
)
def test_the_eps_rating_is_missing_for_a_reason(filings: pd.DataFrame, reason: str) -> None:
    filings = filings.dropna(axis="index", subset=["eps_diluted"]) if reason != "not_reported" else filings
    padded = filings.assign(revenue=1.0)
    assert rate("eps_rating", earning(padded, eps("B", 1, 1, 1, 1, 1, 1)))["reason"] == reason


@pytest.mark.parametrize("name", ["eps_rating", "smr_grade"])
def test_who_has_no_price_or_is_not_to_be_rated_is_compared_with_nobody(name: str) -> None:
    close = panel({symbol: steady(120.0) for symbol in "ABCDE"})
    close.loc[close.index[-1], "A"] = np.nan
    filings = pd.concat(
        quarters(symbol, eps_diluted=(1 + at,) * 7, revenue=(9,) * 7, net_income=(1 + at,) * 7, equity=(9,) * 7)
        for at, symbol in enumerate("ABCDE")
    )
    known = strengths(dict.fromkeys("ABDE", 80.0))
    known.loc["B", ["rs_rating", "reason"]] = [np.nan, "not_eligible"]
    found = rate_all(facts(close, filings=filings, rs=known))
    assert found.reasons[name].tolist() == ["no_price", "not_eligible", "unrated", None, None]
    assert found[name].inputs["ranked"].tolist() == [2] * 5


# SMR.


def company(symbol: str, *, sales: float, income: float, equity: float = 100.0) -> pd.DataFrame:
    """Quarterly sales of 100 a year ago and of `sales` since; equity has not changed."""
    return quarters(symbol, revenue=(sales,) * 4 + (100,) * 3, net_income=(income,) * 7, equity=(equity,) * 7)


def test_the_smr_grade_is_the_rank_of_three_places() -> None:
    found = earning(
        company("A", sales=150, income=30, equity=100),
        company("B", sales=120, income=12, equity=400),
        company("C", sales=100, income=15, equity=200),
        symbols="ABC",
    )
    ratings = rate_all(found)
    inputs = ratings["smr_grade"].inputs
    assert inputs["sales_growth_pct"] == pytest.approx([50, 20, 0])
    assert inputs["net_margin_pct"] == pytest.approx([20, 10, 15])
    assert inputs["return_on_equity_pct"] == pytest.approx([120, 12, 30])
    # Places: A 99 99 99; B 50 1 1; C 1 50 50.
    assert inputs["blend"] == pytest.approx([99, 52 / 3, 101 / 3])
    assert ratings.table["smr_grade"].tolist() == [99, 1, 50]
    assert rate("smr_grade", found, "C")["grade"] == "C"


@pytest.mark.parametrize(
    ("filings", "reason"),
    [
        (quarters("A", revenue=(1,) * 6, net_income=(1,) * 6, equity=(1,) * 6), "sales_growth_unknown"),
        (quarters("A", revenue=(1,) * 7, net_income=(1, 1, 1, np.nan, 1, 1, 1), equity=(1,) * 7), "margin_unknown"),
        (company("A", sales=120, income=1, equity=-5), "return_on_equity_unknown"),
        (quarters("A", revenue=(1, 1, 1, 1, 0, 1, 1), net_income=(1,) * 7, equity=(1,) * 7), "sales_growth_unknown"),
    ],
)
def test_the_smr_grade_is_missing_for_a_reason(filings: pd.DataFrame, reason: str) -> None:
    assert rate("smr_grade", earning(filings, company("B", sales=120, income=1)))["reason"] == reason
