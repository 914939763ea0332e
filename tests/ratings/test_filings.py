import numpy as np
import pandas as pd
import pytest

from canslim_ratings import as_known
from canslim_ratings.filings import conflicting_symbols, is_split
from tests.ratings.builders import filing, shared


def known(rows: list[dict[str, object]], session: str, splits: pd.DataFrame | None = None) -> pd.DataFrame:
    return as_known(pd.DataFrame(rows), pd.Timestamp(session), splits)


def split(symbol: str, ex_date: str, factor: float) -> pd.DataFrame:
    return pd.DataFrame({"symbol": [symbol], "ex_date": [pd.Timestamp(ex_date)], "factor": [factor]})


Q1 = filing("A", "Q1", "2024-03-31", "2024-05-01", eps_diluted=1.0, revenue=10.0, net_income=2.0)
Q1_RESTATED = filing("A", "Q1", "2024-03-31", "2024-08-01", eps_diluted=0.8, net_income=1.6)


def test_a_filing_is_known_on_the_session_it_became_known_and_not_before() -> None:
    assert len(known([Q1], "2024-04-30")) == 0
    assert len(known([Q1], "2024-05-01")) == 1


def test_the_newest_restatement_counts_once_it_is_known() -> None:
    assert known([Q1_RESTATED, Q1], "2024-07-31")["eps_diluted"].tolist() == [1.0]
    assert known([Q1_RESTATED, Q1], "2024-08-01")["eps_diluted"].tolist() == [0.8]


def test_a_figure_that_a_restatement_leaves_out_stays() -> None:
    row = known([Q1, Q1_RESTATED], "2024-08-01").iloc[0]
    assert (row["revenue"], row["known_on"]) == (10.0, pd.Timestamp("2024-08-01"))


def test_a_year_and_a_quarter_that_end_together_are_two_periods() -> None:
    rows = [
        filing("A", "FY", "2024-12-31", "2025-02-01", revenue=40.0),
        filing("A", "Q4", "2024-12-31", "2025-02-01", revenue=10.0),
    ]
    assert known(rows, "2025-03-01")["annual"].tolist() == [False, True]


def test_earnings_per_share_known_before_a_split_are_restated_and_nothing_else() -> None:
    row = known([Q1], "2024-07-01", split("A", "2024-06-01", 0.5)).iloc[0]
    assert (row["eps_diluted"], row["revenue"], row["net_income"]) == (0.5, 10.0, 2.0)


def test_earnings_filed_on_the_ex_date_are_already_in_new_shares() -> None:
    assert known([Q1], "2024-07-01", split("A", "2024-05-01", 0.5))["eps_diluted"].tolist() == [1.0]


def test_a_split_after_the_session_is_not_known() -> None:
    assert known([Q1], "2024-05-31", split("A", "2024-06-01", 0.5))["eps_diluted"].tolist() == [1.0]


def test_two_splits_multiply() -> None:
    splits = pd.concat([split("A", "2024-06-01", 0.5), split("A", "2024-06-15", 0.2), split("B", "2024-06-10", 3)])
    assert known([Q1], "2024-07-01", splits)["eps_diluted"].tolist() == [pytest.approx(0.1)]


@pytest.mark.parametrize("factor", [0.5, 0.142857, 0.666667, 0.500053, 0.952381, 1.5, 10.0, 29.99997, 135.00005])
def test_a_ratio_of_whole_numbers_is_a_split(factor: float) -> None:
    assert is_split(np.array([factor])).all()


@pytest.mark.parametrize("factor", [0.543183, 0.420875, 0.454133, 0.749625, 0.664275, 0.97])
def test_what_a_spin_off_or_a_special_dividend_leaves_is_none(factor: float) -> None:
    assert not is_split(np.array([factor])).any()
    assert known([Q1], "2024-07-01", split("A", "2024-06-01", factor))["eps_diluted"].tolist() == [1.0]


def test_a_column_that_a_source_does_not_have_is_missing() -> None:
    frame = pd.DataFrame([Q1]).drop(columns=["equity", "fiscal_year"])
    assert as_known(frame, pd.Timestamp("2024-06-01"))["equity"].isna().all()


