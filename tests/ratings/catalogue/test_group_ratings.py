"""group_rs, group_rs_change_*."""

import numpy as np
import pandas as pd
import pytest

from canslim_ratings import Facts, rate_all, rate_strength
from tests.ratings.builders import facts, panel, steady
from tests.ratings.catalogue.rated import rate

GROUPS = {"A": "X", "B": "X", "C": "Y", "D": "Y", "E": "Z", "F": "Z"}


def grouped(columns: dict[str, np.ndarray], groups: dict[str, str | None] | None = None) -> Facts:
    close = panel(columns)
    return facts(close, rs=rate_strength(close), group=pd.Series(groups or GROUPS, dtype=object))


def six(count: int = 260) -> dict[str, np.ndarray]:
    """X is the strongest group by its mean, though D of Y is the strongest stock."""
    finals = {"A": 140.0, "B": 150.0, "C": 90.0, "D": 160.0, "E": 80.0, "F": 100.0}
    return {symbol: steady(final, count) for symbol, final in finals.items()}


def test_groups_are_ranked_by_the_mean_raw_of_their_members() -> None:
    found = rate_all(grouped(six()))
    assert found.table["group_rs"].tolist() == [99, 99, 50, 50, 1, 1]
    raw = rate_strength(panel(six()))["rs_raw"]
    assert found["group_rs"].inputs["mean_raw"][0] == pytest.approx((raw["A"] + raw["B"]) / 2)


def test_a_member_without_an_rs_rating_has_its_groups_and_counts_for_nothing() -> None:
    young = np.concatenate([np.full(130, np.nan), steady(900.0, count=130)])
    found = rate_all(grouped(six() | {"NEW": young}, GROUPS | {"NEW": "Z"}))
    assert found.table.loc["NEW", "group_rs"] == 1
    assert found["group_rs"].inputs["rated_members"].tolist() == [2] * 7


def test_a_suspect_member_counts_for_nothing_in_its_group() -> None:
    leap = steady(100.0)
    leap[-20:] *= 9.0
    found = rate_all(grouped(six() | {"BAD": leap}, GROUPS | {"BAD": "Z"}))
    assert found.reasons.loc["BAD", "rs_rating"] == "suspect"
    assert found.table["group_rs"].tolist() == [99, 99, 50, 50, 1, 1, 1]


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        (GROUPS | {"A": None}, "group_unknown"),
        ({symbol: symbol for symbol in "ABCDEF"}, "small_group"),
        (dict.fromkeys("ABCDEF", "X"), "one_group"),
    ],
)
def test_a_group_is_not_ranked_for_a_reason(groups: dict[str, str | None], reason: str) -> None:
    assert rate("group_rs", grouped(six(), groups))["reason"] == reason


def test_without_groups_all_are_unknown() -> None:
    assert rate("group_rs", facts())["reason"] == "group_unknown"


@pytest.mark.parametrize("back", [5, 21, 63, 126])
def test_the_change_is_in_points_since_so_many_sessions(back: int) -> None:
    # Until then X fell and Z rose; since then they changed places.
    before, since = 384 - back, back
    falling, rising = steady(95.0, before), steady(110.0, before)
    columns = {symbol: np.append(falling, steady(150.0, since, first=96.0)) for symbol in "AB"}
    columns |= {symbol: steady(102.0, 384) for symbol in "CD"}
    columns |= {symbol: np.append(rising, steady(60.0, since, first=109.0)) for symbol in "EF"}
    found = grouped(columns)
    assert rate(f"group_rs_change_{back}", found)["value"] == 98
    assert rate(f"group_rs_change_{back}", found, "E")["value"] == -98
    assert rate(f"group_rs_change_{back}", found, "C")["value"] == 0


def test_what_a_group_was_then_is_what_its_members_would_have_been_rated_then() -> None:
    rng = np.random.default_rng(5)
    columns = {f"S{at}": 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 384))) for at in range(20)}
    groups = {symbol: f"G{at % 5}" for at, symbol in enumerate(columns)}
    today, then = panel(columns), panel(columns).iloc[:-21]
    names = pd.Series(groups, dtype=object)
    now = rate_all(facts(today, rs=rate_strength(today), group=names))
    before = rate_all(facts(then, rs=rate_strength(then), group=names))
    np.testing.assert_array_equal(now["group_rs_change_21"].inputs["group_rs_then"], before["group_rs"].value)


@pytest.mark.parametrize(("count", "reason"), [(257, "short_panel"), (258, None)])
def test_a_change_over_five_sessions_needs_five_more(count: int, reason: str | None) -> None:
    assert rate("group_rs_change_5", grouped(six(count)))["reason"] == reason


def test_a_group_whose_members_are_too_young_has_no_change() -> None:
    columns = six(384)
    columns["A"][:20] = columns["B"][:20] = np.nan
    found = grouped(columns)
    assert rate("group_rs_change_126", found)["reason"] == "group_unrated_then"
    assert rate("group_rs_change_63", found)["reason"] is None


def test_a_jump_that_left_the_window_does_not_count_for_what_was_then() -> None:
    columns = six(384)
    columns["A"][:100] = columns["A"][:100] / 10
    found = grouped(columns)
    assert rate("group_rs", found)["reason"] is None
    assert rate("group_rs_change_126", found)["reason"] == "group_unrated_then"


def test_a_known_split_is_no_jump_in_what_was_then() -> None:
    columns = six(384)
    columns["A"][:100] = columns["A"][:100] / 10
    found = grouped(columns)
    split = pd.DataFrame({"symbol": ["A"], "ex_date": [found.close.index[100]], "factor": [10.0]})
    explained = facts(found.close, rs=found.rs, group=found.group, splits=split)
    assert rate("group_rs_change_126", explained)["reason"] is None
