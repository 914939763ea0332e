"""Which bars a chart was asked for: a range that ends now, or two moments."""

import calendar
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

import numpy as np

from tests.yahoo.bars import Bars
from tests.yahoo.hours import NEW_YORK, Hours

VALID = ("1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max")


class Unsupported(ValueError):
    """A range or moment that means nothing."""


def rows_asked_for(bars: Bars, query: Mapping[str, str], hours: Hours, moment: int) -> slice:
    if "period1" in query or "period2" in query:
        opened = bars.stamps.copy()
        if bars.running:
            opened[-1] = hours.opens[hours.newest(int(opened[-1]))]
        try:
            first, last = int(query.get("period1", 0)), int(query.get("period2", moment))
        except ValueError as error:
            raise Unsupported(f"Invalid input - {error}") from error
        return slice(*(int(place) for place in np.searchsorted(opened, [first, last])))
    return _rows_of_range(bars, query.get("range", "1d"), datetime.fromtimestamp(moment, NEW_YORK).date())


def _rows_of_range(bars: Bars, name: str, today: date) -> slice:
    count = len(bars)
    if name == "max":
        return slice(0, count)
    if name == "ytd":
        return _since(bars, date(today.year, 1, 1))
    if (parts := re.fullmatch(r"(\d+)(d|wk|mo|y)", name)) is None:
        raise Unsupported(f"Invalid input - range={name} is not supported. Valid ranges: {list(VALID)}")
    number, unit = int(parts[1]), parts[2]
    if unit == "d":
        return slice(max(0, count - number), count)
    if unit == "wk":
        return _since(bars, today - timedelta(weeks=number))
    return _since(bars, months_before(today, number * (12 if unit == "y" else 1)))


def _since(bars: Bars, day: date) -> slice:
    return slice(int(np.searchsorted(bars.sessions, np.datetime64(day, "D"))), len(bars))


def months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < date.min.year:
        return date.min
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
