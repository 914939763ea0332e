"""The readings of the RS Rating formula that people publish, each with its own version.

IBD fixes the weights (the latest quarter 40 %, the three before it 20 % each) but neither the look-backs nor
the mapping; stocks move by a point, or by sixty, with the reading. A stored rating therefore names its version.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from canslim_ratings.arrays import FloatArray
from canslim_ratings.percentile import half_even_of_share, spread_over_ranks

#: The latest quarter counts double (MarketSmith glossary).
WEIGHTS: Final = (0.4, 0.2, 0.2, 0.2)
#: The ends of four quarters of 63 sessions.
QUARTER_ENDS: Final = (63, 126, 189, 252)


@dataclass(frozen=True)
class RSVariant:
    """One reading of the formula.

    look_backs: sessions before t0 where each window starts, shortest first.
    cumulative: every window ends at t0; otherwise it ends where the shorter one starts.
    blends_ratings: each window is rated 1 to 99 by itself and these ratings are weighed, not the returns.
    rating: turns average ranks (1 is weakest) and their count into ratings 1 to 99.
    """

    name: str
    version: str
    description: str
    rating: Callable[[FloatArray, int], FloatArray]
    look_backs: tuple[int, ...] = QUARTER_ENDS
    weights: tuple[float, ...] = WEIGHTS
    cumulative: bool = True
    blends_ratings: bool = False

    @property
    def sessions_needed(self) -> int:
        """Sessions of history a stock needs, t0 included."""
        return self.look_backs[-1] + 1


CALENDAR_63: Final = RSVariant(
    name="calendar-63",
    version="rs-calendar-63.1",
    description="0.4 R63 + 0.2 R126 + 0.2 R189 + 0.2 R252, anchored on sessions of the exchange calendar.",
    rating=spread_over_ranks,
)
#: skyte/relative-strength reads close[-63], which lies 62 sessions before close[-1]; rs-log inherits it.
SKYTE: Final = RSVariant(
    name="skyte",
    version="rs-skyte-62.1",
    description="As skyte/relative-strength and rs-log: look-backs of 62, 125, 188 and 251 sessions.",
    rating=spread_over_ranks,
    look_backs=(62, 125, 188, 251),
)
IBD_RS_RATING: Final = RSVariant(
    name="ibd-rs-rating",
    version="rs-ibd-rs-rating.1",
    description="As PyPI ibd-rs-rating: the same returns, mapped by round(98 * share + 1), half to even.",
    rating=half_even_of_share,
)
DISJOINT_QUARTERS: Final = RSVariant(
    name="disjoint-quarters",
    version="rs-disjoint-quarters.1",
    description="The literal reading of 'the remaining three quarters': returns of four separate quarters.",
    rating=spread_over_ranks,
    cumulative=False,
)

#: It ranks returns above a benchmark's, which moves all of a window alike and so changes no rank.
BALANCED_HORIZON: Final = RSVariant(
    name="balanced-horizon-v2",
    version="rs-balanced-horizon-v2.1",
    description="As xang1234/stock-screener: returns of 21, 63, 126, 189 and 252 sessions, each rated, then blended.",
    rating=spread_over_ranks,
    look_backs=(21, 63, 126, 189, 252),
    weights=(0.20, 0.30, 0.20, 0.15, 0.15),
    blends_ratings=True,
)

VARIANTS: Final[tuple[RSVariant, ...]] = (CALENDAR_63, SKYTE, IBD_RS_RATING, DISJOINT_QUARTERS, BALANCED_HORIZON)
