"""/v7/finance/quote: today's figures of up to 99 symbols."""

from typing import Any

from tests.yahoo.answer import midnight
from tests.yahoo.figures import Figures
from tests.yahoo.hours import utc_offset, zone_name

LARGEST_BATCH = 99
TYPES = {"EQUITY": "Equity", "ETF": "ETF", "INDEX": "Index"}


def quote_fields(figures: Figures) -> dict[str, Any]:
    """Prices are adjusted for splits and never for dividends; what a symbol has not is left out."""
    fields = _identity(figures) | _prices(figures) | _counts(figures) | _dividends(figures) | _reports(figures)
    return {name: value for name, value in fields.items() if value is not None}


def _identity(figures: Figures) -> dict[str, Any]:
    company, moment = figures.company, int(figures.now.timestamp())
    return {
        "language": "en-US",
        "region": "US",
        "quoteType": company.quote_type,
        "typeDisp": TYPES[company.quote_type],
        "quoteSourceName": "Delayed Quote",
        "triggerable": True,
        "customPriceAlertConfidence": "HIGH",
        "currency": "USD",
        "marketState": figures.market_state,
        "exchange": company.exchange,
        "fullExchangeName": company.exchange_name,
        "market": "us_market",
        "shortName": company.name[:30],
        "longName": company.name,
        "messageBoardId": f"finmb_{abs(company.number)}",
        "exchangeTimezoneName": "America/New_York",
        "exchangeTimezoneShortName": zone_name(moment),
        "gmtOffSetMilliseconds": utc_offset(moment) * 1000,
        "firstTradeDateMilliseconds": int(figures.history.bars.stamps[0]) * 1000,
        "hasPrePostMarketData": company.quote_type != "INDEX",
        "esgPopulated": False,
        "tradeable": False,
        "cryptoTradeable": False,
        "priceHint": 2,
        "sourceInterval": 15,
        "exchangeDataDelayedBy": 0,
        "corporateActions": [],
        "symbol": figures.symbol,
    }


def _prices(figures: Figures) -> dict[str, Any]:
    now = figures.standing
    return {
        "regularMarketPrice": now.price,
        "regularMarketOpen": now.open,
        "regularMarketDayHigh": now.high,
        "regularMarketDayLow": now.low,
        "regularMarketDayRange": f"{now.low} - {now.high}",
        "regularMarketVolume": now.volume,
        "regularMarketPreviousClose": now.previous_close,
        "regularMarketChange": now.change,
        "regularMarketChangePercent": now.change_percent,
        "regularMarketTime": now.time,
        "averageDailyVolume3Month": now.volume_3m,
        "averageDailyVolume10Day": now.volume_10d,
        "fiftyTwoWeekHigh": now.year_high,
        "fiftyTwoWeekLow": now.year_low,
        "fiftyTwoWeekRange": f"{now.year_low} - {now.year_high}",
        "fiftyTwoWeekHighChangePercent": round(now.price / now.year_high - 1, 6),
        "fiftyTwoWeekLowChangePercent": round(now.price / now.year_low - 1, 6),
        "fiftyDayAverage": now.average_50,
        "twoHundredDayAverage": now.average_200,
    }


def _counts(figures: Figures) -> dict[str, Any]:
    price, eps, book = figures.standing.price, figures.eps, figures.book_value
    return {
        "sharesOutstanding": figures.shares,
        "marketCap": figures.market_cap,
        "epsTrailingTwelveMonths": eps,
        "trailingPE": round(price / eps, 4) if eps and eps > 0 else None,
        "bookValue": book,
        "priceToBook": round(price / book, 4) if book else None,
        "financialCurrency": "USD" if figures.company.quote_type == "EQUITY" else None,
    }


def _dividends(figures: Figures) -> dict[str, Any]:
    if figures.company.quote_type == "INDEX":
        return {}
    rate, paid_on = figures.dividend_rate, figures.dividend_date
    return {
        "trailingAnnualDividendRate": rate,
        "trailingAnnualDividendYield": round(rate / figures.standing.previous_close, 8),
        "dividendDate": None if paid_on is None else midnight(paid_on),
    }


def _reports(figures: Figures) -> dict[str, Any]:
    if figures.named_report is None:
        return {}
    between = figures.next_between
    return {
        "earningsTimestamp": int(figures.named_report.timestamp()),
        "earningsTimestampStart": int(between[0].timestamp()) if between else None,
        "earningsTimestampEnd": int(between[1].timestamp()) if between else None,
        "isEarningsDateEstimate": figures.next_is_estimated,
    }
