from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canslim_ratings import IndexDirection, LogEntry, MarketState, index_direction
from tests.ratings.builders import sessions, shared


def bars(gains: list[float], heavier: list[bool], low: dict[int, float] | None = None) -> pd.DataFrame:
    """Closes from 100 by daily gains; volume rises or falls by one; lows equal closes but where told otherwise."""
    close = 100.0 * np.cumprod(1.0 + np.array(gains))
    volume = 1000.0 + np.cumsum(np.where(heavier, 1.0, -1.0))
    lows = close.copy()
    for at, value in (low or {}).items():
        lows[at] = value
    return pd.DataFrame({"low": lows, "close": close, "volume": volume}, index=sessions(len(gains)))


#: 65 sessions down on falling volume: a correction that ends with its lowest close.
DECLINE = [-0.01] * 65
FOLLOW = [0.005, 0.001, 0.001, 0.02]


def after_decline(gains: list[float], heavier: list[bool], **lows: dict[int, float]) -> IndexDirection:
    return index_direction(bars(DECLINE + gains, [False] * len(DECLINE) + heavier, **lows))


def after_follow_through(gains: list[float], heavier: list[bool]) -> IndexDirection:
    return after_decline(FOLLOW + gains, [False] * 3 + [True] + heavier)


def test_a_falling_index_is_in_a_correction() -> None:
    found = after_decline([], [])
    assert (found.state, found.rally_day, found.distribution_days) == (MarketState.CORRECTION, None, ())


def test_the_first_higher_close_after_the_low_is_day_one_of_a_rally() -> None:
    found = after_decline([0.001], [False])
    assert (found.state, found.rally_day) == (MarketState.RALLY, 1)
    assert found.log[-1].event == "rally"


def test_a_strong_day_on_day_three_confirms_nothing() -> None:
    found = after_decline([0.005, 0.001, 0.02], [False, False, True])
    assert (found.state, found.rally_day) == (MarketState.RALLY, 3)


def test_a_gain_of_a_quarter_over_one_percent_on_more_volume_on_day_four_confirms() -> None:
    found = after_decline([0.005, 0.001, 0.001, 0.0126], [False, False, False, True])
    assert found.state is MarketState.UPTREND
    assert found.follow_through == found.since == found.log[-1].session
    assert found.follow_through_days() == (found.log[-1].session,)


@pytest.mark.parametrize(("gain", "heavier"), [(0.0124, True), (0.02, False)])
def test_a_smaller_gain_or_less_volume_does_not(gain: float, heavier: bool) -> None:
    found = after_decline([0.005, 0.001, 0.001, gain], [False, False, False, heavier])
    assert (found.state, found.rally_day) == (MarketState.RALLY, 4)


def test_a_low_under_the_rally_undoes_it() -> None:
    found = after_decline([0.005, 0.005, -0.001], [False] * 3, low={67: 1.0})
    assert (found.state, found.log[-1].event) == (MarketState.CORRECTION, "undercut")


def test_a_day_that_undercuts_and_closes_higher_is_day_one_again() -> None:
    found = after_decline([0.005, 0.005, 0.001], [False] * 3, low={67: 1.0})
    assert (found.state, found.rally_day) == (MarketState.RALLY, 1)


def test_a_new_lowest_close_undoes_the_rally() -> None:
    found = after_decline([0.005, -0.02], [False] * 2)
    assert (found.state, found.log[-1].event) == (MarketState.CORRECTION, "new_low")


def test_a_loss_of_a_fifth_of_a_percent_on_more_volume_is_distribution() -> None:
    found = after_follow_through([-0.0021, -0.0019, -0.01], [True, True, False])
    assert found.distribution_days == (found.log[-3].session,)
    assert found.log[-3].event == "distribution"


def test_the_log_counts_distribution_days_by_session() -> None:
    found = after_follow_through([-0.003, 0.002, -0.003], [True, True, True])
    assert [entry.distribution_count for entry in found.log[-4:]] == [0, 1, 1, 2]


def test_five_distribution_days_put_the_uptrend_under_pressure() -> None:
    found = after_follow_through([-0.0025, 0.003] * 5, [True, False] * 5)
    assert (found.state, len(found.distribution_days)) == (MarketState.UNDER_PRESSURE, 5)


def test_six_distribution_days_end_the_uptrend_and_the_count() -> None:
    found = after_follow_through([-0.0025, 0.003] * 5 + [-0.0025], [True, False] * 5 + [True])
    assert (found.log[-1].event, found.log[-1].text) == ("correction", "6 distribution days")
    assert found.distribution_days == ()
    assert found.follow_through is None


