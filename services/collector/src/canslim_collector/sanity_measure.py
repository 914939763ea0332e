"""How a price moved from one row to the next, beside what is usual for the symbol. All moves are logarithms."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from canslim_collector.sanity_series import Days, RawSeries

#: Smaller moves are not looked at: a 3:2 split is the smallest one searched for.
JUMP: Final = float(np.log(1.4))
#: No news moves a price so far by the next opening.
IMPOSSIBLE: Final = float(np.log(12.0))
#: Over longer holes in the rows only an impossible move is told from what happened meanwhile.
HOLE_SESSIONS: Final = 5
#: What is usual is taken from so many rows before.
USUAL_ROWS: Final = 20
#: The range of a calm day, and how many usual steps a calm share does not make at once.
CALM_SPAN: Final = 0.1
CALM_STEPS: Final = 12.0


@dataclass(frozen=True, slots=True)
class Move:
    """A move that ends at row `at`, net of dividends paid that day."""

    at: int
    before: float  # the close it starts from, less dividends
    step: float  # close to close
    gap: float  # close to open
    span: float  # low to high
    clear: bool  # the two rows have no price in common
    usual_step: float
    usual_span: float
    turnover: float  # times the usual value traded; NaN where nothing is usual

    @property
    def by_gap(self) -> bool:
        """The move was there at the opening, and little came to it."""
        return self.clear and self.gap * self.step > 0 and 0.7 < self.gap / self.step < 1.4

    @property
    def from_calm(self) -> bool:
        """A calm share moved far and was calm again at once."""
        return self.span < CALM_SPAN and abs(self.step) > CALM_STEPS * self.usual_step


def jumps(rows: RawSeries, sessions: Days) -> list[Move]:
    """Moves that are large for the sessions between their rows; every price of `rows` is positive."""
    steps = np.abs(np.diff(np.log(rows.close)))
    far = np.flatnonzero(steps > JUMP)
    if len(far) == 0:
        return []
    waited = np.searchsorted(sessions, rows.days[far + 1]) - np.searchsorted(sessions, rows.days[far])
    least = np.where(waited > HOLE_SESSIONS, IMPOSSIBLE, JUMP * np.sqrt(np.maximum(waited, 1)))
    moves = [(measured(rows, at + 1), enough) for at, enough in zip(far.tolist(), least.tolist(), strict=True)]
    return [move for move, enough in moves if abs(move.step) > enough]


def measured(rows: RawSeries, at: int) -> Move:
    paid = _paid(rows, at)
    before = float(rows.close[at - 1]) - paid
    step = float(np.log(rows.close[at] / before))
    past = slice(max(0, at - USUAL_ROWS), at)
    usual_value = float(np.median(rows.close[past] * rows.volume[past]))
    steps = np.abs(np.diff(np.log(rows.close[past])))
    above, below = rows.low[at] > rows.high[at - 1] - paid, rows.high[at] < rows.low[at - 1] - paid
    return Move(
        at=at,
        before=before,
        step=step,
        gap=float(np.log(rows.open[at] / before)),
        span=float(np.log(rows.high[at] / rows.low[at])),
        clear=bool(above if step > 0 else below),
        # The median of absolute steps is two thirds of their deviation.
        usual_step=1.5 * float(np.median(steps)) if len(steps) else 0.0,
        usual_span=float(np.median(np.log(rows.high[past] / rows.low[past]))),
        turnover=float(rows.close[at] * rows.volume[at]) / usual_value if usual_value > 0 else np.nan,
    )


def _paid(rows: RawSeries, at: int) -> float:
    """Dividends that went ex at this row; 0 where they are more than the price, which explains nothing."""
    first, last = rows.days[at - 1].item(), rows.days[at].item()
    paid = sum(dividend.amount for dividend in rows.dividends if first < dividend.ex_date <= last)
    return paid if paid < rows.close[at - 1] else 0.0
