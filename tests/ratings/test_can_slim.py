import json

import numpy as np
import pandas as pd
import pytest

from canslim_ratings import CRITERIA, FORMULA, Facts, market_direction, rate_strength, score
from canslim_ratings.can_slim import LETTERS
from tests.ratings.builders import facts, panel, quarters, shared, snapshots, steady, strengths, years
from tests.ratings.test_index_direction import DECLINE, FOLLOW, bars

UPTREND = market_direction({"SPY": bars([*DECLINE, *FOLLOW], [False] * 68 + [True])})
FILINGS = pd.concat(
    [
        quarters(
            eps_diluted=(2.0, 1.5, 1, 1, 1, 1),
            revenue=(13, 8, 7, 6, 10, 4),
            net_income=(3, 3, 3, 3, 3, 3),
            equity=(20, 19, 18, 17, 20, 15),
        ),
        years(eps_diluted=(8.0, 4.0, 2.0, 1.0)),
    ]
)


def leader(**changes: object) -> Facts:
    """One stock that earns everything but N2, L2 and I2, which its data cannot tell or does not show."""
    known: dict[str, object] = {
        "filings": FILINGS,
        "rs": strengths({"A": 95}),
        "market": UPTREND,
        "ownership": snapshots(("2024-11-15", {"institutional_pct": 50, "shares_float": 5e7})),
    }
    return facts(panel({"A": steady(150.0)}), **(known | changes))


def row(of: Facts) -> pd.Series:
    return score(of).table.loc["A"]


def test_a_score_is_earned_over_available_and_coverage_available_over_100() -> None:
    found = row(leader())
    # L2 (5 points) and I2 (5) are not available; N2 (5) is and fails.
    assert (found["available"], found["earned"]) == (pytest.approx(90), pytest.approx(85))
    assert found["score"] == pytest.approx(85 / 90 * 100)
    assert found["coverage"] == pytest.approx(0.90)
    assert (found["graded"], found["reason"]) == (True, None)


def test_letters_add_up_their_criteria() -> None:
    found = row(leader())
    assert (found["C_points"], found["C_available"]) == (20, 20)
    assert (found["L_points"], found["L_available"]) == (15, 15)
    assert sum(found[f"{letter}_points"] for letter in LETTERS) == pytest.approx(found["earned"])


def test_a_letter_without_data_has_no_points_and_costs_only_coverage() -> None:
    found = row(leader(ownership=None))
    assert np.isnan(found["I_points"])
    assert found["I_available"] == 0
    assert found["coverage"] == pytest.approx(0.82)


def test_no_current_earnings_no_grade() -> None:
    found = row(leader(filings=years(eps_diluted=(8.0, 4.0, 2.0, 1.0))))
    assert (found["graded"], found["reason"]) == (False, "c1_missing")


def test_no_rs_rating_no_grade() -> None:
    assert row(leader(rs=strengths({"A": np.nan})))["reason"] == "l1_missing"


def test_less_than_70_percent_of_the_rubric_is_no_grade_but_a_score() -> None:
    found = row(leader(market=None, ownership=None, filings=quarters(eps_diluted=(2.0, 1, 1, 1, 1))))
    assert (found["graded"], found["reason"]) == (False, "low_coverage")
    assert found["score"] > 0


def test_nothing_known_is_no_score() -> None:
    found = row(facts(panel({"A": np.full(260, np.nan)}), rs=strengths({"A": np.nan})))
    assert np.isnan(found["score"])
    assert (found["coverage"], found["graded"]) == (0, False)


def test_the_card_names_its_formula_and_session() -> None:
    card = score(leader())
    assert (card.formula, card.session) == (FORMULA, pd.Timestamp("2024-12-31"))
    assert list(card.verdicts) == [criterion.id for criterion in CRITERIA]


def test_scoring_leaves_its_input_as_it_was() -> None:
    known = leader()
    before = known.close.copy(deep=True), FILINGS.copy(deep=True)
    score(known)
    pd.testing.assert_frame_equal(known.close, before[0])
    pd.testing.assert_frame_equal(FILINGS, before[1])


