"""A server of Yahoo's wire formats in a process of its own, steered from the test."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.yahoo.changes import CHANGES, Change, Dividend, Split
from tests.yahoo.faults import PLAN, FaultPlan
from tests.yahoo.market import Market, Truth
from tests.yahoo.request_log import COUNTS, RECORDS, Counts, Record
from tests.yahoo.spec import MarketSpec

ROOT = Path(__file__).resolve().parents[2]
#: A market of ten thousand symbols may take minutes to write ahead.
PATIENCE = 600
CHARTS = "/v8/finance/chart/{symbol}?range=2y&interval=1d&events=div%2Csplits%2CcapitalGains"
QUOTES = "/v7/finance/quote?symbols={symbol}"


class YahooServer:
    """What changes the market is done to the server and to `market`, its double in this process, alike."""

    def __init__(self, spec: MarketSpec | None = None, *, port: int = 0, log_limit: int = 1_000_000) -> None:
        self.market = Market(spec)
        self._port, self._log_limit = port, log_limit

    def __enter__(self) -> Self:
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            Path(file.name).write_bytes(self.market.spec.to_json())
            command = [sys.executable, "-m", "tests.yahoo.server", "--port", str(self._port), "--until-stdin-closes"]
            command += ["--market", file.name, "--log-limit", str(self._log_limit)]
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
            )
            assert self._process.stdout is not None
            line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server ended with {self._process.wait()} before it had a port")
        self.port = int(line)
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.communicate()

    @property
    def pid(self) -> int:
        return self._process.pid

    def truth(self, symbol: str) -> Truth:
        """Raises KeyError where the symbol is not listed now."""
        return self.market.truth(symbol)

    def set_now(self, now: datetime) -> None:
        self.market.now = now
        self._control("POST", "now", json.dumps({"now": now.isoformat()}).encode())

    def next_session(self) -> date:
        """Moves on to an hour after the close of the next session, and says which that is."""
        hours, number = self.market.hours, self.market.newest + 1
        self.set_now(datetime.fromtimestamp(int(hours.closes[number]) + 3600, UTC))
        return hours.day(number)

    def apply(self, *changes: Change) -> None:
        """Splits, dividends, quarters, delistings, renames …: what `changes.py` has."""
        self.market.apply(*changes)
        self._control("POST", "changes", CHANGES.dump_json(list(changes)))

    def split(self, symbol: str, ex_date: date, numerator: float, denominator: float = 1) -> None:
        self.apply(Split(symbol, ex_date, numerator, denominator))

    def pay(self, symbol: str, ex_date: date, amount: float) -> None:
        self.apply(Dividend(symbol, ex_date, amount))

    def restore(self) -> None:
        """The market of the spec alone, no faults, an empty log; cookies, crumbs and connections stay."""
        self.market.restore()
        self._control("POST", "restore", b"")

    def set_faults(self, plan: FaultPlan | None = None) -> None:
        """From now on; None ends them all."""
        self._control("POST", "faults", PLAN.dump_json(plan or FaultPlan()))

    def expire_crumbs(self) -> None:
        """Every crumb is wrong until it is asked for anew."""
        self._control("POST", "crumbs/expire", b"")

    def counts(self, window_seconds: float = 60) -> Counts:
        return COUNTS.validate_json(self._control("GET", f"counts?window={window_seconds}"))

    def log(self) -> list[Record]:
        """Every record that is kept, oldest first."""
        return list(self._pages())

    def reset(self) -> None:
        """Forgets the log, counts included."""
        self._control("POST", "reset", b"")

    def warm(self, targets: Sequence[str] = (CHARTS, QUOTES)) -> int:
        """Writes answers ahead, {symbol} standing for each symbol; how many they are. `now` and changes drop them."""
        return int(self._control("POST", "warm", json.dumps(list(targets)).encode()))

    def _pages(self) -> Iterator[Record]:
        after = 0
        while page := RECORDS.validate_json(self._control("GET", f"log?after={after}")):
            yield from page
            after = page[-1].number + 1

    def _control(self, method: str, path: str, body: bytes | None = None) -> bytes:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, f"/_control/{path}", body)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise ValueError(f"/_control/{path}: {content.decode()}")
        return content