def test_the_input_is_left_as_it_was() -> None:
    frame = pd.DataFrame([Q1, Q1_RESTATED])
    before = frame.copy(deep=True)
    as_known(frame, pd.Timestamp("2024-09-01"), split("A", "2024-06-01", 0.5))
    pd.testing.assert_frame_equal(frame, before)


# Traps in real filings.


@pytest.fixture(scope="module")
def real() -> pd.DataFrame:
    names = {
        "end_date": "period_end",
        "period_focus": "fiscal_period",
        "revenues": "revenue",
        "first_seen": "known_on",
    }
    return pd.read_parquet(shared("fundamentals/filings_2015_2017.parquet")).rename(columns=names)


def of(real: pd.DataFrame, symbol: str, session: str = "2017-03-31") -> pd.DataFrame:
    return as_known(real[real["symbol"] == symbol], pd.Timestamp(session)).set_index("period_end").sort_index()


def test_netflix_reported_before_its_seven_for_one_split(real: pd.DataFrame) -> None:
    rows = as_known(
        real[real["symbol"] == "NFLX"], pd.Timestamp("2015-07-20"), split("NFLX", "2015-07-15", 0.142857)
    ).set_index("period_end")
    assert rows.loc["2015-03-31", "eps_diluted"] == pytest.approx(0.38 / 7, rel=1e-4)
    assert rows.loc["2015-06-30", "eps_diluted"] == 0.06


def test_ashford_restated_its_first_quarter_of_2015_in_august(real: pd.DataFrame) -> None:
    assert of(real, "AINC", "2015-08-13").loc["2015-03-31", "eps_diluted"] == -4.57
    assert of(real, "AINC", "2015-08-14").loc["2015-03-31", "eps_diluted"] == -3.95


def test_transact_filed_an_empty_third_quarter_under_the_end_of_the_second(real: pd.DataFrame) -> None:
    rows = of(real, "TACT")
    assert rows.loc["2016-06-30", "known_on"] == pd.Timestamp("2016-08-08")
    assert rows.loc["2016-06-30", "revenue"] == 14801000.0


def test_nrg_filed_a_year_that_had_not_ended(real: pd.DataFrame) -> None:
    assert pd.Timestamp("2016-12-31") not in of(real, "NRG", "2016-03-31").index


def test_ofg_labelled_three_quarters_as_years(real: pd.DataFrame) -> None:
    annual = of(real, "OFG")["annual"]
    assert annual["2015-03-31":"2015-12-31"].tolist() == [False, False, False, True]


def test_flexsteel_labelled_one_quarter_as_a_year(real: pd.DataFrame) -> None:
    annual = of(real, "FLXS")["annual"]
    assert not annual["2015-03-31"]
    assert annual["2015-06-30"]


@pytest.mark.parametrize("symbol", ["SHO", "TPC", "FIL"])
def test_two_companies_file_under_one_symbol(real: pd.DataFrame, symbol: str) -> None:
    rows = as_known(real, pd.Timestamp("2016-06-30"))
    assert symbol in conflicting_symbols(rows)


def test_an_amendment_under_the_same_label_is_no_conflict(real: pd.DataFrame) -> None:
    rows = as_known(real, pd.Timestamp("2017-03-31"))
    assert len(conflicting_symbols(rows)) < 5
    assert "AINC" not in conflicting_symbols(rows)


def test_a_symbol_that_reads_like_a_missing_value_is_kept() -> None:
    rows = [Q1 | {"symbol": "NA"}, Q1 | {"symbol": "NAN"}, Q1 | {"symbol": "TRUE"}]
    assert known(rows, "2024-06-01")["symbol"].tolist() == ["NA", "NAN", "TRUE"]


def test_no_filings_are_no_periods() -> None:
    assert len(as_known(pd.DataFrame([Q1]).iloc[:0], pd.Timestamp("2024-06-01"))) == 0


def test_a_row_without_any_figure_is_left_out() -> None:
    assert len(known([filing("A", "Q1", "2024-03-31", "2024-05-01")], "2024-06-01")) == 0
    assert np.isnan(known([Q1], "2024-06-01")["equity"]).all()
