"""/v7/finance/spark and /v8/finance/spark: closes of up to twenty symbols."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.yahoo.answer import Answer, answer, refusal
from tests.yahoo.chart import chart_meta
from tests.yahoo.history import History
from tests.yahoo.market import Market
from tests.yahoo.ranges import Unsupported, rows_asked_for
from tests.yahoo.standing import decimal

LARGEST_BATCH = 20
DAY = 86_400


def spark(market: Market, symbols: Sequence[str], query: Mapping[str, str], *, flat: bool) -> Answer:
    """flat: version 8's form, an object by symbol; else version 7's list of small charts."""
    if not 0 < len(symbols) <= LARGEST_BATCH:
        return refusal("spark", 400, "Bad Request", f"Number of symbols must be between 1 and {LARGEST_BATCH}")
    found = [history for history in map(market.charted_history, symbols) if history is not None and len(history.bars)]
    try:
        rows = [rows_asked_for(history.bars, query, market.hours, market.moment) for history in found]
    except Unsupported as error:
        return refusal("spark", 422, "Unprocessable Entity", str(error))
    if flat:
        return answer({history.symbol: _flat(history, part) for history, part in zip(found, rows, strict=True)})
    result = [
        {"symbol": history.symbol, "response": [_small_chart(market, history, part, query.get("range", ""))]}
        for history, part in zip(found, rows, strict=True)
    ]
    return answer({"spark": {"result": result, "error": None}})


def _flat(history: History, rows: slice) -> dict[str, Any]:
    bars = history.bars
    return {
        "symbol": history.symbol,
        "timestamp": bars.stamps[rows].tolist(),
        "close": [decimal(close) for close in bars.close[rows]],
        "chartPreviousClose": decimal(bars.close[rows.start - 1] if rows.start else bars.open[0]),
        "previousClose": None,
        "start": None,
        "end": None,
        "dataGranularity": DAY,
    }


def _small_chart(market: Market, history: History, rows: slice, range_name: str) -> dict[str, Any]:
    bars = history.bars
    return {
        "meta": chart_meta(market, history, rows.start, range_name),
        "timestamp": bars.stamps[rows].tolist(),
        "indicators": {"quote": [{"close": bars.close[rows].tolist()}]},
    }
