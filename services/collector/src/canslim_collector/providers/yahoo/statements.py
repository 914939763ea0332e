"""Reads statements and summaries: reports, holdings, and what the next refresh wants to know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from canslim_collector.provider import Columns

Json = Mapping[str, Any]

#: Yahoo's name of an item, and ours.
ITEMS = {
    "TotalRevenue": "revenue",
    "NetIncome": "net_income",
    "BasicEPS": "eps_basic",
    "DilutedEPS": "eps_diluted",
    "StockholdersEquity": "equity",
}
#: A fiscal year may end some days before or after the end of a month.
DAYS_AROUND = 15


def read_reports(series: Sequence[Json]) -> Columns | None:
    """Quarters and years as `Answer.reports`; None where Yahoo shows none.

    Raises LookupError, TypeError or ValueError where the statements have another shape.
    """
    figures = _figures(series)
    if not figures:
        return None
    year_end = _year_end([end for end, annual in figures if annual])
    ordered = sorted(figures)
    periods = [("FY", _fiscal_year(end, year_end)) if annual else _quarter(end, year_end) for end, annual in ordered]
    return {
        "period_end": np.array([end for end, _ in ordered], dtype="datetime64[D]"),
        "fiscal_period": np.array([period for period, _ in periods], dtype=object),
        "fiscal_year": np.array([year for _, year in periods], dtype=np.int64),
    } | {
        name: np.array([figures[key].get(name, np.nan) for key in ordered], dtype=np.float64) for name in ITEMS.values()
    }


def _figures(series: Sequence[Json]) -> dict[tuple[date, bool], dict[str, float]]:
    """By period's end and whether it is a year; points may be null, and items may be missing."""
    figures: dict[tuple[date, bool], dict[str, float]] = {}
    for item in series:
        kind = item["meta"]["type"][0]
        annual = kind.startswith("annual")
        name = ITEMS.get(kind.removeprefix("annual").removeprefix("quarterly"))
        for point in item.get(kind) or () if name else ():
            if point is not None and point["reportedValue"] is not None:
                end = date.fromisoformat(point["asOfDate"])
                figures.setdefault((end, annual), {})[str(name)] = float(point["reportedValue"]["raw"])
    return figures


def _year_end(years: Sequence[date]) -> int:
    """The month in which fiscal years end; December where no year is known."""
    return _month(max(years)) if years else 12


def _month(end: date) -> int:
    """The month whose end is meant: companies close their books on a weekday near it."""
    return end.month if end.day >= DAYS_AROUND else (end.month - 2) % 12 + 1


def _quarter(end: date, year_end: int) -> tuple[str, int]:
    number = ((_month(end) - year_end) % 12 // 3) or 4
    return f"Q{number}", _fiscal_year(end, year_end)


def _fiscal_year(end: date, year_end: int) -> int:
    """The calendar year in which the fiscal year ends."""
    year = end.year - (end.month == 1 and end.day < DAYS_AROUND)
    return year + (_month(end) > year_end)


@dataclass(frozen=True, slots=True)
class Summary:
    """holdings: by the name of Ownership's figures, None where Yahoo shows nothing of one.
    profile: details of the listing. marks: what it says of dividends and reports, as `memo.Memo` has it.
    """

    holdings: Mapping[str, float | None]
    profile: Mapping[str, str]
    marks: Mapping[str, Any]

    def ownership(self, session: date) -> Columns | None:
        """The snapshot; None where Yahoo shows nothing."""
        if all(value is None for value in self.holdings.values()):
            return None
        return {"as_of": np.array([session], dtype="datetime64[D]")} | {
            name: np.array([np.nan if value is None else value]) for name, value in self.holdings.items()
        }


def read_summary(modules: Json) -> Summary:
    """Raises what comes of another shape."""
    return Summary(_holdings(modules), _profile(modules), _marks(modules))


def _holdings(summary: Json) -> dict[str, float | None]:
    holders, statistics = summary.get("majorHoldersBreakdown") or {}, summary.get("defaultKeyStatistics") or {}
    held = _number(holders.get("institutionsPercentHeld"), statistics.get("heldPercentInstitutions"))
    return {
        "institutional_pct": None if held is None else held * 100,
        "holders": _number(holders.get("institutionsCount")),
        "shares_outstanding": _number(statistics.get("sharesOutstanding")),
        "shares_float": _number(statistics.get("floatShares")),
    }


def _profile(summary: Json) -> dict[str, str]:
    asset, kind = summary.get("assetProfile") or {}, summary.get("quoteType") or {}
    found = {"sector": asset.get("sector"), "industry": asset.get("industry"), "name": kind.get("longName")}
    return {name: value for name, value in found.items() if isinstance(value, str) and value}


def _marks(summary: Json) -> dict[str, Any]:
    events, detail = summary.get("calendarEvents") or {}, summary.get("summaryDetail") or {}
    dates = (events.get("earnings") or {}).get("earningsDate") or [None]
    return {
        "paid": _number(events.get("dividendDate")),
        "rate": _number(detail.get("trailingAnnualDividendRate")),
        "ex_dividend": _day(events.get("exDividendDate"), detail.get("exDividendDate")),
        "eps": _number((summary.get("defaultKeyStatistics") or {}).get("trailingEps")),
        "report": _day(dates[0]),
    }


def _day(*stamps: Any) -> date | None:
    stamp = _number(*stamps)
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC).date()


def _number(*values: Any) -> float | None:
    """The first that is a number; Yahoo nests some as {raw, fmt}."""
    for value in values:
        raw = value.get("raw") if isinstance(value, Mapping) else value
        if isinstance(raw, int | float) and not isinstance(raw, bool) and np.isfinite(raw):
            return float(raw)
    return None
