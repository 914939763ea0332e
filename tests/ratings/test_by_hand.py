"""Ten companies of the sample, C and A worked by hand from their filings as known on 2017-03-31, and one that restated.

Points are literal; beside each is how it follows from the filings (earnings a share in dollars, sums in millions).
Between the steps of the rubric points lie on a line: C1 0 at 0 %, 6 at 15, 9 at 25, 12 at 40; C2 0 at 0, 3 at 15, 5 at
25; A1 for each year 4/3 at 10 %, 8/3 at 25; A3 0 at 8 %, 3 at 17, 4 at 25. A word is why there are no points.
The filings are pystock-data's by Chang-Hung Liang (CC BY-SA 4.0), as the sample's README says.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from canslim_ratings import Facts, as_known
from tests.ratings.builders import facts, filing, panel, strengths
from tests.ratings.criteria.judged import judge

SAMPLE = Path(__file__).resolve().parents[2] / "services/collector/src/canslim_collector/sample_data"
SESSION = "2017-03-31"

Expected = dict[str, float | str]

# A fourth quarter that nobody files is the year less its other three.
AMAZON: Expected = {
    # 4.90 - 1.07 - 1.78 - 0.52 = 1.53 on 1.25 + 0.12 - 0.19 - 0.17 = 1.01: +51.5 %.
    "C1": 12.0,
    # 135,987 - 29,128 - 30,404 - 32,714 = 43,741 on 107,006 - 22,717 - 23,185 - 25,358 = 35,746: +22.3661 %;
    # 3 + 2 x 7.3661 / 10.
    "C2": 4.47323,
    # +51.5 % after 0.52 on 0.17, +205.9 %.
    "C3": 0.0,
    # 4.90 on 1.25: +292 %; one pair of years is known.
    "A1": 2.66667,
    "A2": "short_history",
    # 2,371 on the mean of 19,285 and 13,384, which is 16,334.5: 14.5153 %; 3 x 6.5153 / 9.
    "A3": 2.17176,
}
# A turnaround: a loss a year ago is no base for a percentage. Its years end about the first of September.
MICRON: Expected = {
    # 0.77 in the quarter to 2017-03-02, on -0.09 in that to 2016-03-03.
    "C1": 9.0,
    # 4,648 on 2,934: +58.4 %.
    "C2": 5.0,
    "C3": "growth_unknown",
    # -0.27 on 2.47.
    "A1": 0.0,
    "A2": "short_history",
    # The quarter to June 2016 was not filed here, so the fourth can't be derived: four quarters don't add up.
    "A3": "not_reported",
}
# Return on equity is a percentage of four quarters, of which one is derived; the year ends in September.
VISA: Expected = {
    # 5.69 on 5.32: +6.9549 %; 6 x 6.9549 / 15.
    "C1": 2.78195,
    # 4,461 on 3,565: +25.1 %.
    "C2": 5.0,
    # The quarter before, 16.50 - 5.32 - 4.72 - 1.14 = 5.32, has no year-ago one: December 2014 is before the data.
    "C3": "growth_unknown",
    # 16.50 on 17.13.
    "A1": 0.0,
    "A2": "short_history",
    # 2,070 + (5,991 - 1,941 - 1,707 - 412 = 1,931) + 412 + 1,707 = 6,120 on the mean of 31,726 and 29,476, which is
    # 30,601: 19.9993 %; 3 + 2.9993 / 8.
    "A3": 3.37492,
}
# Quarters of 12 and 16 weeks, and a 2:1 split on 2015-07-14 after the year to January 2015 was filed.
KROGER: Expected = {
    # 0.41 in the quarter to 2016-11-05, on 0.43 in that to 2015-11-07.
    "C1": 0.0,
    # 26,557 on 25,075: +5.9103 %; 3 x 5.9103 / 15.
    "C2": 1.18205,
    "C3": "growth_unknown",
    # 2.05 on 2.06: 0 points. 2.06 on 3.44 / 2 = 1.72: +19.7674 %; 4/3 + 4/3 x 9.7674 / 15.
    "A1": 2.20155,
    "A2": "short_history",
    # The quarter to May 2016 was not filed here; the year's 1,975 on the mean of 6,710 and 6,798: 29.2 %.
    "A3": 4.0,
}
# A 7:1 split on 2015-07-15, and a missing quarter of a year ago.
NETFLIX: Expected = {
    # The newest quarter is the third of 2016, and that of 2015 was not filed here.
    "C1": "no_year_ago",
    "C2": "no_year_ago",
    "C3": "growth_unknown",
    # 0.43 on 0.28: +53.6 %.
    "A1": 2.66667,
    "A2": "short_history",
    # 186.678 on the mean of 2,679.8 and 2,223.426, which is 2,451.613: 7.61 %, below 8.
    "A3": 0.0,
}
# A 2:1 split on 2016-09-02 inside the year: two of its quarters and the year before were filed in old shares.
CHURCH_AND_DWIGHT: Expected = {
    # 1.75 - 0.47 - 0.85 / 2 - 0.86 / 2 = 0.425 on (3.07 - 0.90 - 0.55 - 0.80) / 2 = 0.41: +3.6585 %; 6 x 3.6585 / 15.
    "C1": 1.46341,
    # 3,493.1 - 849.0 - 877.4 - 870.7 = 896.0 on 3,394.8 - 812.3 - 847.1 - 861.8 = 873.6: +2.5641 %; 3 x 2.5641 / 15.
    "C2": 0.51282,
    # +3.7 % after 0.47 on 0.90 / 2 = 0.45, +4.4 %.
    "C3": 0.0,
    # 1.75 on 3.07 / 2 = 1.535: +14.0065 %; 4/3 + 4/3 x 4.0065 / 15.
    "A1": 1.68947,
    "A2": "short_history",
    # 459.0 on the mean of 1,977.9 and 2,023.2, which is 2,000.55: 22.9437 %; 3 + 5.9437 / 8.
    "A3": 3.74296,
}
# Years of 52 or 53 weeks.
INTEL: Expected = {
    # 2.12 - 0.42 - 0.27 - 0.69 = 0.74 on 2.33 - 0.41 - 0.55 - 0.64 = 0.73: +1.3699 %; 6 x 1.3699 / 15.
    "C1": 0.54795,
    # 59,387 - 13,702 - 13,533 - 15,778 = 16,374 on 55,355 - 12,781 - 13,195 - 14,465 = 14,914: +9.7895 %; / 5.
    "C2": 1.95789,
    # +1.4 % after 0.69 on 0.64, +7.8 %.
    "C3": 0.0,
    # 2.12 on 2.33.
    "A1": 0.0,
    "A2": "short_history",
    # 10,316 on the mean of 66,226 and 61,085, which is 63,655.5: 16.2060 %; 3 x 8.2060 / 9.
    "A3": 2.73533,
}
# HP Enterprise left on 2015-11-02, which the feed lists as a split by 0.454133; earnings a share stay as filed.
HP: Expected = {
    # 0.36 on 0.33: +9.0909 %; 6 x 9.0909 / 15.
    "C1": 3.63636,
    # 12,684 on 12,246: +3.5767 %; / 5.
    "C2": 0.71534,
    "C3": "growth_unknown",
    # 1.43 on 2.48.
    "A1": 0.0,
    "A2": "short_history",
    # The quarter to July 2016 was not filed here.
    "A3": "not_reported",
}
# Losses in both quarters and both years, and equity below zero.
AVON: Expected = {
    # -0.29 + 0.38 - 0.06 - 0.07 = -0.04 on -2.60 + 0.33 - 0.07 + 1.58 = -0.76: less of a loss is no growth.
    "C1": 0.0,
    # 5,717.7 - 1,306.5 - 1,434.3 - 1,408.8 = 1,568.1 on 6,160.5 - 1,794.2 - 1,823.4 - 1,666.9 = 876.0: +79.0 %. The
    # year was filed without North America, which its quarters were filed with: figures as filed, not like for like.
    "C2": 5.0,
    "C3": "growth_unknown",
    # -0.29 on -2.60.
    "A1": 0.0,
    "A2": "short_history",
    # -836.2 and -1,056.4.
    "A3": "negative_equity",
}
# The year ends in May; a 2:1 split on 2015-11-03.
GLOBAL_PAYMENTS: Expected = {
    # 0.32 on 0.60, both filed after the split.
    "C1": 0.0,
    # 941.821 on 722.350: +30.4 %.
    "C2": 5.0,
    # -46.7 % after 0.55 on 1.32 / 2 = 0.66, -16.7 %.
    "C3": 0.0,
    # 2.04 on 4.12 / 2 = 2.06.
    "A1": 0.0,
    "A2": "short_history",
    # 49.452 + 85.093 + (271.666 - 86.646 - 78.771 - 69.061 = 37.188) + 69.061 = 240.794 on the mean of 2,801.837 and
    # 926.099, which is 1,863.968: 12.9184 %; 3 x 4.9184 / 9.
    "A3": 1.63945,
}
COMPANIES: dict[str, Expected] = {
    "AMZN": AMAZON,
    "MU": MICRON,
    "V": VISA,
    "KR": KROGER,
    "NFLX": NETFLIX,
    "CHD": CHURCH_AND_DWIGHT,
    "INTC": INTEL,
    "HPQ": HP,
    "AVP": AVON,
    "GPN": GLOBAL_PAYMENTS,
}
# Filed anew in November 2015, so that quarters of 2016 are compared with what was restated.
GAMING_AND_LEISURE: Expected = {
    # 0.27 on 0.28, which was 0.40 when first filed.
    "C1": 0.0,
    # 148.820 on 148.705, first filed as 162.661: +0.0773 %; / 5.
    "C2": 0.01547,
    # The quarter before, 1.08 - 0.28 - 0.27 - 0.28 = 0.25, has no year-ago one.
    "C3": "growth_unknown",
    # 1.08 on 1.18.
    "A1": 0.0,
    "A2": "short_history",
    # -258.8 and -191.1.
    "A3": "negative_equity",
}


@cache
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Filings and what the feed lists as splits, spin-offs among them."""
    events = pd.read_parquet(SAMPLE / "events.parquet")
    events = events.assign(ex_date=pd.to_datetime(events["ex_date"]))
    return pd.read_parquet(SAMPLE / "filings.parquet"), events[events["kind"] == "split_like"]


