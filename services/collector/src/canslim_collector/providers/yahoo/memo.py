"""What the provider remembers of a symbol between refreshes, and what follows from a new quote."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zlib import crc32

from canslim_collector.providers.yahoo.quotes import number, same

Json = Mapping[str, Any]

#: Holdings, calendar and reports are read anew after so many days, a day or two later for some so that not all come
#: at once.
FLOOR, SPREAD = 5, 3
#: A quarter is reported within so many days of its end, and shown in the statements so many days later.
REPORTED_WITHIN, SHOWN_WITHIN = timedelta(days=90), timedelta(days=10)
DAYS = ("charted", "summarized", "ex_dividend", "report", "quarter")


@dataclass(frozen=True, slots=True)
class Memo:
    """charted, summarized: the sessions at which the chart and the summary were read last.

    paid, rate: when the next dividend is paid, and the dividends of a year. ex_dividend: the next ex-date.
    eps: of the last four quarters. report: the day of the report that is due, or was the newest.
    quarter: the end of the newest period that the statements show.
    None: not known.
    """

    charted: date | None = None
    summarized: date | None = None
    paid: float | None = None
    rate: float | None = None
    ex_dividend: date | None = None
    eps: float | None = None
    report: date | None = None
    quarter: date | None = None

    @classmethod
    def of(cls, stored: Json) -> "Memo":
        values: dict[str, Any] = {field.name: stored.get(field.name) for field in fields(cls)}
        return cls(**values | {name: date.fromisoformat(values[name]) for name in DAYS if values[name]})

    def as_json(self) -> dict[str, Any]:
        return {name: str(value) if isinstance(value, date) else value for name, value in asdict(self).items()}

    def after(self, quote: Json) -> "Memo":
        """With the figures of a newer quote; what it leaves out stays."""
        report = number(quote.get("earningsTimestamp")) or number(quote.get("earningsTimestampStart"))
        fresh: dict[str, Any] = {
            "paid": number(quote.get("dividendDate")),
            "rate": number(quote.get("trailingAnnualDividendRate")),
            "eps": number(quote.get("epsTrailingTwelveMonths")),
            "report": None if report is None else datetime.fromtimestamp(report, UTC).date(),
        }
        return replace(self, **{name: value for name, value in fresh.items() if value is not None})

    def dividend_since(self, before: "Memo", session: date) -> bool:
        """Whether a share may have gone ex since `before`, so that its history is to be restated."""
        went_ex = before.ex_dividend is not None and before.ex_dividend <= session
        unseen = before.charted is None or (before.ex_dividend or session) > before.charted
        return (went_ex and unseen) or _changed(before.paid, self.paid) or _changed(before.rate, self.rate)

    def report_since(self, before: "Memo", session: date) -> bool:
        """Whether the statements are to be read: a report is due and not shown yet, or has appeared."""
        due = any(day is not None and self._misses(day, session) for day in (before.report, self.report))
        return due or _changed(before.eps, self.eps)

    def is_old(self, symbol: str, session: date) -> bool:
        """Whether all but the prices is to be read anew, for the last time is long ago."""
        floor = timedelta(days=FLOOR + crc32(symbol.encode()) % SPREAD)
        return self.summarized is None or session - self.summarized >= floor

    def _misses(self, report: date, session: date) -> bool:
        """Whether the statements lack what was reported on that day."""
        shown = self.quarter is not None and self.quarter >= report - REPORTED_WITHIN
        return report <= session <= report + SHOWN_WITHIN and not shown


def _changed(before: float | None, now: float | None) -> bool:
    """Only a figure that was known before can have changed."""
    return before is not None and now is not None and not same(before, now)
