"""Charts, statements and summaries, put together by hand."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from canslim_calendar import sessions_to
from canslim_collector.providers.yahoo.chart import SETTLED, Clock, read_chart, to_bars
from canslim_collector.providers.yahoo.statements import read_reports, read_summary

FRIDAY = date(2026, 3, 20)
NEW_YORK_WINTER, NEW_YORK_SUMMER = -18_000, -14_400
#: What `client` takes for another shape.
SHAPE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
NAN = float("nan")

Json = dict[str, Any]
Values = Sequence[float | None]


def stamp(day: date, hour: float = 14.5) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() + hour * 3600)


def chart_of(
    closes: Values,
    *,
    adjusted: Values | None = None,
    last: date = FRIDAY,
    splits: Mapping[date, tuple[float, float]] | None = None,
    dividends: Mapping[date, float] | None = None,
    **columns: Values,
) -> Json:
    """As many sessions as there are closes, the last one on `last`; open, high and low are the close."""
    days = [day.item() for day in sessions_to(last, len(closes))] if closes else []
    quote = {name: list(columns.get(name, closes)) for name in ("open", "high", "low")}
    quote |= {"close": list(closes), "volume": list(columns.get("volume", [1000] * len(closes)))}
    return {
        "meta": {
            "gmtoffset": NEW_YORK_SUMMER,
            "regularMarketTime": stamp(last, 20),
            "currentTradingPeriod": {"regular": {"start": stamp(last, 13.5), "end": stamp(last, 20)}},
            "longName": "Acme Corporation",
            "shortName": "Acme",
            "fullExchangeName": "NasdaqGS",
            "exchangeName": "NMS",
        },
        "timestamp": [stamp(day) for day in days],
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": list(adjusted or closes)}]},
        "events": {
            "splits": {
                str(stamp(day)): {"date": stamp(day), "numerator": new, "denominator": old}
                for day, (new, old) in (splits or {}).items()
            },
            "dividends": {
                str(stamp(day)): {"date": stamp(day), "amount": amount} for day, amount in (dividends or {}).items()
            },
        },
    }


def before(sessions: int) -> date:
    """So many sessions before Friday."""
    day: date = sessions_to(FRIDAY, sessions + 1)[0].item()
    return day


# Charts


def test_a_chart_is_read_row_by_row() -> None:
    rows = read_chart(chart_of([1, 2, 3], volume=[10, 20, 30], high=[1.5, 2.5, 3.5], adjusted=[0.9, 1.9, 3])).rows
    assert rows.days.tolist() == [before(2), before(1), FRIDAY]
    assert (rows.close.tolist(), rows.high.tolist()) == ([1, 2, 3], [1.5, 2.5, 3.5])
    assert (rows.volume.tolist(), rows.adj_close.tolist()) == ([10, 20, 30], [0.9, 1.9, 3])


def test_null_is_missing() -> None:
    rows = read_chart(chart_of([1, None, 3], volume=[None, 20, 30])).rows
    assert np.isnan(rows.close).tolist() == [False, True, False]
    assert np.isnan(rows.volume).tolist() == [True, False, False]


def test_summer_time_moves_no_session() -> None:
    chart = chart_of([1, 2])
    chart["timestamp"] = [stamp(date(2026, 3, 6), 14.5), stamp(date(2026, 3, 9), 13.5)]
    for offset in (NEW_YORK_WINTER, NEW_YORK_SUMMER):
        chart["meta"]["gmtoffset"] = offset
        assert read_chart(chart).rows.days.tolist() == [date(2026, 3, 6), date(2026, 3, 9)]


def test_a_running_session_is_of_the_day_it_runs() -> None:
    chart = chart_of([1, 2])
    # 19:59 in New York, tomorrow already in UTC.
    chart["timestamp"][-1] = stamp(FRIDAY, 23.99)
    assert read_chart(chart).rows.days[-1].item() == FRIDAY


def test_events_come_oldest_first() -> None:
    chart = chart_of(
        [1] * 5,
        splits={FRIDAY: (2, 1), before(3): (1, 10)},
        dividends={before(1): 0.5, before(4): 0.25},
    )
    rows = read_chart(chart).rows
    assert rows.splits == ((before(3), 0.1), (FRIDAY, 2))
    assert rows.dividends == ((before(4), 0.25), (before(1), 0.5))


@pytest.mark.parametrize("empty", [{}, {"timestamp": None}, {"timestamp": []}])
def test_a_chart_without_rows_is_empty(empty: Json) -> None:
    chart = chart_of([1])
    del chart["timestamp"]
    chart["indicators"] = {"quote": [{}], "adjclose": [{}]}
    assert len(read_chart(chart | empty).rows.days) == 0


def test_a_chart_without_events_has_none() -> None:
    chart = chart_of([1])
    del chart["events"]
    assert (read_chart(chart).rows.splits, read_chart(chart).rows.dividends) == ((), ())


@pytest.mark.parametrize(
    ("missing", "name", "exchange"),
    [
        ((), "Acme Corporation", "NasdaqGS"),
        (("longName", "fullExchangeName"), "Acme", "NMS"),
        (("longName", "shortName", "fullExchangeName", "exchangeName"), None, None),
    ],
)
def test_the_longest_name_there_is_counts(missing: Sequence[str], name: str | None, exchange: str | None) -> None:
    chart = chart_of([1])
    for field in missing:
        del chart["meta"][field]
    assert (read_chart(chart).name, read_chart(chart).exchange) == (name, exchange)


SPOILT: dict[str, Callable[[Json], Any]] = {
    "no meta": lambda chart: chart.pop("meta"),
    "no offset": lambda chart: chart["meta"].pop("gmtoffset"),
    "no trade": lambda chart: chart["meta"].pop("regularMarketTime"),
    "no hours": lambda chart: chart["meta"].pop("currentTradingPeriod"),
    "no indicators": lambda chart: chart.pop("indicators"),
    "no quotes": lambda chart: chart["indicators"]["quote"].clear(),
    "no adjusted closes": lambda chart: chart["indicators"].pop("adjclose"),
    "no closes": lambda chart: chart["indicators"]["quote"][0].pop("close"),
    "a short column": lambda chart: chart["indicators"]["quote"][0]["open"].pop(),
    "a long column": lambda chart: chart["indicators"]["quote"][0]["open"].append(1),
    "a text": lambda chart: chart["indicators"]["quote"][0]["open"].__setitem__(0, "one"),
    "a table": lambda chart: chart["indicators"]["quote"][0].update(open=[[1], [2], [3]]),
    "a list of events": lambda chart: chart["events"].update(splits=[{"date": 1}]),
    "a split of nothing": lambda chart: chart["events"]["splits"]["1"].update(denominator=0),
    "a dividend of nothing": lambda chart: chart["events"].update(dividends={"1": {"date": 1}}),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_another_shape_is_noticed(spoil: Callable[[Json], Any]) -> None:
    chart = chart_of([1, 2, 3])
    chart["events"]["splits"] = {"1": {"date": 1, "numerator": 2, "denominator": 1}}
    read_chart(chart)
    spoil(chart)
    with pytest.raises(SHAPE):
        read_chart(chart)


def test_the_running_sessions_row_is_cut() -> None:
    chart = read_chart(chart_of([1, 2, 3]))
    assert chart.until(before(1)).days.tolist() == [before(2), before(1)]
    assert chart.until(FRIDAY) is chart.rows


def test_a_last_row_without_a_price_is_cut() -> None:
    assert read_chart(chart_of([1, 2, None])).until(FRIDAY).days.tolist() == [before(2), before(1)]


@pytest.mark.parametrize(
    ("closes", "opens"), [([1, None, 3], [1, None, 3]), ([1, 2, 3], [1, 2, None]), ([1, 2, None], [1, 2, 3])]
)
def test_other_rows_stay_for_the_checks(closes: Values, opens: Values) -> None:
    assert len(read_chart(chart_of(closes, open=opens)).until(FRIDAY).days) == 3


def test_a_chart_without_rows_is_cut_to_none() -> None:
    assert len(read_chart(chart_of([])).until(FRIDAY).days) == 0


OPENS, CLOSES = stamp(FRIDAY, 13.5), stamp(FRIDAY, 20)


@pytest.mark.parametrize(
    ("last_trade", "now", "running"),
    [
        pytest.param(OPENS - 17 * 3600, OPENS - 60, False, id="before the open"),
        pytest.param(OPENS, OPENS, True, id="at the open"),
        pytest.param(OPENS + 3600, OPENS + 3600, True, id="in the middle"),
        pytest.param(OPENS + 3600, CLOSES + SETTLED + 1, True, id="nothing new since the middle"),
        pytest.param(CLOSES - 61, CLOSES + SETTLED + 1, True, id="nothing new since the last minute but one"),
        pytest.param(CLOSES - 30, CLOSES - 30, True, id="in the last minute"),
        pytest.param(CLOSES - 30, CLOSES + SETTLED - 1, True, id="the last trade may still come"),
        pytest.param(CLOSES - 30, CLOSES + SETTLED, False, id="a last trade before the close"),
        pytest.param(CLOSES, CLOSES, False, id="a last trade at the close"),
        pytest.param(CLOSES + 1, CLOSES + 1, False, id="a last trade after the close"),
        pytest.param(CLOSES + 1, CLOSES + 3 * 86_400, False, id="on the weekend"),
    ],
)
def test_whether_a_session_runs(last_trade: int, now: int, running: bool) -> None:
    assert Clock(last_trade, OPENS, CLOSES, NEW_YORK_SUMMER).running(now) is running


# Bars


def test_without_events_bars_are_what_was_delivered() -> None:
    rows = read_chart(chart_of([10, 11], open=[9, 10], high=[12, 13], low=[8, 9], volume=[100, 200])).rows
    bars = to_bars(rows)
    assert [getattr(bars, name).tolist() for name in ("open", "high", "low", "close", "volume")] == [
        [9, 10], [12, 13], [8, 9], [10, 11], [100, 200],
    ]  # fmt: skip
    assert (bars.adj_factor.tolist(), bars.split_factor.tolist()) == ([1, 1], [1, 1])
    assert (str(bars.volume.dtype), str(bars.sessions.dtype)) == ("int64", "datetime64[D]")


def test_before_a_split_prices_are_higher_and_volumes_smaller_than_delivered() -> None:
    bars = to_bars(read_chart(chart_of([50, 51, 52], volume=[1000, 2000, 3000], splits={FRIDAY: (2, 1)})).rows)
    for prices in (bars.open, bars.high, bars.low, bars.close):
        assert prices.tolist() == [100, 102, 52]
    assert bars.volume.tolist() == [500, 1000, 3000]
    assert bars.split_factor.tolist() == [0.5, 0.5, 1]
    assert bars.adj_factor.tolist() == [0.5, 0.5, 1]


def test_before_a_reverse_split_prices_are_lower_and_volumes_larger_than_delivered() -> None:
    bars = to_bars(read_chart(chart_of([50, 60], volume=[10, 20], splits={FRIDAY: (1, 10)})).rows)
    assert (bars.close.tolist(), bars.volume.tolist()) == ([5, 60], [100, 20])
    assert bars.split_factor.tolist() == [10, 1]


def test_splits_multiply() -> None:
    splits = {before(1): (3.0, 2.0), FRIDAY: (4.0, 1.0)}
    bars = to_bars(read_chart(chart_of([10, 10, 10], volume=[600, 400, 100], splits=splits)).rows)
    assert bars.split_factor.tolist() == pytest.approx([1 / 6, 1 / 4, 1])
    assert bars.close.tolist() == pytest.approx([60, 40, 10])
    assert bars.volume.tolist() == [100, 100, 100]


def test_a_split_before_the_first_row_changes_nothing() -> None:
    assert to_bars(read_chart(chart_of([10, 10], splits={before(5): (2, 1)})).rows).split_factor.tolist() == [1, 1]


def test_a_split_after_the_last_row_is_in_every_bar() -> None:
    # Charts are adjusted for the split of a session that still runs.
    rows = read_chart(chart_of([10, 10, 10], splits={FRIDAY: (2, 1)})).until(before(1))
    bars = to_bars(rows)
    assert (bars.close.tolist(), bars.adj_factor.tolist()) == ([20, 20], [0.5, 0.5])


def test_dividends_are_in_the_adjustment_alone() -> None:
    bars = to_bars(read_chart(chart_of([100, 98], adjusted=[98, 98], dividends={FRIDAY: 2})).rows)
    assert (bars.close.tolist(), bars.split_factor.tolist()) == ([100, 98], [1, 1])
    assert bars.adj_factor.tolist() == [0.98, 1]


def test_factors_lead_back_to_what_was_delivered() -> None:
    chart = chart_of(
        [50, 49, 33, 32],
        adjusted=[48, 47.5, 33, 32],
        volume=[1001, 2003, 3001, 4001],
        splits={before(1): (3, 2), before(2): (2, 1)},
        dividends={before(1): 0.7},
    )
    rows, bars = read_chart(chart).rows, to_bars(read_chart(chart).rows)
    np.testing.assert_allclose(bars.close * bars.adj_factor, rows.adj_close)
    np.testing.assert_allclose(bars.close * bars.split_factor, rows.close)
    # A share is not cut in pieces.
    np.testing.assert_allclose(bars.volume / bars.split_factor, rows.volume, atol=1.5)


# Statements


def series(kind: str, **points: float | None) -> Json:
    """By period's end, with _ for -."""
    ends = {name.lstrip("d").replace("_", "-"): value for name, value in points.items()}
    values = [{"asOfDate": end, "reportedValue": {"raw": value, "fmt": "?"}} for end, value in ends.items()]
    return {"meta": {"symbol": ["A"], "type": [kind]}, "timestamp": [0] * len(values), kind: values}