def known(symbol: str, session: str, filings: pd.DataFrame, splits: pd.DataFrame | None = None) -> Facts:
    """One company beside a price that never moves."""
    close = panel({symbol: np.full(260, 10.0)}, pd.Timestamp(session))
    return facts(close, rs=strengths({symbol: 50.0}), filings=filings, splits=splits)


def gaming_and_leisure() -> pd.DataFrame:
    """The filings of GLPI up to April 2016."""
    rows = (
        ("FY", "2014-12-31", "2015-11-09", 591.068, 138.229, 1.18, -176.290),
        ("Q1", "2015-03-31", "2015-05-04", 162.661, 46.872, 0.40, -125.540),
        ("Q1", "2015-03-31", "2015-11-09", 148.705, 32.980, 0.28, -191.050),
        ("Q2", "2015-06-30", "2015-07-30", 163.823, 45.757, 0.38, -135.847),
        ("Q2", "2015-06-30", "2015-11-09", 149.867, 31.858, 0.27, -215.313),
        ("Q3", "2015-09-30", "2015-11-09", 147.792, 33.094, 0.28, -236.586),
        ("FY", "2015-12-31", "2016-02-22", 575.053, 127.605, 1.08, -253.514),
        ("Q1", "2016-03-31", "2016-04-26", 148.820, 32.614, 0.27, -258.815),
    )
    names = ("revenue", "net_income", "eps_diluted", "equity")
    return pd.DataFrame([filing("GLPI", *row[:3], **dict(zip(names, row[3:], strict=True))) for row in rows])


