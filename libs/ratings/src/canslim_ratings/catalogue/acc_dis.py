"""The accumulation/distribution grade: whether volume came with closes near the top or the bottom of the day."""

from typing import Final

import numpy as np

from canslim_ratings.arrays import FloatArray, divide, fill_forward, positive_prices, without_dust
from canslim_ratings.catalogue.rating import Rated, Rating, Ratings
from canslim_ratings.facts import Facts

#: Thirteen weeks.
WINDOW: Final = 65
#: Four of five sessions, as elsewhere.
MINIMUM_SESSIONS: Final = 52
#: A third of a grade; with C around zero, nearly half of all US stocks of 2015 to 2017 are a C of some kind.
STEP: Final = 5.0
LETTERS: Final = ("A+", "A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D+", "D", "D-", "E")


def compute(facts: Facts, _: Ratings) -> Rated:
    """Gives the volume-weighted mean of where closes lie in the day's range, -100 (bottom) to 100 (top)."""
    size = len(facts.symbols)
    if facts.low is None:
        return Rated.where(np.full(size, np.nan), [(np.ones(size, dtype=np.bool_), "no_low")], {})
    since = -WINDOW - 1
    place = places_in_range(facts.closes[since:], facts.highs[since:], positive_prices(facts.low.iloc[since:]))
    volume = facts.volumes[since:][1:]
    usable = ~np.isnan(place) & ~np.isnan(volume)
    traded = np.where(usable, volume, 0.0).sum(axis=0)
    bought = np.where(usable, volume * place, 0.0).sum(axis=0)
    sessions = usable.sum(axis=0).astype(np.float64)
    return Rated.where(
        without_dust(divide(bought, traded) * 100.0),
        [
            (facts.not_priced, "no_price"),
            (sessions < MINIMUM_SESSIONS, "short_history"),
            (traded <= 0, "no_volume"),
        ],
        {"volume": traded, "net_volume": bought, "sessions": sessions},
    )


def places_in_range(closes: FloatArray, highs: FloatArray, lows: FloatArray) -> FloatArray:
    """Where each close but the first lies in the session's true range: 1 at the top, -1 at the bottom, 0 without one.

    The true range reaches to the close before, so that a gap counts. A missing high or low is the close; NaN where
    the close, or any before it, is missing.
    """
    now, before = closes[1:], fill_forward(closes)[:-1]
    top = np.maximum(np.fmax(highs[1:], now), before)
    bottom = np.minimum(np.fmin(lows[1:], now), before)
    middle = divide(2.0 * now - top - bottom, top - bottom)
    return np.where(top == bottom, 0.0, middle)


def _grades() -> tuple[tuple[float, str], ...]:
    """C is the step around zero; E is everything below D-."""
    neutral = LETTERS.index("C")
    lowest = [STEP * (neutral - 0.5 - at) for at in range(len(LETTERS) - 1)]
    return (*zip(lowest, LETTERS[:-1], strict=True), (-100.0, LETTERS[-1]))


RATING: Final = Rating(
    name="acc_dis",
    title="Accumulation/distribution",
    version="acc-dis.1",
    unit="-100 to 100, shown as A+ to E",
    definition="Whether big money was buying (A) or selling (E) over thirteen weeks, read off price and volume.",
    formula=(
        "100 x sum(volume x place) / sum(volume) over 65 sessions, where place is where the close lies in the day's "
        "range, -1 at the bottom to 1 at the top, and the range includes the close before. C within 2.5 of 0, then a "
        "third of a grade each 5 points: A+ from 32.5 up, E below -22.5. Not relative to other stocks."
    ),
    source=(
        "IBD's rating is a secret of price and volume over thirteen weeks, not relative to other stocks. This is "
        "Chaikin's money flow with true ranges (as Twiggs has them); the steps between grades are ours."
    ),
    worked="100 x {net_volume:.4g} / {volume:.4g} = {value:.1f}, {grade}",
    missing={
        "no_low": "the daily lows were not given",
        "no_price": "no price at the session",
        "short_history": f"under {MINIMUM_SESSIONS} of {WINDOW} sessions have a price, one before it, and a volume",
        "no_volume": "nothing was traded",
    },
    reads=("close", "high", "low", "volume"),
    low=-100.0,
    high=100.0,
    decimals=1,
    grades=_grades(),
    compute=compute,
)
