"""Moves from one row to the next that no market made.

Size tells nothing: shares do fall by 80 % and rise by 300 % in a day. But such news brings many times the usual
value of trades, is argued about within the day, and stays. A missed split, a wrong unit or a foreign share under the
symbol comes between two sessions, trades in its own ordinary range, and for no more value than usual.
"""

from typing import Final

import numpy as np

from canslim_collector.sanity_measure import IMPOSSIBLE, JUMP, Move, jumps
from canslim_collector.sanity_series import Days, Fault, FaultCode, RawSeries, fault

#: A move so large needs more than a usual day's trades behind it, whatever its ratio is.
LARGE: Final = float(np.log(1.8))
#: Times the usual value traded: above the first it is news, below the second it is not.
NEWS_TURNOVER: Final = 3.0
QUIET_TURNOVER: Final = 0.3
#: A large move that is over at the opening of a calm day is news only above this.
CALM_TURNOVER: Final = 6.0
#: A price that opens so much higher brings more trades than this, if it is news.
RISE: Final = float(np.log(2.5))
RISE_TURNOVER: Final = 10.0

RATIOS: Final = np.array([1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100])
SPLITS: Final = np.log(RATIOS)
#: A split day is a day like others: its own move comes on top of the ratio, but no more than a part of it.
RATIO_SLACK: Final = 0.06
RATIO_SLACK_PART: Final = 0.12
ORDINARY_SPAN: Final = 0.08
HUNDREDFOLD: Final = float(np.log(100.0))
UNIT_SLACK: Final = 0.08
#: How many rows from its ex-date a split was seen to be applied wrongly.
SPLIT_REACH: Final = 10
#: Rows a bad print may last, and how near to the price before it the price after it is.
PRINT_ROWS: Final = 3
BACK_SLACK: Final = 0.1


def move_faults(rows: RawSeries, sessions: Days) -> list[Fault]:
    """Moves that are no market's; `rows` ascending. Rows without four positive prices are passed over."""
    priced = (rows.open > 0) & (rows.high > 0) & (rows.low > 0) & (rows.close > 0)
    priced &= np.isfinite(rows.open + rows.high + rows.low + rows.close)
    if not priced.all():
        rows = rows.take(priced)
    faults: list[Fault] = []
    told = 0
    for move in jumps(rows, sessions):
        if move.at <= told:
            continue
        back = _comes_back(rows, move)
        if back and _is_print(rows, move, back):
            around = f"the level of the row before and of {rows.days[back]}"
            faults.append(_told(rows, move, FaultCode.BAD_PRINT, around))
            told = back
        elif found := _beside_split(rows, move) or _without_event(rows, move):
            faults.append(found)
    return faults


def _comes_back(rows: RawSeries, move: Move) -> int:
    """The row at which the price is back where it was before `move`; 0 where it stays away."""
    for back in range(move.at + 1, min(move.at + 1 + PRINT_ROWS, len(rows.days))):
        rest = abs(np.log(rows.close[back] / rows.close[move.at - 1]))
        if rest < max(abs(move.step) / 4, BACK_SLACK):
            return back
    return 0


def _is_print(rows: RawSeries, move: Move, back: int) -> bool:
    """Whether the rows until `back` have no price in common with those around them, and nobody traded on it."""
    stay, sides = slice(move.at, back), [move.at - 1, back]
    apart = rows.low[stay].min() > rows.high[sides].max() or rows.high[stay].max() < rows.low[sides].min()
    size = abs(move.step)
    # A wrong high price makes the usual number of shares look like many trades.
    traded = move.turnover * min(1.0, float(np.exp(-move.step)))
    news = traded > NEWS_TURNOVER and size < IMPOSSIBLE
    return bool(apart and not news and (size > LARGE or move.from_calm))


def _beside_split(rows: RawSeries, move: Move) -> Fault | None:
    """A move by the ratio of a known split: the rows before it were not adjusted, or twice."""
    for split in rows.splits:
        ratio = float(np.log(split.ratio))
        distance = abs(move.at - int(np.searchsorted(rows.days, np.datetime64(split.ex_date, "D"))))
        if abs(ratio) < JUMP or distance > SPLIT_REACH or (distance > 1 and move.turnover > NEWS_TURNOVER):
            continue
        # A larger ratio is known by less: nothing else moves a price by its two thirds.
        slack = 0.35 * abs(ratio) if abs(ratio) > np.log(4) else min(max(0.1, 3 * move.usual_step), 0.25 * abs(ratio))
        for target, code in ((-ratio, FaultCode.SPLIT_NOT_APPLIED), (ratio, FaultCode.SPLIT_APPLIED_TWICE)):
            if max(abs(move.step - target), abs(move.gap - target)) < slack:
                split_told = f"the split of {split.ex_date}, {split.ratio:g} for 1, in all rows before it once"
                return _told(rows, move, code, split_told)
    return None


def _without_event(rows: RawSeries, move: Move) -> Fault | None:
    size = abs(move.step)
    if not move.by_gap:
        return None
    if abs(size - HUNDREDFOLD) < max(UNIT_SLACK, 2 * move.usual_step):
        return _told(rows, move, FaultCode.UNIT_SHIFT, "prices in one unit")
    if size > IMPOSSIBLE:
        return _told(rows, move, FaultCode.LEVEL_SHIFT, "prices of one share")
    # Where nothing is usual, turnover is NaN: neither news nor quiet.
    calm = move.from_calm and size > LARGE
    news, quiet = move.turnover > (CALM_TURNOVER if calm else NEWS_TURNOVER), move.turnover < QUIET_TURNOVER
    rise = move.step > RISE and move.turnover < RISE_TURNOVER
    if not rise and (news or (np.isnan(move.turnover) and size < LARGE)):
        return None
    if _like_a_split(rows, move):
        return _told(rows, move, FaultCode.SPLIT_WITHOUT_EVENT, "an event for a split")
    if rise or (quiet and size > LARGE) or (move.from_calm and move.turnover < NEWS_TURNOVER):
        return _told(rows, move, FaultCode.LEVEL_SHIFT, "many trades behind such a move, or an event")
    return None


def _like_a_split(rows: RawSeries, move: Move) -> bool:
    """Both close and open moved by a common ratio, in an ordinary day between ordinary days."""
    slack = np.minimum(max(RATIO_SLACK, 3 * move.usual_step), RATIO_SLACK_PART * SPLITS)
    common = (np.abs(abs(move.step) - SPLITS) < slack) & (np.abs(abs(move.gap) - SPLITS) < slack)
    ordinary = move.span < max(ORDINARY_SPAN, 3 * move.usual_span)
    around = np.abs(np.diff(np.log(rows.close[max(0, move.at - 2) : move.at + 2])))
    beside = np.delete(around, min(move.at - 1, 1))
    return bool(ordinary and common.any() and (beside < abs(move.step) / 2).all())


def _told(rows: RawSeries, move: Move, code: FaultCode, expected: str) -> Fault:
    traded = "no usual trade" if np.isnan(move.turnover) else f"{move.turnover:.2g} times the usual value traded"
    message = (
        f"expected {expected}; came {rows.close[move.at]:g} after {rows.close[move.at - 1]:g}, "
        f"a move by {np.exp(move.step):.4g} of which {np.exp(move.gap):.4g} by the opening, with {traded}"
    )
    return fault(code, rows.days[move.at], message)
