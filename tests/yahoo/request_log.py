"""Who asked for what, and when."""

import time
from collections import Counter, deque
from dataclasses import dataclass
from itertools import islice

import numpy as np
from pydantic import TypeAdapter

from tests.yahoo.request import Request

#: Of a target; the statements' goes on for 3,000.
LONGEST_TARGET = 300


@dataclass(slots=True)
class Record:
    """`status` is 0 while there is no answer, and for ever where none was sent. Ports tell connections apart."""

    number: int
    monotonic: float
    wall: float
    kind: str
    method: str
    target: str
    host: str
    yahoo_host: str
    symbols: tuple[str, ...]
    status: int
    fault: str
    port: int
    agent: str


@dataclass(frozen=True)
class Counts:
    """Of every request but those to the control paths. `by_fault` counts what was done on purpose."""

    total: int
    by_kind: dict[str, int]
    by_status: dict[int, int]
    by_fault: dict[str, int]
    connections: int
    in_flight: int
    most_in_flight: int
    window_seconds: float
    most_in_window: int


RECORDS: TypeAdapter[list[Record]] = TypeAdapter(list[Record])
COUNTS = TypeAdapter(Counts)


class RequestLog:
    """Keeps the newest `limit` records, and counts all."""

    def __init__(self, limit: int = 1_000_000) -> None:
        self._records: deque[Record] = deque(maxlen=limit)
        self._next = 0
        self.reset()

    def reset(self) -> None:
        """Forgets everything, what is in flight too; numbers go on."""
        self._records.clear()
        self._first, self._in_flight, self._most_in_flight = self._next, 0, 0
        self._by_kind: Counter[str] = Counter()
        self._by_status: Counter[int] = Counter()
        self._by_fault: Counter[str] = Counter()
        self._ports: set[int] = set()

    def opened(self, request: Request) -> Record:
        headers = request.headers
        record = Record(
            self._next, time.monotonic(), time.time(), request.kind.value, request.method,
            request.target[:LONGEST_TARGET], headers.get("host", ""), headers.get("x-yahoo-host", ""),
            request.symbols, 0, "", request.port, headers.get("user-agent", ""),
        )  # fmt: skip
        self._records.append(record)
        self._next += 1
        self._by_kind[record.kind] += 1
        self._ports.add(record.port)
        self._in_flight += 1
        self._most_in_flight = max(self._most_in_flight, self._in_flight)
        return record

    def closed(self, record: Record, status: int, fault: str = "") -> None:
        record.status, record.fault = status, fault
        if record.number < self._first:
            return
        self._in_flight -= 1
        self._by_status[status] += 1
        if fault:
            self._by_fault[fault] += 1

    def after(self, number: int, limit: int) -> list[Record]:
        """Up to `limit` records from `number` on, oldest first."""
        first = self._records[0].number if self._records else 0
        skipped = max(0, number - first)
        return list(islice(self._records, skipped, skipped + limit))

    def counts(self, window_seconds: float = 60) -> Counts:
        return Counts(
            total=self._next - self._first,
            by_kind=dict(self._by_kind),
            by_status=dict(self._by_status),
            by_fault=dict(self._by_fault),
            connections=len(self._ports),
            in_flight=self._in_flight,
            most_in_flight=self._most_in_flight,
            window_seconds=window_seconds,
            most_in_window=self._most_within(window_seconds),
        )

    def _most_within(self, seconds: float) -> int:
        """The most requests in any stretch that long, of those still kept."""
        times = np.fromiter((record.monotonic for record in self._records), float, len(self._records))
        if not len(times):
            return 0
        return int((np.arange(1, len(times) + 1) - np.searchsorted(times, times - seconds, side="right")).max())
