"""/v8/finance/chart: bars and events of one symbol."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.yahoo.answer import Answer, answer, refusal
from tests.yahoo.bars import Bars
from tests.yahoo.changes import Dividend, Split
from tests.yahoo.history import History
from tests.yahoo.hours import POST_MARKET, PRE_MARKET, utc_offset, zone_name
from tests.yahoo.market import Market
from tests.yahoo.ranges import VALID, Unsupported, rows_asked_for
from tests.yahoo.standing import decimal, standing_of

PRICES = ("open", "high", "low", "close")
UNKNOWN = "No data found, symbol may be delisted"


def chart(market: Market, symbol: str, query: Mapping[str, str], *, nulls: bool = False) -> Answer:
    if (history := market.charted_history(symbol)) is None or not len(history.bars):
        return refusal("chart", 404, "Not Found", UNKNOWN)
    if (interval := query.get("interval", "1d")) != "1d":
        return refusal("chart", 422, "Unprocessable Entity", f"Invalid input - interval={interval} is not supported.")
    try:
        rows = rows_asked_for(history.bars, query, market.hours, market.moment)
    except Unsupported as error:
        return refusal("chart", 422, "Unprocessable Entity", str(error))
    if "period2" in query and int(query["period2"]) <= history.bars.stamps[0]:
        dates = f"startDate = {query.get('period1', 0)}, endDate = {query['period2']}"
        return refusal("chart", 400, "Bad Request", f"Data doesn't exist for {dates}")
    meta = chart_meta(market, history, rows.start, query.get("range", ""))
    result = {"meta": meta, **_series(history.bars.taken(rows), nulls=nulls)}
    if events := _events(market, history, rows, query.get("events", "")):
        result["events"] = events
    return answer({"chart": {"result": [result], "error": None}})


def chart_meta(market: Market, history: History, first: int, range_name: str) -> dict[str, Any]:
    """first: the row the chart begins with."""
    company, bars, moment = history.company, history.bars, market.moment
    standing = standing_of(history, market.hours)
    before = bars.close[first - 1] if first else bars.open[0]
    return {
        "currency": "USD",
        "symbol": history.symbol,
        "exchangeName": company.exchange,
        "fullExchangeName": company.exchange_name,
        "instrumentType": company.quote_type,
        "firstTradeDate": int(bars.stamps[0]),
        "regularMarketTime": standing.time,
        "hasPrePostMarketData": company.quote_type != "INDEX",
        "gmtoffset": utc_offset(moment),
        "timezone": zone_name(moment),
        "exchangeTimezoneName": "America/New_York",
        "regularMarketPrice": standing.price,
        "fiftyTwoWeekHigh": standing.year_high,
        "fiftyTwoWeekLow": standing.year_low,
        "regularMarketDayHigh": standing.high,
        "regularMarketDayLow": standing.low,
        "regularMarketVolume": standing.volume,
        "longName": company.name,
        "shortName": company.name[:30],
        "chartPreviousClose": decimal(before),
        "priceHint": 2,
        "currentTradingPeriod": _trading_period(market),
        "dataGranularity": "1d",
        "range": range_name,
        "validRanges": list(VALID),
    }


def _trading_period(market: Market) -> dict[str, Any]:
    hours = market.hours
    number = hours.current(market.moment)
    opened, closed = int(hours.opens[number]), int(hours.closes[number])
    zone = {"timezone": zone_name(opened), "gmtoffset": utc_offset(opened)}
    return {
        "pre": zone | {"start": opened - PRE_MARKET, "end": opened},
        "regular": zone | {"start": opened, "end": closed},
        "post": zone | {"start": closed, "end": closed + POST_MARKET},
    }


def _series(bars: Bars, *, nulls: bool) -> dict[str, Any]:
    if not len(bars):
        return {"indicators": {"quote": [{}], "adjclose": [{}]}}
    quote = {name: getattr(bars, name).tolist() for name in (*PRICES, "volume")}
    adjclose = bars.adjclose.tolist()
    if nulls:
        _make_holes(quote, adjclose)
    return {"timestamp": bars.stamps.tolist(), "indicators": {"quote": [quote], "adjclose": [{"adjclose": adjclose}]}}


def _make_holes(quote: dict[str, list[Any]], adjclose: list[Any]) -> None:
    """In the middle: a row of nothing, one with a close alone, one without volume."""
    middle = len(adjclose) // 2
    for name in quote:
        quote[name][middle] = None
    adjclose[middle] = None
    for name in ("open", "high", "low"):
        quote[name][min(middle + 1, len(adjclose) - 1)] = None
    quote["volume"][min(middle + 2, len(adjclose) - 1)] = None


def _events(market: Market, history: History, rows: slice, asked: str) -> dict[str, Any]:
    """Those whose ex-date is among the rows or between them."""
    shown = history.bars.sessions[rows]
    if not len(shown):
        return {}
    first, last = shown[0], shown[-1]
    events: dict[str, Any] = {}
    for name, kind, found in (("dividends", "div", history.dividends), ("splits", "split", history.splits)):
        inside = {}
        for event in found if kind in asked else ():
            if first <= np.datetime64(event.ex_date, "D") <= last:
                stamp = int(market.hours.opens[market.hours.number(event.ex_date)])
                inside[str(stamp)] = _event(event, stamp)
        if inside:
            events[name] = inside
    return events


def _event(event: Dividend | Split, stamp: int) -> dict[str, Any]:
    if isinstance(event, Dividend):
        return {"amount": event.amount, "date": stamp}
    ratio = f"{event.numerator:g}:{event.denominator:g}"
    return {
        "date": stamp,
        "numerator": float(event.numerator),
        "denominator": float(event.denominator),
        "splitRatio": ratio,
    }
