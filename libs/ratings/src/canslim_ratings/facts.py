"""Everything the criteria and ratings may look at, cut to one session at the door."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings.arrays import BoolArray, FloatArray, IntArray, TextArray, positive_prices, texts_where
from canslim_ratings.industry_groups import GroupStrength, rank_groups
from canslim_ratings.market import MarketDirection
from canslim_ratings.ownership import Ownership
from canslim_ratings.price_windows import unexplained_jumps
from canslim_ratings.statements import Statements

#: A year of returns and highs, and the close before it.
SESSIONS: Final = 253
#: Half a year more, for changes, and a week for an anchor without a price.
LONG_SESSIONS: Final = SESSIONS + 126 + 5


@dataclass(frozen=True)
class Facts:
    """What is known of a universe at the end of `session`.

    session: t0. Filings, splits and snapshots that became known later are left out here.
    close, high, low: sessions x symbols, adjusted prices, oldest first, every session of the exchange calendar a
        row, the last one t0; volume: shares, split-adjusted, same shape. NaN where a symbol has no bar. 253
        sessions are enough; a change over n sessions takes n more.
    benchmark: bars of an index fund, indexed by session, of which `close` is read; a session it lacks is missing.
    filings: one row a filing, as collected (see `as_known`), not restated for splits.
    splits: `symbol`, `ex_date`, `factor` on earlier prices; what is no split's factor is left out (`is_split`).
    rs: the result of `rate_strength`, indexed by symbol.
    group: symbol to industry; None or NaN where unknown.
    ownership: `symbol`, `as_of`, `institutional_pct`, `holders`, `shares_outstanding`, `shares_float`.
    market: the result of `market_direction` on bars up to `session`; one that saw later bars is refused.

    The columns of `close` are the universe and its order. What is None is missing, with a reason in each
    criterion that asks for it.
    """

    session: pd.Timestamp
    close: pd.DataFrame
    high: pd.DataFrame
    volume: pd.DataFrame
    rs: pd.DataFrame
    filings: pd.DataFrame | None = None
    splits: pd.DataFrame | None = None
    group: pd.Series | None = None
    ownership: pd.DataFrame | None = None
    market: MarketDirection | None = None
    low: pd.DataFrame | None = None
    benchmark: pd.DataFrame | None = None

    statements: Statements = field(init=False, repr=False)
    holdings: Ownership = field(init=False, repr=False)
    #: The last 384 sessions of closes, or as many as there are, as float64, sessions x symbols; bad prices are NaN.
    history: FloatArray = field(init=False, repr=False)
    #: The last 253 sessions likewise.
    closes: FloatArray = field(init=False, repr=False)
    highs: FloatArray = field(init=False, repr=False)
    volumes: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name, panel in (("high", self.high), ("volume", self.volume), ("low", self.low)):
            if panel is not None and not (panel.index.equals(self.close.index) and panel.columns.equals(self.symbols)):
                raise ValueError(
                    f"{name} must have the sessions and symbols of close, in one order: "
                    f"it is {panel.shape[0]} x {panel.shape[1]}, close {self.close.shape[0]} x {self.close.shape[1]}"
                )
        if len(self.close) == 0 or self.close.index[-1] != self.session:
            raise ValueError(f"the last row of close must be the session {self.session}")
        if self.market is not None and self.market.session is not None and self.market.session > self.session.date():
            raise ValueError(f"market must not look beyond {self.session.date()}: it ends with {self.market.session}")
        history = positive_prices(self.close.iloc[-LONG_SESSIONS:])
        derived = {
            "statements": Statements.known(self.filings, self.symbols, self.session, self.splits),
            "holdings": Ownership.known(self.ownership, self.symbols, self.session, self.splits),
            "history": history,
            "closes": history[-SESSIONS:],
            "highs": positive_prices(self.high.iloc[-SESSIONS:]),
            "volumes": self.volume.iloc[-SESSIONS:].to_numpy(dtype="float64", na_value=float("nan")),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def symbols(self) -> pd.Index:
        """The universe, in the order of every array here."""
        return self.close.columns

    @cached_property
    def strengths(self) -> pd.DataFrame:
        """`rs` in the order of the universe."""
        return self.rs.reindex(self.symbols)

    @cached_property
    def strength_reasons(self) -> TextArray:
        """Why `rs` has no rating, `unrated` where it does not know the symbol; None where it has one."""
        given = self.strengths["reason"].to_numpy(dtype=object)
        named = np.array([reason if isinstance(reason, str) else "unrated" for reason in given], dtype=object)
        return texts_where(self.strengths["rs_rating"].isna().to_numpy(), named)

    @cached_property
    def suspect(self) -> BoolArray:
        """`rs` found a jump in the prices that nothing explains."""
        return np.asarray(self.strength_reasons == "suspect", dtype=np.bool_)

    @cached_property
    def unexplained_jumps(self) -> BoolArray:
        """Moves of `history` above 40 % that none of `splits` explains; row n is the move to row n + 1.

        `rs` may know of more actions, such as dividends: a stock that is not `suspect` has none in a year.
        """
        known = None
        if self.splits is not None:
            known = pd.DataFrame({"symbol": self.splits["symbol"], "session": self.splits["ex_date"]})
        return unexplained_jumps(self.history, self.close.index[-LONG_SESSIONS:], self.symbols, known)

    @cached_property
    def not_priced(self) -> BoolArray:
        """No price at t0."""
        return np.asarray(np.isnan(self.closes[-1]), dtype=np.bool_)

    @cached_property
    def group_names(self) -> TextArray:
        """The industry of each symbol; None where unknown."""
        if self.group is None:
            return np.full(len(self.symbols), None, dtype=object)
        names = self.group.reindex(self.symbols)
        return np.asarray(names.astype(object).where(names.notna(), None), dtype=object)

    @cached_property
    def groups(self) -> IntArray:
        """The number of each symbol's industry, -1 where unknown; it only says who belongs together."""
        return np.asarray(pd.factorize(self.group_names)[0], dtype=np.int64)

    @cached_property
    def group_strength(self) -> GroupStrength:
        """Industries ranked by the mean raw of the RS Rating over their rated members."""
        rated = self.strengths["rs_rating"].notna().to_numpy()
        raw = self.strengths["rs_raw"].to_numpy(dtype=np.float64)
        return rank_groups(self.groups, np.where(rated, raw, np.nan))
