"""What is remembered of a symbol, and what follows from a new quote."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from canslim_collector.providers.yahoo.memo import FLOOR, REPORTED_WITHIN, SHOWN_WITHIN, SPREAD, Memo

FRIDAY = date(2026, 3, 20)
DAY = timedelta(days=1)
FULL = Memo(
    charted=date(2026, 3, 2),
    summarized=date(2026, 3, 17),
    paid=1_771_545_600.0,
    rate=1.04,
    ex_dividend=date(2026, 2, 10),
    eps=-6.5,
    report=date(2026, 4, 30),
    quarter=date(2025, 12, 31),
)


def at(day: date, hour: float = 0) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() + hour * 3600)


# Kept as JSON


@pytest.mark.parametrize("memo", [FULL, Memo(), Memo(charted=FRIDAY), Memo(eps=0.0)])
def test_a_memo_comes_back_from_json_as_it_went(memo: Memo) -> None:
    assert Memo.of(json.loads(json.dumps(memo.as_json()))) == memo


def test_nothing_stored_is_an_empty_memo() -> None:
    assert Memo.of({}) == Memo()


def test_what_an_older_or_newer_release_remembered_is_passed_over() -> None:
    assert Memo.of({"charted": "2026-03-02", "read": "2026-03-02", "mood": "good"}) == Memo(charted=date(2026, 3, 2))


# After a quote


def test_a_quotes_figures_replace_the_older_ones() -> None:
    quote = {
        "dividendDate": at(date(2026, 5, 20)),
        "trailingAnnualDividendRate": 1.1,
        "epsTrailingTwelveMonths": 7,
        "earningsTimestamp": at(date(2026, 4, 28), 20),
        "earningsTimestampStart": at(date(2026, 7, 28), 20),
    }
    fresh = replace(FULL, paid=at(date(2026, 5, 20)), rate=1.1, eps=7, report=date(2026, 4, 28))
    assert FULL.after(quote) == fresh


@pytest.mark.parametrize("quote", [{}, {"epsTrailingTwelveMonths": None, "dividendDate": "soon"}])
def test_what_a_quote_leaves_out_stays(quote: dict[str, Any]) -> None:
    assert FULL.after(quote) == FULL


def test_the_next_reports_date_counts_where_the_newest_has_none() -> None:
    assert Memo().after({"earningsTimestampStart": at(FRIDAY, 20)}).report == FRIDAY


# Dividends


def dividend(before: Memo, **after: Any) -> bool:
    return replace(before, **after).dividend_since(before, FRIDAY)


def test_nothing_changed_is_no_dividend() -> None:
    assert not dividend(FULL)
    assert not dividend(Memo())


def test_an_ex_date_after_the_last_chart_is_a_dividend() -> None:
    assert dividend(Memo(charted=FRIDAY - DAY, ex_dividend=FRIDAY))
    assert dividend(Memo(charted=FRIDAY - 9 * DAY, ex_dividend=FRIDAY - 3 * DAY))


def test_an_ex_date_before_the_last_chart_is_in_it() -> None:
    assert not dividend(Memo(charted=FRIDAY, ex_dividend=FRIDAY))
    assert not dividend(Memo(charted=FRIDAY - DAY, ex_dividend=FRIDAY - 9 * DAY))


def test_an_ex_date_to_come_is_no_dividend_yet() -> None:
    assert not dividend(Memo(charted=FRIDAY - 9 * DAY, ex_dividend=FRIDAY + DAY))


def test_an_ex_date_without_a_chart_is_a_dividend() -> None:
    assert dividend(Memo(ex_dividend=FRIDAY - 99 * DAY))


def test_another_payment_or_rate_is_a_dividend() -> None:
    assert dividend(FULL, paid=at(date(2026, 5, 20)))
    assert dividend(FULL, rate=1.05)


def test_a_rate_is_the_same_to_the_precision_that_yahoo_has() -> None:
    assert not dividend(FULL, rate=1.04 * (1 + 1e-8))


@pytest.mark.parametrize("name", ["paid", "rate"])
def test_what_becomes_known_or_is_no_longer_known_is_no_dividend(name: str) -> None:
    assert not dividend(replace(FULL, **{name: None}), **{name: 5.0})
    assert not dividend(FULL, **{name: None})


# Reports


def due(before: Memo, session: date = FRIDAY, **after: Any) -> bool:
    return replace(before, **after).report_since(before, session)


def test_nothing_due_is_not_read() -> None:
    assert not due(FULL)
    assert not due(Memo())


@pytest.mark.parametrize("days", [0, 1, SHOWN_WITHIN.days])
def test_a_report_that_the_statements_do_not_show_is_read_until_it_must_be_there(days: int) -> None:
    before = Memo(report=FRIDAY, quarter=date(2025, 9, 30))
    assert due(before, FRIDAY + days * DAY)


def test_a_report_is_not_read_before_its_day_nor_for_ever() -> None:
    before = Memo(report=FRIDAY, quarter=date(2025, 9, 30))
    assert not due(before, FRIDAY - DAY)
    assert not due(before, FRIDAY + SHOWN_WITHIN + DAY)


def test_a_report_that_the_statements_show_is_not_read_again() -> None:
    assert not due(Memo(report=FRIDAY, quarter=date(2025, 12, 31)))


def test_a_report_of_who_was_never_read_is_read() -> None:
    assert due(Memo(report=FRIDAY))


@pytest.mark.parametrize("days", range(1, REPORTED_WITHIN.days, 8))
@pytest.mark.parametrize("end", [date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28)])
def test_a_quarters_report_is_told_from_the_one_before_however_late_it_is(end: date, days: int) -> None:
    report, previous = end + days * DAY, end - 92 * DAY
    assert due(Memo(report=report, quarter=previous), report)
    assert not due(Memo(report=report, quarter=end), report)


def test_a_date_that_moved_counts_before_and_after() -> None:
    old = date(2025, 9, 30)
    assert due(Memo(report=FRIDAY, quarter=old), report=FRIDAY + 90 * DAY)
    assert due(Memo(report=FRIDAY + 5 * DAY, quarter=old), report=FRIDAY - DAY)


def test_other_earnings_of_the_last_year_are_a_report_that_appeared() -> None:
    assert due(FULL, eps=-6.4)
    assert not due(FULL, eps=-6.5 * (1 + 1e-8))
    assert not due(replace(FULL, eps=None), eps=5.0)
    assert not due(FULL, eps=None)


# Now and then


SYMBOLS = [f"{one}{two}" for one in "ABCDEFGH" for two in "KLMNOPQ"]


def old_after(symbol: str) -> int:
    """Days until the summary counts as old."""
    memo = Memo(summarized=FRIDAY)
    return next(days for days in range(30) if memo.is_old(symbol, FRIDAY + days * DAY))


def test_who_was_never_read_is_old() -> None:
    assert Memo().is_old("A", FRIDAY)


def test_symbols_grow_old_on_different_days() -> None:
    assert {old_after(symbol) for symbol in SYMBOLS} == set(range(FLOOR, FLOOR + SPREAD))


def test_what_is_old_stays_old() -> None:
    memo = Memo(summarized=FRIDAY)
    assert all(memo.is_old("A", FRIDAY + days * DAY) for days in range(FLOOR + SPREAD, 400))
