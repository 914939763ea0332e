"""The RS Rating: how a stock's price did over twelve months against all others."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings.arrays import (
    BoolArray,
    FloatArray,
    first_reason,
    in_any_row,
    missing,
    positive_prices,
    without_dust,
)
from canslim_ratings.percentile import among, average_ranks, spread_over_ranks
from canslim_ratings.price_windows import anchors, starts_later, unexplained_jumps
from canslim_ratings.rs_variants import CALENDAR_63, RSVariant

#: Why there is no rating. A symbol that was not asked about is `unrated`.
REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no_price": "no price at the session",
        "suspect": "a day move above 40 % within the window without a known action: a missed split or a bad print",
        "short_history": "the first price is younger than the oldest anchor; see rs_provisional",
        "missing_anchor": "no price at an anchor, nor in the five sessions before it",
        "not_eligible": "listed no more, or not to be rated",
        "alone": "nobody else to be compared with",
        "unrated": "the stage that rates strength does not know the symbol",
    }
)


def rate_strength(
    close: pd.DataFrame,
    *,
    known_actions: pd.DataFrame | None = None,
    eligible: Collection[str] | None = None,
    variant: RSVariant = CALENDAR_63,
) -> pd.DataFrame:
    """Rates each symbol 1 (weakest) to 99 (strongest) on its weighted returns of up to 252 sessions.

    close: sessions x symbols, split- and dividend-adjusted closes, oldest first. Every session of the exchange
        calendar has a row (NaN where a symbol has no bar); the last row is t0. Zero and negative prices count
        as missing. 258 rows are enough; older ones only tell a gap from a short history.
    known_actions: pairs `symbol`, `session` (the ex-date) of known splits and dividends.
    eligible: symbols that may be ranked; the others get a raw score only. None means all.

    Returns, indexed by symbol in the order of `close`:
        rs_raw: weighted return, a fraction (of a variant that blends ratings, their weighted mean); NaN where an
            anchor or the price at t0 is missing. Kept for suspects.
        rs_rating: 1 to 99, or NaN. Only rated stocks are ranked, so the others move nobody.
        rs_provisional: 1 to 99 for a short history of 63 sessions or more, from the windows that exist with
            their weights scaled up to one, placed among the ranked stocks without moving them; otherwise NaN.
        anchor_filled: an anchor took a price up to five sessions older.
        reason: why there is no rating: `no_price` (none at t0), `suspect` (a day move above 40 % in the window
            without a known action), `short_history` (the first price is younger than the oldest anchor),
            `missing_anchor`, `not_eligible`, `alone` (nobody else to rank against); else None.

    Source: MarketSmith's glossary for the weights; the rest is `variant`, and ours.
    """
    prices = positive_prices(close)
    starts, filled = anchors(prices, variant.look_backs)
    last = prices[-1] if len(prices) else np.full(close.shape[1], np.nan)
    windows = _windows(starts, last, variant)
    weights = np.array(variant.weights)[:, None]

    window = close.index[-variant.sessions_needed :]
    suspect = in_any_row(unexplained_jumps(prices[-variant.sessions_needed :], window, close.columns, known_actions))
    no_price = missing(last)
    no_raw = in_any_row(missing(windows))
    short = starts_later(prices, variant.look_backs[-1])
    excluded = np.zeros(len(last), dtype=np.bool_)
    if eligible is not None:
        excluded = ~close.columns.isin(list(eligible))
    unrankable = no_price | suspect | short | no_raw | excluded

    if variant.blends_ratings:
        windows = _rated_each(windows, ~unrankable)
    raw = (windows * weights).sum(axis=0)
    ranked = np.where(unrankable, np.nan, raw)
    count = int((~unrankable).sum())
    rating = variant.rating(average_ranks(ranked), count)
    provisional = np.where(short & ~suspect & ~excluded, among(_partial(windows, weights), ranked), np.nan)
    reason = first_reason(
        len(raw),
        (
            (no_price, "no_price"),
            (suspect, "suspect"),
            (short, "short_history"),
            (no_raw, "missing_anchor"),
            (excluded, "not_eligible"),
            (missing(rating), "alone"),
        ),
    )
    return pd.DataFrame(
        {
            "rs_raw": raw,
            "rs_rating": rating,
            "rs_provisional": provisional,
            "anchor_filled": filled.any(axis=0),
            "reason": pd.Series(reason, index=close.columns, dtype=object),
        },
        index=close.columns,
    )


def _windows(starts: FloatArray, last: FloatArray, variant: RSVariant) -> FloatArray:
    """Gives look-backs x symbols: the return of each window, a fraction."""
    ends = np.broadcast_to(last, starts.shape) if variant.cumulative else np.vstack([last, starts[:-1]])
    return ends / starts - 1.0


def _rated_each(windows: FloatArray, rankable: BoolArray) -> FloatArray:
    """Rates every window 1 to 99 by itself; who is not ranked is placed among those who are."""
    count = int(rankable.sum())
    rated = np.empty_like(windows)
    for row, returns in enumerate(without_dust(windows)):
        ranked = np.where(rankable, returns, np.nan)
        own = spread_over_ranks(average_ranks(ranked), count)
        rated[row] = np.where(rankable, own, among(returns, ranked))
    return rated


def _partial(windows: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighs the windows that exist, their weights scaled up to one; NaN without the shortest window."""
    weight = np.where(np.isnan(windows), 0.0, weights)
    total = np.nansum(windows * weights, axis=0) / np.where(weight.sum(axis=0) > 0, weight.sum(axis=0), np.nan)
    return np.where(np.isnan(windows[0]), np.nan, total)