# Details.


def test_details_are_json_without_nan() -> None:
    for known in (leader(), facts(panel({"A": np.full(260, np.nan)}), rs=strengths({"A": np.nan}))):
        [(symbol, detail)] = score(known).details()
        assert symbol == "A"
        assert json.loads(json.dumps(detail, allow_nan=False)) == detail


def test_details_say_what_was_measured_and_from_what() -> None:
    [(_, detail)] = score(leader()).details()
    assert detail["C"]["points"] == detail["C"]["available"] == 20.0
    assert detail["C"]["criteria"][0] == {
        "id": "C1",
        "title": "Quarterly earnings growth",
        "points": 12.0,
        "available": 12.0,
        "passed": True,
        "value": 100.0,
        "unit": "%",
        "threshold": "earnings per share up 25 % or more on the same quarter a year ago",
        "reason": None,
        "inputs": {
            "eps": 2.0,
            "quarter_end": "2024-09-30",
            "known_on": "2024-10-30",
            "derived": False,
            "eps_year_ago": 1.0,
            "quarter_end_year_ago": "2023-09-30",
        },
    }


def test_details_give_the_reason_for_what_is_missing() -> None:
    [(_, detail)] = score(leader(ownership=None)).details()
    assert detail["I"]["points"] is None
    assert [part["reason"] for part in detail["I"]["criteria"]] == ["no_ownership", "no_ownership"]
    assert [part["passed"] for part in detail["I"]["criteria"]] == [None, None]


def test_details_come_in_the_order_asked_and_skip_unknown_symbols() -> None:
    close = panel({"NA": steady(110.0), "B": steady(90.0), "TRUE": steady(95.0)})
    card = score(facts(close, rs=strengths({"NA": 99, "B": 1, "TRUE": 50})))
    assert [symbol for symbol, _ in card.details(["TRUE", "GONE", "NA"])] == ["TRUE", "NA"]
    assert [symbol for symbol, _ in card.details()] == ["NA", "B", "TRUE"]


def test_details_agree_with_the_table() -> None:
    card = score(leader())
    [(_, detail)] = card.details()
    for letter in LETTERS:
        assert detail[letter]["available"] == pytest.approx(card.table.loc["A", f"{letter}_available"])


# Real companies.


def test_real_companies_are_scored_from_what_was_known(real_facts: Facts) -> None:
    card = score(real_facts)
    details = dict(card.details())
    json.dumps(details, allow_nan=False)
    visa = details["V"]["C"]["criteria"][0]
    # 5.69 for the quarter to December 2016 after 5.32 a year earlier.
    assert visa["value"] == pytest.approx((5.69 / 5.32 - 1) * 100, abs=1e-4)
    assert visa["inputs"]["quarter_end"] == "2016-12-31"
    assert details["SHO"]["C"]["criteria"][0]["reason"] == "conflicting_filings"
    assert details["AVP"]["A"]["criteria"][2]["reason"] == "negative_equity"
    assert details["NEE"]["L"]["criteria"][0]["reason"] == "suspect"


@pytest.fixture(scope="module")
def real_facts() -> Facts:
    wanted = ["AVP", "KR", "NEE", "SHO", "TACT", "V"]
    bars = pd.read_parquet(shared("prices/us_2015_2017.parquet"), filters=[("symbol", "in", wanted)])
    bars = bars.assign(symbol=bars["symbol"].astype(str), date=pd.to_datetime(bars["date"]))
    for price in ("close", "high"):
        bars[price] = bars[price].astype("float64") * bars["adj_factor"]
    close, high, volume = (
        bars.pivot(index="date", columns="symbol", values=name).astype("float64")
        for name in ("close", "high", "volume")
    )
    filings = pd.read_parquet(shared("fundamentals/filings_2015_2017.parquet"))
    names = {"end_date": "period_end", "period_focus": "fiscal_period", "revenues": "revenue"}
    filings = filings.rename(columns=names | {"first_seen": "known_on"})
    rs = rate_strength(close)
    return Facts(close.index[-1], close, high, volume, rs, filings=filings)
