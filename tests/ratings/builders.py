"""Makes the uninteresting part of a test: panels, filings, facts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from canslim_ratings import Facts

T0 = pd.Timestamp("2024-12-31")
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared(name: str) -> Path:
    """The path of a file of real data; skips the test where there is none."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"real market data is not beside the repository: {path}")
    return path


def sessions(count: int, last: pd.Timestamp = T0) -> pd.DatetimeIndex:
    """`count` business days that end with `last`."""
    return pd.bdate_range(end=last, periods=count)


def panel(columns: Mapping[str, Sequence[float] | np.ndarray], last: pd.Timestamp = T0) -> pd.DataFrame:
    """Sessions x symbols of float64; columns of one length."""
    frame = pd.DataFrame(dict(columns), dtype="float64")
    return frame.set_axis(sessions(len(frame), last), axis="index")


def steady(final: float, count: int = 260, first: float = 100.0) -> np.ndarray:
    """A price that goes from `first` to `final` at one rate."""
    return first * (final / first) ** np.linspace(0.0, 1.0, count)


def filing(symbol: str, period: str, period_end: str, known_on: str, **figures: float) -> dict[str, object]:
    """One row of filings; figures that are not named are missing."""
    row: dict[str, object] = {
        "symbol": symbol,
        "period_end": pd.Timestamp(period_end),
        "fiscal_period": period,
        "fiscal_year": pd.Timestamp(period_end).year,
        "known_on": pd.Timestamp(known_on),
    }
    names = ("revenue", "net_income", "eps_basic", "eps_diluted", "equity")
    return row | {name: figures.get(name, np.nan) for name in names}


def quarters(symbol: str = "A", **figures: Sequence[float]) -> pd.DataFrame:
    """Quarters that end with 2024-09-30, newest first, each known a month after its end."""
    count = len(next(iter(figures.values())))
    ends = pd.date_range(end="2024-09-30", periods=count, freq="QE")[::-1]
    rows = [
        filing(
            symbol,
            f"Q{end.quarter}",
            str(end.date()),
            str((end + pd.Timedelta(days=30)).date()),
            **{name: values[at] for name, values in figures.items()},
        )
        for at, end in enumerate(ends)
    ]
    return pd.DataFrame(rows)


def years(symbol: str = "A", **figures: Sequence[float]) -> pd.DataFrame:
    """Fiscal years that end with 2023-12-31, newest first, each known two months after its end."""
    count = len(next(iter(figures.values())))
    rows = [
        filing(
            symbol,
            "FY",
            f"{2023 - at}-12-31",
            f"{2024 - at}-02-28",
            **{name: values[at] for name, values in figures.items()},
        )
        for at in range(count)
    ]
    return pd.DataFrame(rows)


def strengths(ratings: Mapping[str, float]) -> pd.DataFrame:
    """What `rate_strength` returns, for given ratings."""
    index = pd.Index(list(ratings))
    values = np.array(list(ratings.values()), dtype=np.float64)
    reason = [None if np.isfinite(value) else "short_history" for value in values]
    return pd.DataFrame(
        {
            "rs_raw": values / 100,
            "rs_rating": values,
            "rs_provisional": np.nan,
            "anchor_filled": False,
            "reason": pd.Series(reason, index=index, dtype=object),
        },
        index=index,
    )


def facts(
    close: pd.DataFrame | None = None,
    *,
    high: pd.DataFrame | None = None,
    volume: pd.DataFrame | None = None,
    rs: pd.DataFrame | None = None,
    **others: object,
) -> Facts:
    """Facts about one symbol, `A`, unless told otherwise."""
    close = panel({"A": steady(150.0)}) if close is None else close
    return Facts(
        session=close.index[-1],
        close=close,
        high=close if high is None else high,
        volume=close * 0 + 1000.0 if volume is None else volume,
        rs=strengths(dict.fromkeys(close.columns, 85.0)) if rs is None else rs,
        **others,  # type: ignore[arg-type]
    )


def snapshots(*rows: tuple[str, Mapping[str, float]], symbol: str = "A") -> pd.DataFrame:
    """Ownership snapshots of one symbol: (as_of, figures)."""
    names = ("institutional_pct", "holders", "shares_outstanding", "shares_float")
    return pd.DataFrame(
        [
            {"symbol": symbol, "as_of": pd.Timestamp(as_of), **{name: figures.get(name, np.nan) for name in names}}
            for as_of, figures in rows
        ]
    )
