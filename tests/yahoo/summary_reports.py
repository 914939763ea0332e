"""Modules of quoteSummary about what a company earns."""

from datetime import UTC, datetime
from typing import Any

from tests.yahoo.answer import counted, dated, midnight, percent, raw
from tests.yahoo.changes import Quarter
from tests.yahoo.figures import Figures


def key_statistics(figures: Figures) -> dict[str, Any]:
    reports, owners, split = figures.reports.quarters, figures.ownership, figures.history.splits[-1:]
    return {
        "maxAge": 1,
        "priceHint": 2,
        "sharesOutstanding": figures.shares,
        "impliedSharesOutstanding": figures.shares,
        "floatShares": round(figures.shares * owners.float_fraction) if owners and figures.shares else None,
        "heldPercentInsiders": owners.insiders if owners else None,
        "heldPercentInstitutions": owners.institutions if owners else None,
        "beta": round(figures.company.beta, 3),
        "bookValue": figures.book_value,
        "priceToBook": round(figures.standing.price / figures.book_value, 4) if figures.book_value else None,
        "lastFiscalYearEnd": midnight(figures.reports.years[-1].period_end) if figures.reports.years else None,
        "mostRecentQuarter": midnight(reports[-1].period_end) if reports else None,
        "earningsQuarterlyGrowth": figures.growth("net_income"),
        "netIncomeToCommon": figures.net_income,
        "trailingEps": figures.eps,
        "lastSplitFactor": f"{split[0].numerator:g}:{split[0].denominator:g}" if split else None,
        "lastSplitDate": midnight(split[0].ex_date) if split else None,
        "lastDividendValue": figures.history.dividends[-1].amount if figures.history.dividends else None,
        "lastDividendDate": midnight(figures.ex_dividend_date) if figures.ex_dividend_date else None,
    }


def financial_data(figures: Figures) -> dict[str, Any] | None:
    if not figures.last_four or figures.revenue is None or figures.net_income is None:
        return None
    return {
        "maxAge": 86_400,
        "currentPrice": figures.standing.price,
        "recommendationKey": "none",
        "totalRevenue": figures.revenue,
        "revenuePerShare": round(figures.revenue / (figures.shares or 1), 3),
        "returnOnEquity": figures.return_on_equity,
        "earningsGrowth": figures.growth("diluted_eps"),
        "revenueGrowth": figures.growth("revenue"),
        "profitMargins": round(figures.net_income / figures.revenue, 5),
        "financialCurrency": "USD",
    }


def calendar_events(figures: Figures) -> dict[str, Any]:
    """Even the list of dates holds plain numbers."""
    ex_date, paid_on = figures.ex_dividend_date, figures.dividend_date
    events: dict[str, Any] = {
        "maxAge": 1,
        "exDividendDate": None if ex_date is None else midnight(ex_date),
        "dividendDate": None if paid_on is None else midnight(paid_on),
    }
    if figures.next_moments:
        events["earnings"] = {
            "earningsDate": figures.next_moments,
            "isEarningsDateEstimate": figures.next_is_estimated,
        }
    return events


def earnings_history(figures: Figures) -> dict[str, Any] | None:
    """The last four quarters with what was expected of them, oldest first."""
    if not figures.reports.quarters:
        return None
    last = figures.reports.quarters[-4:]
    return {"maxAge": 86_400, "history": [_surprise(quarter, n - len(last)) for n, quarter in enumerate(last)]}


def _surprise(quarter: Quarter, number: int) -> dict[str, Any]:
    estimate, difference = quarter.estimated_eps, round(quarter.diluted_eps - quarter.estimated_eps, 4)
    return {
        "maxAge": 1,
        "epsActual": raw(quarter.diluted_eps),
        "epsEstimate": raw(estimate),
        "epsDifference": raw(difference),
        "surprisePercent": raw(round(difference / abs(estimate), 4) if estimate else None, percent),
        "quarter": dated(quarter.period_end),
        "currency": "USD",
        "period": f"{number}q",
    }


def earnings(figures: Figures) -> dict[str, Any] | None:
    quarters, years = figures.reports.quarters[-4:], figures.reports.years[-4:]
    if not quarters:
        return None
    return {
        "maxAge": 86_400,
        "earningsChart": {
            "quarterly": [
                {"date": _label(q), "actual": raw(q.diluted_eps), "estimate": raw(q.estimated_eps)} for q in quarters
            ],
            "earningsDate": [dated(datetime.fromtimestamp(moment, UTC).date()) for moment in figures.next_moments],
            "isEarningsDateEstimate": figures.next_is_estimated,
        },
        "financialsChart": {
            "yearly": [
                {"date": year.fiscal_year, "revenue": counted(year.revenue), "earnings": counted(year.net_income)}
                for year in years
            ],
            "quarterly": [
                {"date": _label(q), "revenue": counted(q.revenue), "earnings": counted(q.net_income)} for q in quarters
            ],
        },
        "financialCurrency": "USD",
    }


def _label(quarter: Quarter) -> str:
    return f"{quarter.fiscal_quarter}Q{quarter.fiscal_year}"


REPORT_MODULES = {
    "defaultKeyStatistics": key_statistics,
    "financialData": financial_data,
    "calendarEvents": calendar_events,
    "earningsHistory": earnings_history,
    "earnings": earnings,
}