def ends(kind: str, *days: str) -> Json:
    return series(kind, **dict.fromkeys((f"d{day.replace('-', '_')}" for day in days), 1.0))


def periods(*items: Json) -> list[tuple[str, str, int]]:
    reports = read_reports(items)
    assert reports is not None
    columns = (reports[name].tolist() for name in ("period_end", "fiscal_period", "fiscal_year"))
    return [(str(end), period, year) for end, period, year in zip(*columns, strict=True)]


YEARS = {
    "December": (
        ["2024-12-31", "2025-12-31"],
        {
            "2025-03-31": ("Q1", 2025),
            "2025-06-30": ("Q2", 2025),
            "2025-09-30": ("Q3", 2025),
            "2025-12-31": ("Q4", 2025),
            "2026-03-31": ("Q1", 2026),
        },
    ),
    "June": (
        ["2025-06-30"],
        {
            "2025-06-30": ("Q4", 2025),
            "2025-09-30": ("Q1", 2026),
            "2025-12-31": ("Q2", 2026),
            "2026-03-31": ("Q3", 2026),
        },
    ),
    "January": (
        ["2026-01-31"],
        {
            "2025-04-30": ("Q1", 2026),
            "2025-07-31": ("Q2", 2026),
            "2025-10-31": ("Q3", 2026),
            "2026-01-31": ("Q4", 2026),
            "2026-04-30": ("Q1", 2027),
        },
    ),
    "November": (["2025-11-30"], {"2026-02-28": ("Q1", 2026), "2025-08-31": ("Q3", 2025)}),
    "the last Saturday of September": (
        ["2024-09-28", "2025-09-27"],
        {
            "2024-12-28": ("Q1", 2025),
            "2025-03-29": ("Q2", 2025),
            "2025-06-28": ("Q3", 2025),
            "2025-09-27": ("Q4", 2025),
            "2025-12-27": ("Q1", 2026),
        },
    ),
    "the Saturday next to the end of January": (
        ["2024-02-03", "2025-02-01"],
        {
            "2025-02-01": ("Q4", 2025),
            "2025-05-03": ("Q1", 2026),
            "2025-08-02": ("Q2", 2026),
            "2025-11-01": ("Q3", 2026),
            "2026-01-31": ("Q4", 2026),
        },
    ),
    "the Saturday next to the end of December": (
        ["2024-12-28", "2026-01-03"],
        {
            "2025-03-29": ("Q1", 2025),
            "2025-06-28": ("Q2", 2025),
            "2025-10-04": ("Q3", 2025),
            "2026-01-03": ("Q4", 2025),
            "2026-04-04": ("Q1", 2026),
        },
    ),
}


