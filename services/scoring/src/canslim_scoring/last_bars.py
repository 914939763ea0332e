"""The newest bar of each symbol, carried along over sessions."""

from datetime import date

import numpy as np
import pandas as pd

from canslim_ratings.arrays import FloatArray


class LastBars:
    """What `read_last_bars` would say at each session that it sees, in their order."""

    def __init__(self, before: pd.DataFrame, symbols: tuple[str, ...]) -> None:
        """before: of `read_last_bars` at the first session, or the one before."""
        known = before.reindex(list(symbols))
        self._symbols = known.index
        self._sessions = known["last_session"].to_numpy(dtype=object, copy=True)
        self._closes = known["close"].to_numpy(dtype="float64", copy=True)

    def see(self, session: date, closes: FloatArray) -> None:
        """closes: as traded, in the order of the symbols; NaN where there is no bar."""
        traded = ~np.isnan(closes)
        self._sessions[traded] = session
        self._closes[traded] = closes[traded]

    @property
    def frame(self) -> pd.DataFrame:
        """Indexed by symbol: `last_session`, `close`."""
        sessions = pd.Series(self._sessions, index=self._symbols, dtype=object)
        return pd.DataFrame({"last_session": sessions, "close": self._closes}, index=self._symbols)
