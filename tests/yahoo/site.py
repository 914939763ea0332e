"""Every request's way: logged, judged, answered, and sometimes spoilt."""

import asyncio
from collections.abc import Iterable
from urllib.parse import quote

from tests.yahoo.bodies import Bodies
from tests.yahoo.control import CONTROL, Control
from tests.yahoo.crumbs import Crumbs
from tests.yahoo.faults import Fault, Faults
from tests.yahoo.market import Market
from tests.yahoo.quote import TYPES
from tests.yahoo.request import SESSION, Kind, Request, request_of
from tests.yahoo.request_log import Record, RequestLog
from tests.yahoo.spoilt import spoilt, too_many_requests
from tests.yahoo.wire import Connection, encoded
from tests.yahoo.yahoo import Yahoo

#: What an endpoint's answer depends on besides its symbols and the market.
ASKED = {
    Kind.CHART: ("range", "period1", "period2", "interval", "events"),
    Kind.QUOTE: ("formatted",),
    Kind.SUMMARY: ("modules", "formatted"),
    Kind.TIMESERIES: ("type", "period1", "period2"),
    Kind.SPARK: ("range", "period1", "period2", "interval"),
}


class YahooSite:
    def __init__(self, market: Market, faults: Faults, log: RequestLog) -> None:
        crumbs, self._bodies = Crumbs(), Bodies()
        self._market, self._faults, self._log = market, faults, log
        self._yahoo = Yahoo(market, crumbs, self._bodies)
        self._control = Control(market, crumbs, self._bodies, faults, log, self.warm)
        self._held: dict[Connection, Record] = {}

    def serve(self, request: Request, connection: Connection) -> None:
        if request.path.startswith(CONTROL):
            connection.send(encoded(self._control.answer(request), zipped=False))
            return
        record = self._log.opened(request)
        fault = self._faults.fate_of(request)
        self._held[connection] = record
        if latency := self._faults.plan.latency_ms:
            asyncio.get_running_loop().call_later(latency / 1000, self._finish, request, connection, record, fault)
        else:
            self._finish(request, connection, record, fault)

    def lost(self, connection: Connection) -> None:
        """The client went before it had its answer."""
        if (record := self._held.pop(connection, None)) is not None:
            self._log.closed(record, 0, record.fault)

    def warm(self, targets: Iterable[str]) -> int:
        """Writes those answers ahead, zipped, {symbol} in a target standing for each symbol; how many they are."""
        symbols = [symbol for quote_type in TYPES for symbol in self._market.symbols(quote_type)]
        wanted = {target.replace("{symbol}", quote(symbol, safe="")) for target in targets for symbol in symbols}
        for target in wanted:
            self._write_ahead(request_of("GET", target, {"accept-encoding": "gzip"}, b"", 0))
        return len(wanted)

    def _write_ahead(self, request: Request) -> None:
        if request.kind is not Kind.QUOTE:
            self._kept(request)
            return
        # Quotes are asked for in batches, and a batch is put together from these.
        for symbol in request.symbols:
            self._yahoo.quote(symbol)

    def _finish(self, request: Request, connection: Connection, record: Record, fault: Fault | None) -> None:
        if connection not in self._held:
            return
        if fault is Fault.HANG:
            record.fault = fault
            return
        del self._held[connection]
        if fault is Fault.RESET:
            self._log.closed(record, 0, fault)
            connection.reset()
            return
        response = self._response(request, fault)
        self._log.closed(record, int(response[9:12]), fault or "")
        if fault is Fault.CUT_OFF:
            connection.send_half(response)
        else:
            connection.send(response)

    def _response(self, request: Request, fault: Fault | None) -> bytes:
        """A fault comes before the crumb is looked at: who is refused learns nothing of it."""
        retry_after = self._faults.plan.retry_after
        if fault is Fault.RATE_LIMITED:
            return encoded(too_many_requests(retry_after), zipped=False)
        if (refused := self._yahoo.refused(request)) is not None:
            return encoded(refused, zipped=False)
        if fault is None and request.kind in ASKED:
            return self._kept(request)
        good = self._yahoo.answer(request, nulls=fault is Fault.NULLS)
        answer = good if fault is None else spoilt(good, fault, request.kind, retry_after)
        return encoded(answer, zipped=request.gzip and request.kind not in SESSION)

    def _kept(self, request: Request) -> bytes:
        asked = tuple(request.query.get(name) for name in ASKED[request.kind])
        key = (request.kind, request.path, request.symbols, asked, request.gzip)
        return self._bodies.get(key, request.symbols, lambda: encoded(self._yahoo.answer(request), zipped=request.gzip))
