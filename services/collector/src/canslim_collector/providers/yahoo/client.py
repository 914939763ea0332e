"""Yahoo's endpoints as raw JSON, through yfinance's own session, cookie and crumb; every failure has its kind."""

import logging
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import orjson
import yfinance
from curl_cffi.requests.exceptions import HTTPError
from yfinance.cache import get_cookie_cache
from yfinance.data import YfData

from canslim_collector.provider import Columns
from canslim_collector.providers.yahoo.chart import Chart, read_chart
from canslim_collector.providers.yahoo.session import UNAUTHORIZED, BadStatus, YahooSession
from canslim_collector.providers.yahoo.statements import ITEMS, Summary, read_reports, read_summary
from canslim_core.errors import Malformed, ProviderError, Unavailable, UnknownSymbol

Json = dict[str, Any]
Found = TypeVar("Found")

QUERY1, QUERY2 = "https://query1.finance.yahoo.com", "https://query2.finance.yahoo.com"
CHART = QUERY2 + "/v8/finance/chart/{symbol}"
QUOTES = QUERY1 + "/v7/finance/quote"
SUMMARY = QUERY2 + "/v10/finance/quoteSummary/{symbol}"
STATEMENTS = QUERY2 + "/ws/fundamentals-timeseries/v1/finance/timeseries/{symbol}"
SCREENER = QUERY1 + "/v1/finance/screener"

#: More symbols in one request of quotes are refused.
MOST_QUOTES = 99
#: Rows of one page of the screener.
PAGE = 250
#: Only these parts of a summary are used.
MODULES = (
    "assetProfile",
    "calendarEvents",
    "defaultKeyStatistics",
    "majorHoldersBreakdown",
    "quoteType",
    "summaryDetail",
)
#: Before any statement that Yahoo has.
EVER = 493_590_046
#: yfinance's name of the cookie in its file.
COOKIE = "curlCffi"
#: What comes of looking into an answer of another shape than expected.
OTHER_SHAPE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError)
#: How often a request is sent until its symbol is left for later, and the wait in seconds before the second try.
TRIES, BACKOFF = 3, 0.5


class YahooClient:
    """Synchronous; used by the threads of one pool, each of which keeps its connection.

    Every method raises Throttled during a pause, UnknownSymbol where Yahoo says that it has no such symbol,
    Malformed for an answer of another shape, Unavailable for everything else that is no answer.
    """

    def __init__(self, session: YahooSession, cache: Path, timeout: float) -> None:
        self._session = session
        self._timeout = timeout
        yfinance.set_tz_cache_location(str(cache))
        logging.getLogger("yfinance").setLevel(logging.CRITICAL)
        self._yahoo = YfData(session=session)

    def chart(self, symbol: str, period: str, first: date | None = None) -> Chart:
        """Daily bars with splits and dividends: of a period like `2y`, or from `first` on."""
        since = {"range": period} if first is None else {"period1": _seconds(first), "period2": _seconds(None)}
        options = {"interval": "1d", "includePrePost": "false", "events": "div,splits,capitalGains"}
        return self._read(
            CHART.format(symbol=quote(symbol, safe="")),
            since | options,
            lambda body: read_chart(body["chart"]["result"][0]),
        )

    def quotes(self, symbols: Sequence[str]) -> list[Json]:
        """Today's figures, of up to MOST_QUOTES symbols; those that Yahoo does not have are left out."""
        options = {"symbols": ",".join(symbols), "formatted": "false", "corsDomain": "finance.yahoo.com"}
        return self._read(QUOTES, options, lambda body: _rows(body["quoteResponse"]["result"], "symbol"))

    def summary(self, symbol: str) -> Summary:
        options = {"modules": ",".join(MODULES), "formatted": "false", "corsDomain": "finance.yahoo.com"}
        return self._read(
            SUMMARY.format(symbol=quote(symbol, safe="")),
            options,
            lambda body: read_summary(_modules(body["quoteSummary"]["result"])),
        )

    def reports(self, symbol: str) -> Columns | None:
        """Quarterly and annual reports, as `Answer.reports`; None where Yahoo shows none."""
        kinds = [f"{period}{item}" for period in ("quarterly", "annual") for item in ITEMS]
        options = {"symbol": symbol, "type": ",".join(kinds), "period1": EVER, "period2": _seconds(None)}
        return self._read(
            STATEMENTS.format(symbol=quote(symbol, safe="")),
            options,
            lambda body: read_reports(_rows(body["timeseries"]["result"], "meta")),
        )

    def screen(self, query: Json, offset: int) -> tuple[list[Json], int]:
        """One page of the screener's quotes, by symbol, and how many there are on all pages."""
        body = {
            "offset": offset,
            "size": PAGE,
            "sortField": "ticker",
            "sortType": "ASC",
            "quoteType": "EQUITY",
            "query": query,
            "userId": "",
            "userIdType": "guid",
        }
        options = {"formatted": "false", "lang": "en-US", "region": "US", "corsDomain": "finance.yahoo.com"}

        def post() -> Any:
            response = self._yahoo.post(
                SCREENER, params=options, data=orjson.dumps(body).decode(), timeout=self._timeout
            )
            response.raise_for_status()
            return response.json()

        return self._tried("the screener", post, _page)

    def _read(self, url: str, options: Json, take: Callable[[Json], Found]) -> Found:
        def get() -> Any:
            try:
                body = self._yahoo.get_raw_json(url, params=options, timeout=self._timeout)
            except HTTPError as error:
                if error.response is not None and error.response.status_code in UNAUTHORIZED:
                    # Refused with a new crumb too: the cookie in the file is none that Yahoo takes.
                    get_cookie_cache().store(COOKIE, None)
                raise
            if self._yahoo._cookie is None:
                # A cookie of another domain than Yahoo's own is not kept in the file, and looked for there each time.
                self._yahoo._cookie = True
            return body

        return self._tried(url.rsplit("/", 1)[-1], get, take)

    def _tried(self, what: str, send: Callable[[], Any], take: Callable[[Json], Found]) -> Found:
        for attempt in range(1, TRIES + 1):
            try:
                return _taken(what, send, take)
            except (Unavailable, Malformed):
                if attempt == TRIES:
                    raise
                time.sleep(BACKOFF * 2 ** (attempt - 1))
        raise AssertionError("unreachable")