def found(criterion: str, judged: Facts, symbol: str) -> float | str:
    verdict = judge(criterion, judged, symbol)
    return str(verdict["reason"]) if np.isnan(verdict["points"]) else float(verdict["points"])


@pytest.mark.parametrize("symbol", COMPANIES)
def test_a_companys_points_are_those_worked_by_hand(symbol: str) -> None:
    company = known(symbol, SESSION, *tables())
    expected = COMPANIES[symbol]
    assert {name: found(name, company, symbol) for name in expected} == approximately(expected)


def test_what_was_restated_is_compared_with() -> None:
    company = known("GLPI", "2016-04-29", gaming_and_leisure())
    assert {name: found(name, company, "GLPI") for name in GAMING_AND_LEISURE} == approximately(GAMING_AND_LEISURE)


@pytest.mark.parametrize(("session", "eps"), [("2015-11-06", 0.40), ("2015-11-09", 0.28)])
def test_a_restatement_counts_from_the_day_it_became_known(session: str, eps: float) -> None:
    periods = as_known(gaming_and_leisure(), pd.Timestamp(session)).set_index("period_end")
    assert periods.loc["2015-03-31", "eps_diluted"] == eps


def approximately(expected: Expected) -> dict[str, object]:
    return {
        name: points if isinstance(points, str) else pytest.approx(points, abs=6e-6)
        for name, points in expected.items()
    }