@pytest.mark.parametrize(("years", "quarters"), YEARS.values(), ids=YEARS)
def test_quarters_have_the_numbers_of_their_fiscal_year(
    years: Sequence[str], quarters: Mapping[str, tuple[str, int]]
) -> None:
    found = periods(ends("quarterlyTotalRevenue", *quarters), ends("annualTotalRevenue", *years))
    assert {end: (period, year) for end, period, year in found if period != "FY"} == quarters


@pytest.mark.parametrize(
    ("end", "year"),
    [("2025-12-31", 2025), ("2026-01-31", 2026), ("2025-06-30", 2025), ("2026-01-03", 2025), ("2025-02-01", 2025)],
)
def test_a_fiscal_year_is_the_calendar_year_in_which_it_ends(end: str, year: int) -> None:
    assert periods(ends("annualNetIncome", end)) == [(end, "FY", year)]


def test_without_a_year_the_fiscal_year_ends_in_december() -> None:
    assert periods(ends("quarterlyNetIncome", "2025-09-30")) == [("2025-09-30", "Q3", 2025)]


def test_the_newest_year_says_when_years_end() -> None:
    found = periods(ends("annualNetIncome", "2023-12-31", "2025-06-30"), ends("quarterlyNetIncome", "2025-09-30"))
    assert found[-1] == ("2025-09-30", "Q1", 2026)


