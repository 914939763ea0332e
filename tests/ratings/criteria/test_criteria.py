"""Laws over the rubric."""

import numpy as np
import pandas as pd
import pytest

from canslim_ratings import CRITERIA, Criterion, Facts
from canslim_ratings.can_slim import LETTERS
from tests.ratings.builders import facts, panel, quarters, snapshots, steady, strengths, years

each_criterion = pytest.mark.parametrize("criterion", CRITERIA, ids=lambda criterion: criterion.id)


def universe(**extra: np.ndarray) -> Facts:
    """Three companies with everything known but the market, and `extra` ones with prices only."""
    close = panel({"A": steady(150.0), "B": steady(90.0), "C": steady(120.0), **extra})
    filings = [
        part
        for at, symbol in enumerate("ABC")
        for part in (
            quarters(
                symbol,
                eps_diluted=(2.0 + at, 1.5, 1, 1, 1, 1),
                revenue=(9, 8, 7, 6, 5 + at, 4),
                net_income=(3, 3, 3, 3, 3, 3),
                equity=(20, 19, 18, 17, 16, 15),
            ),
            years(symbol, eps_diluted=(4.0, 3, 2, 1 + at)),
        )
    ]
    owned = [
        snapshots(
            ("2024-08-15", {"holders": 9}),
            ("2024-11-15", {"holders": 10 + at, "institutional_pct": 50, "shares_float": 5e7}),
            symbol=symbol,
        )
        for at, symbol in enumerate("ABC")
    ]
    return facts(
        close,
        rs=strengths({"A": 99, "B": 1, "C": 50} | dict.fromkeys(extra, np.nan)),
        filings=pd.concat(filings),
        ownership=pd.concat(owned),
        group=pd.Series({"A": "X", "B": "X", "C": "Y"}, dtype=object),
    )


def test_the_points_of_the_rubric_add_up_to_100() -> None:
    assert sum(criterion.points for criterion in CRITERIA) == 100


def test_the_letters_spell_can_slim() -> None:
    assert list(dict.fromkeys(criterion.letter for criterion in CRITERIA)) == list(LETTERS)


def test_ids_and_versions_are_unique() -> None:
    assert len({criterion.id for criterion in CRITERIA}) == len({criterion.version for criterion in CRITERIA}) == 15


@each_criterion
def test_points_are_within_what_is_available_and_that_within_the_rubric(criterion: Criterion) -> None:
    verdicts = criterion.judge(universe())
    known = ~np.isnan(verdicts.points)
    assert (verdicts.points[known] >= 0).all()
    assert (verdicts.points[known] <= verdicts.available[known] + 1e-9).all()
    assert (verdicts.available <= criterion.points + 1e-9).all()


@each_criterion
def test_what_is_missing_has_a_reason_no_points_and_nothing_available(criterion: Criterion) -> None:
    nothing = facts(panel({"A": np.full(260, np.nan)}), rs=strengths({"A": np.nan}))
    verdicts = criterion.judge(nothing)
    assert np.isnan(verdicts.points).all()
    assert np.isnan(verdicts.passed).all()
    assert (verdicts.available == 0).all()
    assert isinstance(verdicts.reason[0], str)


@each_criterion
def test_a_symbol_without_data_moves_nobody(criterion: Criterion) -> None:
    alone = universe()
    joined = universe(NEW=np.full(260, np.nan))
    expected = criterion.judge(alone).frame(alone.symbols)
    pd.testing.assert_frame_equal(criterion.judge(joined).frame(joined.symbols).drop("NEW"), expected)


@each_criterion
def test_one_verdict_a_symbol_in_the_order_of_the_universe(criterion: Criterion) -> None:
    found = universe()
    assert criterion.judge(found).frame(found.symbols).index.tolist() == ["A", "B", "C"]


@each_criterion
def test_a_panel_of_one_session_is_short_not_wrong(criterion: Criterion) -> None:
    verdicts = criterion.judge(facts(panel({"A": [100.0]})))
    assert len(verdicts.points) == 1
