"""What each endpoint answers, by the market alone."""

from collections.abc import Sequence
from typing import Any

import orjson

from tests.yahoo.answer import HTML, TEXT, Answer, refusal
from tests.yahoo.bodies import Bodies
from tests.yahoo.chart import chart
from tests.yahoo.crumbs import Crumbs
from tests.yahoo.figures import figures_of
from tests.yahoo.market import Market
from tests.yahoo.quote import LARGEST_BATCH, quote_fields
from tests.yahoo.request import Kind, Request
from tests.yahoo.screener import found_by, page_of
from tests.yahoo.spark import spark
from tests.yahoo.spoilt import PAGE, page
from tests.yahoo.summary import nested, summary
from tests.yahoo.timeseries import timeseries

#: Endpoints that want a crumb.
GUARDED = (Kind.QUOTE, Kind.SUMMARY, Kind.SCREENER)
CONSENT = ("/consent", "/copyConsent", "/v2/collectConsent")


class Yahoo:
    def __init__(self, market: Market, crumbs: Crumbs, bodies: Bodies) -> None:
        self._market, self._crumbs, self._bodies = market, crumbs, bodies

    def refused(self, request: Request) -> Answer | None:
        """Where a crumb is wanted and the right one did not come."""
        if request.kind not in GUARDED:
            return None
        right = self._crumbs.crumb(request.headers.get("cookie", ""))
        if right and request.query.get("crumb") == right:
            return None
        return refusal("finance", 401, "Unauthorized", "Invalid Crumb")

    def answer(self, request: Request, *, nulls: bool = False) -> Answer:
        market, query = self._market, request.query
        match request.kind:
            case Kind.CHART:
                return chart(market, request.symbols[0], query, nulls=nulls)
            case Kind.QUOTE:
                return self._quotes(request.symbols, query.get("formatted") == "true")
            case Kind.SUMMARY:
                return summary(market, request.symbols[0], query)
            case Kind.TIMESERIES:
                return timeseries(market, request.symbols[0], query, nulls=nulls)
            case Kind.SCREENER:
                return self._screen(request.body)
            case Kind.SPARK:
                return spark(market, request.symbols, query, flat=request.path.startswith("/v8"))
            case Kind.COOKIE:
                cookie = ("Set-Cookie", self._crumbs.set_cookie())
                return Answer(404, PAGE % b"Not found", HTML, (cookie,))
            case Kind.CRUMB:
                crumb = self._crumbs.crumb(request.headers.get("cookie", ""))
                return Answer(200 if crumb else 401, crumb.encode(), TEXT)
        if request.path in CONSENT:
            return page(200, b"Nothing to consent to")
        return refusal("finance", 404, "Not Found", "HTTP 404 Not Found")

    def quote(self, symbol: str) -> bytes:
        """One quote's JSON; empty where nobody has the symbol."""
        return self._bodies.get((Kind.QUOTE, symbol), [symbol], lambda: self._written_quote(symbol))

    def _written_quote(self, symbol: str) -> bytes:
        figures = figures_of(self._market, symbol)
        return b"" if figures is None else orjson.dumps(quote_fields(figures))

    def _quotes(self, symbols: Sequence[str], formatted: bool) -> Answer:
        if not 0 < len(symbols) <= LARGEST_BATCH:
            text = f"Number of symbols must be between 1 and {LARGEST_BATCH}"
            return refusal("quoteResponse", 400, "Bad Request", text)
        quotes = [quote for symbol in dict.fromkeys(symbols) if (quote := self.quote(symbol))]
        if formatted:
            quotes = [orjson.dumps(nested(orjson.loads(quote))) for quote in quotes]
        return Answer(200, b'{"quoteResponse":{"result":[' + b",".join(quotes) + b'],"error":null}}')

    def _screen(self, raw: bytes) -> Answer:
        try:
            body: dict[str, Any] = orjson.loads(raw)
            question = orjson.dumps([body.get(name) for name in ("query", "quoteType", "sortField", "sortType")])
            found = self._bodies.get(("found", question), (), lambda: "\n".join(found_by(self._market, body)).encode())
            symbols = found.decode().split("\n") if found else []
            rows = page_of(body, len(symbols))
        except (ValueError, AttributeError) as error:
            return refusal("finance", 400, "Bad Request", str(error))
        quotes = b",".join(quote for symbol in symbols[rows] if (quote := self.quote(symbol)))
        head = f'"start":{rows.start},"count":{rows.stop - rows.start},"total":{len(symbols)},"useRecords":false'
        result = b'{"finance":{"result":[{%s,"quotes":[%s]}],"error":null}}'
        return Answer(200, result % (head.encode(), quotes))