def test_reports_come_oldest_first_and_a_quarter_before_its_year() -> None:
    found = periods(
        ends("annualNetIncome", "2025-12-31", "2024-12-31"),
        ends("quarterlyNetIncome", "2025-12-31", "2025-03-31", "2024-12-31"),
    )
    assert [(end, period) for end, period, _ in found] == [
        ("2024-12-31", "Q4"),
        ("2024-12-31", "FY"),
        ("2025-03-31", "Q1"),
        ("2025-12-31", "Q4"),
        ("2025-12-31", "FY"),
    ]


def test_every_item_has_its_column_whatever_the_order() -> None:
    names = {
        "TotalRevenue": ("revenue", 5.0),
        "NetIncome": ("net_income", -4.0),
        "BasicEPS": ("eps_basic", 0.0),
        "DilutedEPS": ("eps_diluted", -0.02),
        "StockholdersEquity": ("equity", 7.433e9),
    }
    items = [series(f"quarterly{name}", d2025_09_30=value) for name, (_, value) in names.items()]
    for ordered in (items, items[::-1]):
        reports = read_reports(ordered)
        assert reports is not None
        assert {column: reports[column].tolist() for column, _ in names.values()} == {
            column: [value] for column, value in names.values()
        }


def test_what_is_missing_or_null_is_nan() -> None:
    revenue = series("quarterlyTotalRevenue", d2025_06_30=5.0, d2025_09_30=6.0)
    revenue["quarterlyTotalRevenue"][0] = None
    income = series("quarterlyNetIncome", d2025_06_30=1.0, d2025_09_30=2.0)
    income["quarterlyNetIncome"][1]["reportedValue"] = None
    reports = read_reports([revenue, income])
    assert reports is not None
    np.testing.assert_array_equal(reports["revenue"], [NAN, 6])
    np.testing.assert_array_equal(reports["net_income"], [1, NAN])
    np.testing.assert_array_equal(reports["equity"], [NAN, NAN])


