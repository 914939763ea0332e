import numpy as np
import pandas as pd

from canslim_ratings.ownership import Ownership
from tests.ratings.builders import T0, snapshots


def known(frame: pd.DataFrame | None, splits: pd.DataFrame | None = None) -> Ownership:
    return Ownership.known(frame, pd.Index(["A"]), T0, splits)


def test_snapshots_after_the_session_are_not_known() -> None:
    found = known(snapshots(("2024-11-15", {"holders": 10}), ("2025-01-02", {"holders": 20})))
    assert found.now.figures["holders"].tolist() == [10]


def test_the_previous_report_is_at_least_sixty_days_older() -> None:
    found = known(
        snapshots(("2024-08-15", {"holders": 8}), ("2024-11-14", {"holders": 9}), ("2024-11-15", {"holders": 10}))
    )
    assert found.previous.figures["holders"].tolist() == [8]


def test_a_year_ago_is_within_half_a_quarter_of_a_year() -> None:
    found = known(snapshots(("2023-11-15", {"holders": 5}), ("2024-02-15", {"holders": 6}), ("2024-11-15", {})))
    assert found.year_ago.figures["holders"].tolist() == [5]


def test_shares_are_restated_for_later_splits() -> None:
    splits = pd.DataFrame({"symbol": ["A"], "ex_date": [pd.Timestamp("2024-12-02")], "factor": [0.5]})
    found = known(snapshots(("2024-11-15", {"shares_outstanding": 100, "institutional_pct": 40})), splits)
    assert found.now.figures["shares_outstanding"].tolist() == [200]
    assert found.now.figures["institutional_pct"].tolist() == [40]


def test_nothing_is_known_without_snapshots() -> None:
    found = known(None)
    assert np.isnat(found.now.as_of).all()
    assert np.isnan(found.now.figures["holders"]).all()
