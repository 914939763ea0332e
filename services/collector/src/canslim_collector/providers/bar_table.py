"""All bars of a source in memory, sorted by symbol and session, cut to what an Ask is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from canslim_collector.provider import Ask, Bars, Columns, Stored

#: Relative difference up to which a stored figure and the source's are the same.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class BarTable:
    """Equal-length arrays named as the fields of Bars; `spans` holds where each symbol's rows are."""

    columns: Mapping[str, npt.NDArray[Any]]
    spans: Mapping[str, slice]

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> "BarTable":
        """frame: `symbol`, `date` and the figures of Bars, in any order."""
        rows = frame.sort_values(["symbol", "date"], kind="stable")
        symbols = rows["symbol"].to_numpy(dtype=object)
        new = np.concatenate([[True], symbols[1:] != symbols[:-1]])[: len(symbols)]
        starts = np.flatnonzero(new).tolist()
        ends = [*starts[1:], len(symbols)][: len(starts)]
        columns: dict[str, npt.NDArray[Any]] = {
            "sessions": pd.to_datetime(rows["date"]).to_numpy().astype("datetime64[D]"),
            "volume": rows["volume"].to_numpy(dtype=np.int64),
        }
        for name in ("open", "high", "low", "close", "adj_factor", "split_factor"):
            columns[name] = rows[name].to_numpy(dtype=np.float64)
        spans = {str(symbols[a]): slice(a, b) for a, b in zip(starts, ends, strict=True)}
        return cls(columns, spans)

    def bars(self, ask: Ask) -> tuple[Bars, bool]:
        """The bars an Ask is about, and whether they restate what is stored. Raises KeyError."""
        span = self.spans[ask.symbol]
        whole = Bars(**{name: values[span] for name, values in self.columns.items()})
        return newer_bars(whole, ask.stored)


def columns_by_symbol(frame: pd.DataFrame) -> dict[str, Columns]:
    """Splits a table with a column `symbol` into a small one for each symbol; dates become datetime64[D]."""
    arrays = {str(name): frame[name].to_numpy() for name in frame.columns if name != "symbol"}
    for name, values in arrays.items():
        if np.issubdtype(values.dtype, np.datetime64):
            arrays[name] = values.astype("datetime64[D]")
    positions = frame.reset_index(drop=True).groupby("symbol").indices
    return {str(symbol): {name: values[at] for name, values in arrays.items()} for symbol, at in positions.items()}


def newer_bars(whole: Bars, stored: Stored | None, tolerance: float = TOLERANCE) -> tuple[Bars, bool]:
    """Only what is newer than `stored` if the chain holds: the bar of the last stored session is unchanged."""
    if stored is None:
        return whole, True
    at = int(np.searchsorted(whole.sessions, np.datetime64(stored.last_session, "D")))
    unbroken = (
        at < len(whole.sessions)
        and whole.sessions[at] == np.datetime64(stored.last_session, "D")
        and _same(float(whole.close[at]), stored.last_close, tolerance)
        and _same(float(whole.adj_factor[at]), stored.last_adj_factor, tolerance)
    )
    if not unbroken:
        return whole, True
    return Bars(**{name: getattr(whole, name)[at + 1 :] for name in Bars.__dataclass_fields__}), False


def split_factors(symbols: npt.NDArray[Any], adj_factor: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The part of adjustment factors that splits make, for rows sorted by symbol and session.

    A step from one session to the next by a fifth or more is taken for a split, a smaller one for a dividend.
    """
    step = np.ones(len(adj_factor))
    step[:-1] = adj_factor[:-1] / adj_factor[1:]
    last_of_symbol = np.concatenate([symbols[1:] != symbols[:-1], [True]]) if len(symbols) else np.ones(0, bool)
    split = ~last_of_symbol & ((step <= 0.8) | (step >= 1.25))
    # Cumulative from each symbol's last row backwards; a last row starts anew.
    logs = np.where(split, np.log(step), 0.0)[::-1].cumsum()[::-1]
    group = np.concatenate([[0], last_of_symbol[:-1].cumsum()]) if len(symbols) else np.zeros(0, int)
    base = np.zeros(group[-1] + 1 if len(group) else 0)
    base[group[last_of_symbol]] = logs[last_of_symbol]
    return np.asarray(np.exp(logs - base[group]))


def _same(a: float, b: float, tolerance: float) -> bool:
    return abs(a - b) <= tolerance * max(abs(a), abs(b))