def test_a_period_of_nulls_alone_is_no_report() -> None:
    item = series("quarterlyTotalRevenue", d2025_06_30=5.0, d2025_09_30=6.0)
    item["quarterlyTotalRevenue"][1] = None
    assert [end for end, _, _ in periods(item)] == ["2025-06-30"]


def test_other_items_are_passed_over() -> None:
    others = [ends(kind, "2025-09-30") for kind in ("quarterlyEBITDA", "trailingTotalRevenue", "shares_out")]
    assert read_reports(others) is None


@pytest.mark.parametrize("items", [[], [{"meta": {"type": ["quarterlyNetIncome"]}}]], ids=["nothing", "meta alone"])
def test_without_points_there_is_no_report(items: list[Json]) -> None:
    assert read_reports(items) is None


SPOILT_ITEMS: dict[str, Json] = {
    "no meta": {},
    "no type": {"meta": {}},
    "no types": {"meta": {"type": []}},
    "no end": {"meta": {"type": ["annualNetIncome"]}, "annualNetIncome": [{"reportedValue": {"raw": 1}}]},
    "no value": {"meta": {"type": ["annualNetIncome"]}, "annualNetIncome": [{"asOfDate": "2025-12-31"}]},
    "a number": {"meta": {"type": ["annualNetIncome"]}, "annualNetIncome": [12.0]},
    "no date": {
        "meta": {"type": ["annualNetIncome"]},
        "annualNetIncome": [{"asOfDate": "FY25", "reportedValue": {"raw": 1}}],
    },
    "no number": {
        "meta": {"type": ["annualNetIncome"]},
        "annualNetIncome": [{"asOfDate": "2025-12-31", "reportedValue": {"raw": "much"}}],
    },
}


@pytest.mark.parametrize("item", SPOILT_ITEMS.values(), ids=SPOILT_ITEMS)
def test_another_shape_of_statements_is_noticed(item: Json) -> None:
    with pytest.raises(SHAPE):
        read_reports([item])


# Summaries

