"""/ws/fundamentals-timeseries: lines of the newest statements, each a series of its own."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

import orjson

from tests.yahoo.answer import Answer, midnight, short
from tests.yahoo.changes import Quarter
from tests.yahoo.market import Market
from tests.yahoo.reports import Reports, Year

#: How much Yahoo shows, whatever was asked for.
QUARTERS, YEARS = 5, 4
#: Every line that is made up, by Yahoo's name.
LINES: dict[str, Callable[[Quarter | Year], float]] = {
    "TotalRevenue": lambda report: report.revenue,
    "OperatingRevenue": lambda report: report.revenue,
    "NetIncome": lambda report: report.net_income,
    "NetIncomeCommonStockholders": lambda report: report.net_income,
    "DilutedEPS": lambda report: report.diluted_eps,
    "BasicEPS": lambda report: report.basic_eps,
    "DilutedAverageShares": lambda report: report.diluted_shares,
    "BasicAverageShares": lambda report: report.basic_shares,
    "StockholdersEquity": lambda report: report.equity,
    "CommonStockEquity": lambda report: report.equity,
    "OrdinarySharesNumber": lambda report: report.basic_shares,
    "ShareIssued": lambda report: report.basic_shares,
}
#: Those that four quarters add up to.
SUMS = ("TotalRevenue", "OperatingRevenue", "NetIncome", "NetIncomeCommonStockholders", "DilutedEPS", "BasicEPS")
NUMBERS = {name: 20_000 + number for number, name in enumerate(LINES)}


@dataclass(frozen=True)
class Point:
    period_end: date
    value: float
    period: str


def timeseries(market: Market, symbol: str, query: Mapping[str, str], *, nulls: bool = False) -> Answer:
    """What a symbol has not, or a symbol that nobody knows, is answered with its meta alone."""
    company = market.company(symbol)
    reports = Reports((), (), None) if company is None else market.reports(company)
    first, last = int(query.get("period1", 0)), int(query.get("period2", 1 << 40))

    def within(points: Sequence[Point]) -> list[Point]:
        return [point for point in points if first <= midnight(point.period_end) <= last]

    if "type" not in query:
        return _written([_share_counts(symbol, within(_quarterly("OrdinarySharesNumber", reports)))])
    nulls = nulls or (company is not None and market.facts(company).null_points)
    names = list(dict.fromkeys(query["type"].split(",")))
    result = [_series(symbol, name, within(_points(name, reports)), nulls=nulls) for name in names]
    # In nobody's order, and in the same for the same question.
    Random(f"{symbol} {names}").shuffle(result)
    return _written(result)


def _points(name: str, reports: Reports) -> list[Point]:
    frequency, line = _parted(name)
    if line not in LINES:
        return []
    if frequency == "quarterly":
        return _quarterly(line, reports)[-QUARTERS:]
    if frequency == "annual":
        return [Point(year.period_end, LINES[line](year), "12M") for year in reports.years[-YEARS:]]
    last = reports.quarters[-4:]
    if frequency == "trailing" and line in SUMS and len(last) == 4:
        return [Point(last[-1].period_end, round(sum(LINES[line](quarter) for quarter in last), 4), "TTM")]
    return []


def _parted(name: str) -> tuple[str, str]:
    for frequency in ("quarterly", "annual", "trailing"):
        if name.startswith(frequency):
            return frequency, name.removeprefix(frequency)
    return "", name


def _quarterly(line: str, reports: Reports) -> list[Point]:
    return [Point(quarter.period_end, LINES[line](quarter), "3M") for quarter in reports.quarters]


def _series(symbol: str, name: str, points: Sequence[Point], *, nulls: bool) -> dict[str, Any]:
    series: dict[str, Any] = {"meta": {"symbol": [symbol], "type": [name]}}
    if points:
        series["timestamp"] = [midnight(point.period_end) for point in points]
        series[name] = [_written_point(point, NUMBERS[_parted(name)[1]]) for point in points]
        if nulls:
            series[name][0] = None
    return series


def _written_point(point: Point, number: int) -> dict[str, Any]:
    return {
        "dataId": number,
        "asOfDate": point.period_end.isoformat(),
        "periodType": point.period,
        "currencyCode": "USD",
        "reportedValue": {"raw": point.value, "fmt": short(point.value)},
    }


def _share_counts(symbol: str, points: Sequence[Point]) -> dict[str, Any]:
    series: dict[str, Any] = {"meta": {"symbol": [symbol], "type": ["shares_out"]}}
    if points:
        series["timestamp"] = [midnight(point.period_end) for point in points]
        series["shares_out"] = [round(point.value) for point in points]
    return series


def _written(result: list[dict[str, Any]]) -> Answer:
    body = orjson.dumps({"timeseries": {"result": result, "error": None}})
    return Answer(200, re.sub(rb'(?<="raw":)(-?)(\d{8,})\.0\b', _with_exponent, body))


def _with_exponent(number: re.Match[bytes]) -> bytes:
    """As Java writes what is 10 million or more: 7433000000.0 is 7.433E9."""
    sign, digits = number[1], number[2]
    return sign + digits[:1] + b"." + (digits[1:].rstrip(b"0") or b"0") + b"E%d" % (len(digits) - 1)