def _taken(what: str, send: Callable[[], Any], take: Callable[[Json], Found]) -> Found:
    """Sends once. What yfinance and curl raise becomes one of our errors."""
    try:
        body = send()
    except ProviderError:
        raise
    except BadStatus as error:
        raise _refusal(what, error) from error
    except ValueError as error:  # Every library's JSONDecodeError is one; some are OSErrors too.
        raise Malformed(f"{what}: Yahoo's answer is not JSON: {error}") from error
    except OSError as error:
        raise Unavailable(f"{what}: {type(error).__name__}: {error}") from error
    try:
        return take(body)
    except OTHER_SHAPE as error:
        said = f"{type(error).__name__}: {error}"
        raise Malformed(f"{what}: Yahoo's answer has another shape ({said}): {str(body)[:200]}") from error


def _rows(rows: Any, *fields: str) -> list[Json]:
    """Raises TypeError where it is no list of objects with those fields."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.keys() >= {*fields} for row in rows):
        raise TypeError(f"expected a list of objects{' with ' if fields else ''}{', '.join(fields)}")
    return rows


def _page(answer: Json) -> tuple[list[Json], int]:
    page = _rows(answer["finance"]["result"], "quotes", "total")[0]
    return _rows(page["quotes"], "symbol"), int(page["total"])


def _modules(results: Any) -> Json:
    """Raises LookupError where none of MODULES came."""
    modules = _rows(results)[0]
    if not set(MODULES) & set(modules):
        raise LookupError(f"expected some of {', '.join(MODULES)}")
    return modules


def _refusal(what: str, answer: BadStatus) -> ProviderError:
    """Only a 404 that says so in Yahoo's own JSON denies a symbol; anything else is trouble on the way."""
    if answer.status in (400, 404, 422):
        try:
            (said,) = orjson.loads(answer.text).values()
            code, description = said["error"]["code"], said["error"]["description"]
        except (ValueError, KeyError, TypeError, AttributeError):
            code, description = "", ""
        denied = code == "Not Found" or "Data doesn't exist" in str(description)
        if denied:
            return UnknownSymbol(f"{what}: {description}")
    return Unavailable(f"{what}: {answer}")


def _seconds(day: date | None) -> int:
    """Midnight UTC of the day; of tomorrow where none is named."""
    if day is None:
        return int((datetime.now(UTC) + timedelta(days=1)).timestamp())
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def private_cache(wanted: Path | None) -> Path:
    """A directory of our own for yfinance's cookie: the one wanted, or a temporary one where that can't be written.

    Raises ValueError where none can.
    """
    for make in (*([wanted.__fspath__] if wanted else []), lambda: tempfile.mkdtemp(prefix="canslim-yahoo-")):
        try:
            path = Path(make())
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.access(path, os.W_OK | os.X_OK):
                return path
        except OSError:
            continue
    raise ValueError(
        "no directory can be written for Yahoo's cookie; name one with CANSLIM_YAHOO_CACHE_DIR, or mount one at /tmp"
    )