def test_the_first_higher_close_after_a_correction_near_the_high_is_day_one() -> None:
    """Five sessions after the low of the decline, whose lows the correction's day is far above."""
    pressed = [-0.0025, 0.003] * 5 + [-0.0025]
    found = after_follow_through([*pressed, 0.001, 0.001], [True, False] * 5 + [True, False, False])
    assert [entry.event for entry in found.log[-3:-1]] == ["correction", "rally"]
    assert [entry.rally_day for entry in found.log[-3:]] == [None, 1, 2]
    assert str(found.log[-3].session) in found.log[-2].text


def test_no_follow_through_confirms_before_day_four_after_a_correction() -> None:
    pressed = [-0.0025, 0.003] * 5 + [-0.0025]
    strong = [0.001, 0.02, 0.02, 0.02]
    found = after_follow_through([*pressed, *strong], [True, False] * 5 + [True, False, True, True, True])
    assert [entry.event for entry in found.log[-4:]] == ["rally", None, None, "follow_through"]


def test_a_low_of_25_sessions_ago_gives_way_to_a_later_one_and_the_log_says_so() -> None:
    """The lowest close slides out of the window after 24 sessions; from then on a later one is the lowest in it."""
    gains = [0.01, *[0.001] * 8, -0.008, *[0.001] * 20]
    found = after_decline(gains, [False] * len(gains))
    moved = [entry for entry in found.log if entry.event == "later_low"]
    assert moved
    assert "the lowest close of 25 sessions is by now that of" in moved[0].text
    days = [entry.rally_day for entry in found.log[len(DECLINE) :]]
    assert days[:24] == list(range(1, 25))
    assert moved[0].session == found.log[len(DECLINE) + 24].session
    assert found.log[-1].state is MarketState.RALLY


