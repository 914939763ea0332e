"""Criteria of single companies, worked out by hand from their filings, beside what the library makes of these."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings import CRITERIA, Facts, rate_strength
from tools.ratings_docs import table
from tools.validation.page import Chapter, Check, percent
from tools.validation.shared_data import read_events, read_filings

#: Points are given to so much by hand.
NEAR: Final = 5e-4
TEXT: Final = """\
Figures as filed (earnings a share in dollars, income and equity in billions), on the session named. Ten companies with
every criterion of C and A are worked in [test_by_hand.py](../tests/ratings/test_by_hand.py), beside the arithmetic.

"""


@dataclass(frozen=True)
class ByHand:
    """A criterion of one company, worked out from its filings: points, or None where there are none."""

    symbol: str
    session: str
    criterion: str
    working: str
    points: float | None

    def facts(self, filings: pd.DataFrame, splits: pd.DataFrame) -> Facts:
        """The company alone, at a price that never moves."""
        days = pd.bdate_range(end=self.session, periods=260)
        flat = pd.DataFrame(10.0, days, pd.Index([self.symbol], dtype=object))
        return Facts(days[-1], flat, flat, flat, rate_strength(flat), filings=filings, splits=splits)

    def agrees(self, points: float | None) -> bool:
        if self.points is None or points is None:
            return self.points is points
        return abs(self.points - points) < NEAR


AMAZON: Final = (4.90 - 1.07 - 1.78 - 0.52) / (1.25 + 0.12 - 0.19 - 0.17) - 1
SKECHERS: Final = 0.63 / (1.10 / 3) - 1
VISA: Final = (2.070 + (5.991 - 1.941 - 1.707 - 0.412) + 0.412 + 1.707) / ((31.726 + 29.476) / 2)
KROGER: Final = 1.975 / ((6.710 + 6.798) / 2)
INTEL: Final = (59.387 - 13.702 - 13.533 - 15.778) / (55.355 - 12.781 - 13.195 - 14.465) - 1
CASES: Final = (
    ByHand(
        "AMZN",
        "2017-03-31",
        "C1",
        f"(4.90-1.07-1.78-0.52) on (1.25+0.12-0.19-0.17): +{percent(AMAZON, 1)}",
        12.0,
    ),
    ByHand("MU", "2017-03-31", "C1", "0.77 on -0.09: a turnaround", 9.0),
    ByHand("TWTR", "2016-11-15", "C1", "-0.15 on -0.20: two losses", 0.0),
    ByHand("GLPI", "2016-04-29", "C1", "0.27 on 0.28 as restated, 0.40 as first filed: -3.6 %", 0.0),
    ByHand("SKX", "2016-05-16", "C1", f"0.63 on 1.10 before a 3:1 split: +{percent(SKECHERS, 1)}", 12.0),
    ByHand("EBAY", "2016-04-29", "C1", "0.41 on 0.51, PayPal's leaving being no split: -19.6 %", 0.0),
    ByHand("NFLX", "2017-03-31", "A1", "0.43 on 0.28: +53.6 %, the only year there is", 8 / 3),
    ByHand(
        "V",
        "2017-03-31",
        "A3",
        f"6.120 on a mean of 31.726 and 29.476: {percent(VISA, 2)}",
        3 + (VISA * 100 - 17) / 8,
    ),
    ByHand("KR", "2017-03-31", "A3", f"the year's 1.975 on a mean of 6.710 and 6.798: {percent(KROGER, 1)}", 4.0),
    ByHand("AVP", "2017-03-31", "A3", "equity is negative", None),
    ByHand(
        "INTC",
        "2017-03-31",
        "C2",
        f"sales of two fourth quarters, 16.374 on 14.914: +{percent(INTEL, 2)}",
        INTEL * 100 / 5,
    ),
)


def by_hand(data: Path) -> Chapter:
    filings, events = read_filings(data), read_events(data)
    splits = events[events["kind"] == "split_like"]
    rows, right = [], 0
    for case in CASES:
        criterion = next(one for one in CRITERIA if one.id == case.criterion)
        verdicts = criterion.judge(case.facts(filings, splits))
        found = None if np.isnan(verdicts.points[0]) else float(verdicts.points[0])
        right += case.agrees(found)
        computed = str(verdicts.reason[0]) if found is None else _points(found)
        rows.append((case.symbol, case.session, case.criterion, case.working, _points(case.points), computed))
    head = ("company", "session", "criterion", "from the filings", "points by hand", "points computed")
    count = len(CASES)
    check = Check("points by hand", f"{count} companies' filings", str(right), str(count), right == count)
    return Chapter("Companies worked by hand", TEXT + table(head, rows), [check])


def _points(points: float | None) -> str:
    return "none" if points is None else f"{points:.3f}"
