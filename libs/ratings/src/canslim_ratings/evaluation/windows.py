"""From which close to which a rated session's stocks are held."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from canslim_ratings.arrays import BoolArray, IntArray
from canslim_ratings.evaluation.forward_returns import ForwardReturns
from canslim_ratings.evaluation.rated_sessions import RatedSessions


@dataclass(frozen=True)
class Windows:
    """A window after each rated session, from the close of the session after it.

    complete: rated sessions whose window ends inside the panel. sold: the row of the panel that each of these ends at.
    forward: what was earned in each of these.
    """

    complete: BoolArray
    sold: IntArray
    forward: ForwardReturns

    @classmethod
    def of(cls, rated: RatedSessions, horizon: int) -> Self:
        """Holds for `horizon` sessions."""
        return cls._between(rated, rated.rows + 1 + horizon)

    @classmethod
    def to_the_next(cls, rated: RatedSessions) -> Self:
        """Holds until the stocks of the next rated session are bought; those of the last session are not bought."""
        never = len(rated.calendar)
        return cls._between(rated, np.append(rated.rows[1:] + 1, never))

    @classmethod
    def _between(cls, rated: RatedSessions, sold: IntArray) -> Self:
        complete = np.asarray(sold < len(rated.calendar), dtype=np.bool_)
        bought, sold = rated.rows[complete] + 1, sold[complete]
        return cls(complete, sold, ForwardReturns.between(rated.prices, rated.suspect, bought, sold))