def assert_says_why(log: Sequence[LogEntry]) -> None:
    assert all(entry.text for entry in log)
    for before, entry in pairwise(log):
        told = entry.event is not None
        assert told or entry.state is before.state, entry
        counted_on = entry.rally_day is None or before.rally_day is None or entry.rally_day == before.rally_day + 1
        assert told or counted_on, entry


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_every_session_has_a_text_and_every_turn_an_event(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = bars(rng.normal(0.0, 0.012, 250).tolist(), (rng.random(250) > 0.5).tolist())
    frame["low"] *= 1 - rng.random(250) * 0.01
    log = index_direction(frame).log
    assert_says_why(log)


@pytest.mark.parametrize("name", ["SPY", "QQQ"])
def test_every_session_of_an_index_has_a_text_and_every_turn_an_event(name: str) -> None:
    for part in stretches(index_bars(name)):
        assert_says_why(index_direction(part).log)


@pytest.mark.parametrize("name", ["SPY", "QQQ"])
def test_every_correction_of_an_index_is_followed_by_day_one(name: str) -> None:
    for part in stretches(index_bars(name)):
        log = index_direction(part).log
        for at, entry in enumerate(log):
            if entry.event == "correction":
                assert next((later.rally_day for later in log[at:] if later.rally_day), 1) == 1


def test_a_distribution_day_is_forgotten_after_25_sessions() -> None:
    held = after_follow_through([-0.003] + [0.0] * 25, [True] + [False] * 25)
    gone = after_follow_through([-0.003] + [0.0] * 26, [True] + [False] * 26)
    assert (len(held.distribution_days), len(gone.distribution_days)) == (1, 0)


def test_a_distribution_day_is_forgotten_5_percent_above_its_close() -> None:
    held = after_follow_through([-0.003, 0.049], [True, False])
    gone = after_follow_through([-0.003, 0.051], [True, False])
    assert (len(held.distribution_days), len(gone.distribution_days)) == (1, 0)


def test_pressure_eases_when_fewer_than_five_are_left() -> None:
    found = after_follow_through([-0.0025, 0.003] * 5 + [0.06], [True, False] * 5 + [False])
    assert (found.state, found.log[-1].event) == (MarketState.UPTREND, "relief")


def test_a_close_under_the_low_of_the_rally_ends_the_uptrend() -> None:
    found = after_follow_through([-0.03], [False])
    assert found.log[-1].event == "correction"
    assert "low" in found.log[-1].text


def test_a_close_10_percent_off_the_high_ends_the_uptrend() -> None:
    found = after_follow_through([0.05] * 4 + [-0.04, -0.04, -0.04], [False] * 7)
    assert found.log[-1].event == "correction"
    assert "10 %" in found.log[-1].text


def test_fifty_nine_sessions_say_nothing() -> None:
    found = index_direction(bars([-0.01] * 59, [False] * 59))
    assert (found.state, found.since, len(found.log)) == (None, None, 59)


def test_rows_without_a_close_are_left_out() -> None:
    frame = bars(DECLINE + FOLLOW, [False] * 68 + [True])
    hole = pd.DataFrame({"low": [np.nan], "close": [np.nan], "volume": [np.nan]}, index=[frame.index[-1]])
    holed = pd.concat([frame, hole.set_axis(frame.index[-1:] + pd.Timedelta(days=1))])
    assert index_direction(holed) == index_direction(frame)


def test_missing_volume_confirms_nothing() -> None:
    frame = bars(DECLINE + FOLLOW, [False] * 68 + [True]).assign(volume=np.nan)
    assert index_direction(frame).state is MarketState.RALLY


# Published follow-through days (six7alpha.com).

#: The index confirmed on 2022-10-21 and held, so the machine is in an uptrend already on this day.
ALREADY_CONFIRMED = {("SPY", date(2022, 11, 10)), ("QQQ", date(2022, 11, 10))}
#: The published 13 does not follow from the low of 2020-03-23 (data README).
OTHER_RALLY_DAY = {("QQQ", date(2020, 4, 2))}


def index_bars(name: str) -> pd.DataFrame:
    frame = pd.read_parquet(shared("prices/benchmarks_1998_2025.parquet"))
    frame = frame[frame["symbol"] == name].assign(date=pd.to_datetime(frame["date"])).set_index("date").sort_index()
    frame = frame[["low", "close", "volume"]].astype("float64")
    if name == "QQQ":
        # It split 2:1 on that day; the bars are as traded.
        frame.loc[: pd.Timestamp("2000-03-19")] *= [0.5, 0.5, 2.0]
    return frame


def published(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    days = pd.read_csv(shared("reference/follow_through_days_published.csv"), parse_dates=["date"])
    return days[(days["index"] == name) & days["date"].isin(frame.index)]


def replayed(frame: pd.DataFrame) -> dict[date, tuple[str | None, int | None]]:
    """Event and rally day by session from 1998 to 2025; no rally crosses a gap of the data, as 2021-03 to 2022-03."""
    logs = [index_direction(part).log for part in stretches(frame)]
    return {entry.session: (entry.event, entry.rally_day) for log in logs for entry in log}


def stretches(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """The parts between gaps of the data."""
    stretch = (frame.index.to_series().diff() > pd.Timedelta(days=10)).cumsum()
    return [part for _, part in frame.groupby(stretch)]


def test_the_replay_covers_1998_to_2025() -> None:
    log = replayed(index_bars("SPY"))
    assert (min(log), max(log)) == (date(1998, 1, 2), date(2025, 3, 20))
    assert len(log) == 6601


def test_nine_published_days_are_inside_the_data() -> None:
    # 2021-12-27 and 2022-03-18 (QQQ) fall into the gap of the data.
    assert sum(len(published(name, index_bars(name))) for name in ("SPY", "QQQ")) == 9


@pytest.mark.parametrize("name", ["SPY", "QQQ"])
def test_every_published_follow_through_outside_an_uptrend_is_hit(name: str) -> None:
    frame = index_bars(name)
    log = replayed(frame)
    days = [day.date() for day in published(name, frame)["date"]]
    missed = {(name, day) for day in days if log[day][0] != "follow_through"}
    assert missed == {skipped for skipped in ALREADY_CONFIRMED if skipped[0] == name}


@pytest.mark.parametrize("name", ["SPY", "QQQ"])
def test_the_rally_day_agrees_with_the_published_one(name: str) -> None:
    frame = index_bars(name)
    log = replayed(frame)
    wrong = {
        (name, row.date.date())
        for row in published(name, frame).itertuples()
        if log[row.date.date()] != ("follow_through", row.rally_day)
    }
    assert wrong == {skipped for skipped in ALREADY_CONFIRMED | OTHER_RALLY_DAY if skipped[0] == name}


@pytest.mark.parametrize("name", ["SPY", "QQQ"])
def test_gain_and_volume_ratio_agree_with_the_published_ones(name: str) -> None:
    frame = index_bars(name)
    days = published(name, frame).set_index("date")
    gain = (frame["close"].pct_change() * 100).reindex(days.index)
    ratio = (frame["volume"] / frame["volume"].shift()).reindex(days.index)
    # The volume of 2020-04-06 differs between the sources: 1.33 here, 1.39 published.
    same_volume = days.index != pd.Timestamp("2020-04-06")
    assert (gain - days["gain_pct"]).abs().max() < 0.01
    # To 0.01 as published with two decimals: 1.0619 is printed as 1.05.
    assert (ratio - days["volume_ratio"])[same_volume].abs().max() < 0.015
