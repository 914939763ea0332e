"""Everything the criteria may look at, cut to one session at the door."""

from dataclasses import dataclass, field

import pandas as pd

from canslim_ratings.arrays import FloatArray, positive_prices
from canslim_ratings.market import MarketDirection
from canslim_ratings.ownership import Ownership
from canslim_ratings.statements import Statements


@dataclass(frozen=True)
class Facts:
    """What is known of a universe at the end of `session`.

    session: t0. Filings, splits and snapshots that became known later are left out here.
    close, high: sessions x symbols, adjusted prices, oldest first, every session of the exchange calendar a
        row, the last one t0; volume: shares, split-adjusted, same shape. NaN where a symbol has no bar.
    filings: one row a filing, as collected (see `as_known`), not restated for splits.
    splits: `symbol`, `ex_date`, `factor`; splits only, neither dividends nor spin-offs.
    rs: the result of `rate_strength`, indexed by symbol.
    group: symbol to industry; None or NaN where unknown.
    ownership: `symbol`, `as_of`, `institutional_pct`, `holders`, `shares_outstanding`, `shares_float`.
    market: the result of `market_direction`.

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

    statements: Statements = field(init=False, repr=False)
    holdings: Ownership = field(init=False, repr=False)
    #: The last 253 sessions as float64 arrays, sessions x symbols; bad prices are NaN.
    closes: FloatArray = field(init=False, repr=False)
    highs: FloatArray = field(init=False, repr=False)
    volumes: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.close.shape != self.high.shape or self.close.shape != self.volume.shape:
            shapes = self.close.shape, self.high.shape, self.volume.shape
            raise ValueError(f"close, high and volume must have one shape, got {shapes}")
        if len(self.close) == 0 or self.close.index[-1] != self.session:
            raise ValueError(f"the last row of close must be the session {self.session}")
        derived = {
            "statements": Statements.known(self.filings, self.symbols, self.session, self.splits),
            "holdings": Ownership.known(self.ownership, self.symbols, self.session, self.splits),
            "closes": positive_prices(self.close.iloc[-253:]),
            "highs": positive_prices(self.high.iloc[-253:]),
            "volumes": self.volume.iloc[-253:].to_numpy(dtype="float64", na_value=float("nan")),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def symbols(self) -> pd.Index:
        """The universe, in the order of every array here."""
        return self.close.columns
