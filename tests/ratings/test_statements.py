import numpy as np
import pandas as pd
import pytest

from canslim_ratings import Statements
from tests.ratings.builders import filing, shared

YEAR = [
    filing("A", "Q1", "2023-03-31", "2023-05-01", revenue=10.0, net_income=1.0, eps_diluted=0.1, eps_basic=0.1),
    filing("A", "Q2", "2023-06-30", "2023-08-01", revenue=11.0, net_income=1.0, eps_diluted=0.1, eps_basic=0.1),
    filing("A", "Q3", "2023-09-30", "2023-11-01", revenue=12.0, net_income=1.0, eps_diluted=0.1, eps_basic=0.1),
    filing("A", "FY", "2023-12-31", "2024-02-15", revenue=48.0, net_income=6.0, eps_diluted=0.6, equity=90.0),
]


def statements(rows: list[dict[str, object]], session: str = "2024-03-01") -> Statements:
    return Statements.known(pd.DataFrame(rows), pd.Index(["A"]), pd.Timestamp(session))


def real(symbol: str, session: str = "2017-03-31") -> Statements:
    names = {
        "end_date": "period_end",
        "period_focus": "fiscal_period",
        "revenues": "revenue",
        "first_seen": "known_on",
    }
    frame = pd.read_parquet(shared("fundamentals/filings_2015_2017.parquet")).rename(columns=names)
    return Statements.known(frame, pd.Index([symbol]), pd.Timestamp(session))


def ends(found: Statements) -> list[str]:
    return [str(end) for end in found.quarters.period_end[0] if not np.isnat(end)]


def test_the_fourth_quarter_is_the_year_minus_three_quarters() -> None:
    quarters = statements(YEAR).quarters
    assert ends(statements(YEAR)) == ["2023-12-31", "2023-09-30", "2023-06-30", "2023-03-31"]
    assert quarters.derived[0, :4].tolist() == [True, False, False, False]
    newest = {name: grid[0, 0] for name, grid in quarters.figures.items()}
    assert newest["revenue"] == 15.0
    assert newest["net_income"] == 3.0
    assert newest["eps_diluted"] == pytest.approx(0.3)
    assert newest["equity"] == 90.0


def test_a_figure_that_the_year_lacks_has_no_fourth_quarter() -> None:
    assert np.isnan(statements(YEAR).quarters.figures["eps_basic"][0, 0])


def test_the_fourth_quarter_is_known_when_the_last_of_its_parts_is() -> None:
    assert ends(statements(YEAR, "2024-02-14"))[0] == "2023-09-30"
    late = [*YEAR[:2], YEAR[2] | {"known_on": pd.Timestamp("2024-02-20")}, *YEAR[3:]]
    assert statements(late).quarters.known_on[0, 0] == np.datetime64("2024-02-20")


def test_a_filed_fourth_quarter_is_taken_as_filed() -> None:
    filed = filing("A", "Q4", "2023-12-31", "2024-02-15", revenue=14.0)
    quarters = statements([*YEAR, filed]).quarters
    assert quarters.figures["revenue"][0, 0] == 14.0
    assert not quarters.derived[0, 0]


def test_a_year_that_lacks_a_quarter_has_no_fourth_one() -> None:
    assert ends(statements([YEAR[0], YEAR[2], YEAR[3]])) == ["2023-09-30", "2023-03-31"]


def test_a_missing_quarter_leaves_its_place_empty() -> None:
    found = statements([YEAR[0], YEAR[2]]).quarters
    assert np.isnat(found.period_end[0, 1])
    assert found.figures["revenue"][0, 2] == 10.0


def test_a_derived_quarter_with_the_wrong_sign_is_missing() -> None:
    odd = [*YEAR[:3], YEAR[3] | {"eps_diluted": 0.2}]
    assert np.isnan(statements(odd).quarters.figures["eps_diluted"][0, 0])


def test_fractions_of_a_cent_do_not_make_earnings() -> None:
    flat = [*YEAR[:3], YEAR[3] | {"eps_diluted": 0.3, "net_income": 3.0}]
    assert statements(flat).quarters.figures["eps_diluted"][0, 0] == 0.0


def test_years_stand_a_year_apart() -> None:
    rows = [
        filing("A", "FY", f"{year}-12-31", f"{year + 1}-02-15", eps_diluted=year - 2000.0)
        for year in (2020, 2021, 2023)
    ]
    eps = statements(rows).years.figures["eps_diluted"][0]
    np.testing.assert_array_equal(eps, [23, np.nan, 21, 20])


def test_visa_ends_its_year_in_september() -> None:
    quarters = real("V").quarters
    assert str(quarters.period_end[0, 1]) == "2016-09-30"
    assert quarters.derived[0, 1]
    assert quarters.figures["revenue"][0, 1] == 15.082e9 - 3.565e9 - 3.626e9 - 3.630e9
    assert quarters.figures["eps_diluted"][0, 1] == pytest.approx(5.32)


def test_kroger_has_a_first_quarter_of_sixteen_weeks() -> None:
    quarters = real("KR", "2015-07-31").quarters
    assert [str(end) for end in quarters.period_end[0, :2]] == ["2015-05-23", "NaT"]
    newest = real("KR", "2016-12-31").quarters
    assert newest.years_apart(0, 4, 1).tolist() == [True]


def test_arci_mislabels_quarters_which_are_placed_by_their_ends() -> None:
    found = real("ARCI", "2016-06-30")
    assert ends(found)[:5] == ["2016-04-02", "2016-01-02", "2015-10-03", "2015-07-04", "2015-04-04"]
    assert found.quarters.years_apart(0, 4, 1).tolist() == [True]


def test_abbvie_tagged_millions_as_units_so_its_fourth_quarter_of_revenue_is_unknown() -> None:
    quarters = real("ABBV", "2016-03-31").quarters
    assert str(quarters.period_end[0, 0]) == "2015-12-31"
    assert np.isnan(quarters.figures["revenue"][0, 0])
    assert quarters.figures["eps_diluted"][0, 0] == pytest.approx(0.93)


def test_alcoa_restated_the_year_after_a_separation_so_the_rest_is_negative_and_unknown() -> None:
    quarters = real("AA").quarters
    assert str(quarters.period_end[0, 0]) == "2016-12-31"
    assert np.isnan(quarters.figures["revenue"][0, 0])


def test_two_companies_under_one_symbol_have_no_statements() -> None:
    found = real("SHO")
    assert found.conflicting.tolist() == [True]
    assert ends(found) == []