WHOLE = {
    "majorHoldersBreakdown": {"institutionsPercentHeld": 0.625, "institutionsCount": 1234},
    "defaultKeyStatistics": {
        "sharesOutstanding": 1_000_000,
        "floatShares": 900_000,
        "heldPercentInstitutions": 0.5,
        "trailingEps": 6.5,
    },
    "assetProfile": {"sector": "Technology", "industry": "Semiconductors"},
    "quoteType": {"longName": "Acme Corporation"},
    "calendarEvents": {
        "earnings": {"earningsDate": [stamp(date(2026, 4, 30), 20), stamp(date(2026, 5, 4), 20)]},
        "exDividendDate": stamp(date(2026, 2, 10), 0),
        "dividendDate": stamp(date(2026, 2, 20), 0),
    },
    "summaryDetail": {"trailingAnnualDividendRate": 1.04, "exDividendDate": stamp(date(2025, 11, 10), 0)},
}


def nested(value: Any) -> Any:
    """Every number as {raw, fmt}, as in lists of Yahoo's."""
    if isinstance(value, dict):
        return {name: nested(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [nested(inner) for inner in value]
    return value if isinstance(value, str) else {"raw": value, "fmt": "?"}


@pytest.mark.parametrize("summary", [WHOLE, nested(WHOLE)], ids=["plain", "nested"])
def test_a_summary_tells_who_holds_how_much(summary: Json) -> None:
    ownership = read_summary(summary).ownership(FRIDAY)
    assert ownership is not None
    assert {name: column.tolist() for name, column in ownership.items()} == {
        "as_of": [FRIDAY],
        "institutional_pct": [62.5],
        "holders": [1234],
        "shares_outstanding": [1_000_000],
        "shares_float": [900_000],
    }


def test_another_module_says_what_institutions_hold_where_the_first_does_not() -> None:
    ownership = read_summary(WHOLE | {"majorHoldersBreakdown": {}}).ownership(FRIDAY)
    assert ownership is not None
    assert ownership["institutional_pct"].tolist() == [50]
    np.testing.assert_array_equal(ownership["holders"], [NAN])


@pytest.mark.parametrize("missing", [NAN, None, {}, {"raw": None}, "0.5", True])
def test_what_is_no_number_is_not_known(missing: Any) -> None:
    statistics = {"sharesOutstanding": missing, "floatShares": 5}
    ownership = read_summary({"defaultKeyStatistics": statistics, "majorHoldersBreakdown": None}).ownership(FRIDAY)
    assert ownership is not None
    np.testing.assert_array_equal(ownership["shares_outstanding"], [NAN])
    assert ownership["shares_float"].tolist() == [5]


@pytest.mark.parametrize("summary", [{}, {"majorHoldersBreakdown": None}, {"defaultKeyStatistics": {"beta": 1.2}}])
def test_a_summary_without_holdings_has_no_snapshot(summary: Json) -> None:
    assert read_summary(summary).ownership(FRIDAY) is None


def test_nothing_held_is_a_figure() -> None:
    ownership = read_summary({"majorHoldersBreakdown": {"institutionsPercentHeld": 0}}).ownership(FRIDAY)
    assert ownership is not None
    assert ownership["institutional_pct"].tolist() == [0]


def test_a_summary_describes_the_listing() -> None:
    assert read_summary(WHOLE).profile == {
        "sector": "Technology",
        "industry": "Semiconductors",
        "name": "Acme Corporation",
    }


@pytest.mark.parametrize("summary", [{}, {"assetProfile": None, "quoteType": {"longName": ""}}, {"quoteType": {}}])
def test_what_a_summary_leaves_out_of_the_listing_is_left_out(summary: Json) -> None:
    assert read_summary(summary).profile == {}


@pytest.mark.parametrize("summary", [WHOLE, nested(WHOLE)], ids=["plain", "nested"])
def test_a_summary_tells_of_dividends_and_reports(summary: Json) -> None:
    assert read_summary(summary).marks == {
        "paid": stamp(date(2026, 2, 20), 0),
        "rate": 1.04,
        "ex_dividend": date(2026, 2, 10),
        "eps": 6.5,
        "report": date(2026, 4, 30),
    }


@pytest.mark.parametrize("summary", [{}, {"calendarEvents": {"earnings": {"earningsDate": []}}}])
def test_what_a_summary_does_not_tell_is_not_known(summary: Json) -> None:
    assert set(read_summary(summary).marks.values()) == {None}


def test_an_older_ex_date_is_better_than_none() -> None:
    assert read_summary(WHOLE | {"calendarEvents": {}}).marks["ex_dividend"] == date(2025, 11, 10)
