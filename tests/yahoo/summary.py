"""/v10/finance/quoteSummary: modules about one symbol. Numbers are plain, except inside lists."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.yahoo.answer import Answer, answer, midnight, refusal, short
from tests.yahoo.figures import Figures, figures_of
from tests.yahoo.market import Market
from tests.yahoo.summary_holders import HOLDER_MODULES
from tests.yahoo.summary_reports import REPORT_MODULES

Module = Callable[[Figures], dict[str, Any] | None]
#: A module stays good for a second, or for a day.
SECOND, DAY = {"maxAge": 1}, {"maxAge": 86_400}


def summary(market: Market, symbol: str, query: Mapping[str, str]) -> Answer:
    figures = figures_of(market, symbol)
    if figures is None:
        return refusal("quoteSummary", 404, "Not Found", f"Quote not found for symbol: {symbol}")
    modules = _rendered(figures, query.get("modules", "").split(","))
    if not modules:
        return refusal("quoteSummary", 404, "Not Found", f"No fundamentals data found for symbol: {symbol}")
    if query.get("formatted", "true") != "false":
        modules = {name: nested(module) for name, module in modules.items()}
    return answer({"quoteSummary": {"result": [modules], "error": None}})


def _rendered(figures: Figures, names: Iterable[str]) -> dict[str, Any]:
    """Names nobody knows, and modules the symbol has not, are left out."""
    found = {name: MODULES[name](figures) for name in names if name in MODULES}
    return {name: _without_none(module) for name, module in found.items() if module is not None}


def _without_none(module: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in module.items() if value is not None}


def nested(value: Any, name: str = "") -> Any:
    """Every number as raw and fmt, as without formatted=false."""
    if isinstance(value, dict):
        return value if "raw" in value else {key: nested(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [nested(inner) for inner in value]
    if isinstance(value, bool) or not isinstance(value, int | float) or name == "maxAge":
        return value
    return {"raw": value, "fmt": short(value)}


def asset_profile(figures: Figures) -> dict[str, Any] | None:
    company = figures.company
    if company.quote_type != "EQUITY":
        return None
    return DAY | {
        "city": "Springfield",
        "state": "NY",
        "country": "United States",
        "website": f"https://www.{company.symbol.lower()}.example",
        "industry": company.industry,
        "industryKey": _key(company.industry),
        "industryDisp": company.industry,
        "sector": company.sector,
        "sectorKey": _key(company.sector),
        "sectorDisp": company.sector,
        "longBusinessSummary": f"{company.name} is made up, and so is all that is said of it.",
        "fullTimeEmployees": 50 + company.number % 90_000,
        "companyOfficers": [
            {
                "maxAge": 1,
                "name": f"Ms. {company.symbol.title()} Founder",
                "age": 40 + company.number % 30,
                "title": "Chief Executive Officer",
                "totalPay": {"raw": 1_500_000, "fmt": "1.5M", "longFmt": "1,500,000"},
            }
        ],
        "overallRisk": 1 + company.number % 10,
    }


def summary_detail(figures: Figures) -> dict[str, Any]:
    now, ex_date, rate = figures.standing, figures.ex_dividend_date, figures.dividend_rate
    return SECOND | {
        "priceHint": 2,
        "previousClose": now.previous_close,
        "open": now.open,
        "dayLow": now.low,
        "dayHigh": now.high,
        "regularMarketPreviousClose": now.previous_close,
        "regularMarketOpen": now.open,
        "regularMarketDayLow": now.low,
        "regularMarketDayHigh": now.high,
        "dividendRate": rate or None,
        "dividendYield": round(rate / now.price, 6) if rate else None,
        "exDividendDate": None if ex_date is None else midnight(ex_date),
        "trailingAnnualDividendRate": rate,
        "trailingAnnualDividendYield": round(rate / now.previous_close, 8),
        "beta": round(figures.company.beta, 3),
        "trailingPE": round(now.price / figures.eps, 4) if figures.eps and figures.eps > 0 else None,
        "volume": now.volume,
        "regularMarketVolume": now.volume,
        "averageVolume": now.volume_3m,
        "averageVolume10days": now.volume_10d,
        "averageDailyVolume10Day": now.volume_10d,
        "marketCap": figures.market_cap,
        "fiftyTwoWeekLow": now.year_low,
        "fiftyTwoWeekHigh": now.year_high,
        "fiftyDayAverage": now.average_50,
        "twoHundredDayAverage": now.average_200,
        "currency": "USD",
        "tradeable": False,
    }


def price(figures: Figures) -> dict[str, Any]:
    now, company = figures.standing, figures.company
    return SECOND | {
        "regularMarketChangePercent": round(now.change / now.previous_close, 6),
        "regularMarketChange": now.change,
        "regularMarketTime": now.time,
        "priceHint": 2,
        "regularMarketPrice": now.price,
        "regularMarketDayHigh": now.high,
        "regularMarketDayLow": now.low,
        "regularMarketVolume": now.volume,
        "regularMarketPreviousClose": now.previous_close,
        "regularMarketSource": "DELAYED",
        "regularMarketOpen": now.open,
        "exchange": company.exchange,
        "exchangeName": company.exchange_name,
        "exchangeDataDelayedBy": 0,
        "marketState": figures.market_state,
        "quoteType": company.quote_type,
        "symbol": figures.symbol,
        "shortName": company.name[:30],
        "longName": company.name,
        "currency": "USD",
        "marketCap": figures.market_cap,
    }


def quote_type(figures: Figures) -> dict[str, Any]:
    company = figures.company
    return SECOND | {
        "exchange": company.exchange,
        "quoteType": company.quote_type,
        "symbol": figures.symbol,
        "underlyingSymbol": figures.symbol,
        "shortName": company.name[:30],
        "longName": company.name,
        "firstTradeDateEpochUtc": int(figures.history.bars.stamps[0]),
        "timeZoneFullName": "America/New_York",
        "timeZoneShortName": "EST",
        "gmtOffSetMilliseconds": -18_000_000,
    }


def _key(name: str) -> str:
    return name.lower().replace(" & ", "-").replace(" ", "-")


MODULES: dict[str, Module] = {
    "assetProfile": asset_profile,
    "summaryProfile": asset_profile,
    "summaryDetail": summary_detail,
    "price": price,
    "quoteType": quote_type,
    **HOLDER_MODULES,
    **REPORT_MODULES,
}
