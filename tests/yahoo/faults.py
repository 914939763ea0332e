"""What goes wrong on purpose. Which request fails depends on what it asks for and how often, not on the order."""

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import TypeAdapter

from tests.yahoo.request import SESSION, Kind, Request


class Fault(StrEnum):
    SERVER_ERROR = "server_error"  # 500 with JSON
    BAD_GATEWAY = "bad_gateway"  # 502 with HTML
    RATE_LIMITED = "rate_limited"  # 429 with text
    CUT_OFF = "cut_off"  # half a body, then the end of the connection
    BROKEN_JSON = "broken_json"  # 200, a body that stops in the middle
    HTML_PAGE = "html_page"  # 200 with HTML
    WRONG_SHAPE = "wrong_shape"  # 200, JSON of another shape
    NULLS = "nulls"  # 200, nulls inside charts and statements
    HANG = "hang"  # no answer as long as the client waits
    RESET = "reset"  # the connection is reset


@dataclass(frozen=True)
class SymbolFault:
    """What every request for a symbol meets, or the next `times`; of those `kinds`, or of all with data."""

    fault: Fault
    times: int | None = None
    kinds: tuple[Kind, ...] | None = None


@dataclass(frozen=True)
class Limit:
    """More than `requests` in `seconds` are refused, and whatever comes in the `pause` seconds after that."""

    requests: int
    seconds: float
    pause: float = 0


@dataclass(frozen=True)
class FaultPlan:
    """rates: the share of requests that meet a fault, of `kinds` (all with data). storm_seconds: from the moment the
    plan is set, everything is refused with 429. Cookie and crumb meet what `touch_session` says: faults no, refusals
    yes. The latency is every answer's.
    """

    seed: int = 0
    latency_ms: float = 0
    rates: Mapping[Fault, float] = field(default_factory=dict)
    kinds: tuple[Kind, ...] | None = None
    symbols: Mapping[str, SymbolFault] = field(default_factory=dict)
    storm_seconds: float = 0
    limit: Limit | None = None
    retry_after: int | None = None
    faults_touch_session: bool = False
    refusals_touch_session: bool = True


PLAN = TypeAdapter(FaultPlan)


class Faults:
    """Decides each request's fate by the plan. The clock is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.set(FaultPlan())

    def set(self, plan: FaultPlan) -> None:
        """Starts anew: attempts, a limit's window, and the storm."""
        self.plan = plan
        self._attempts: Counter[str] = Counter()
        self._arrivals: deque[float] = deque()
        self._refused_until = self._clock() + plan.storm_seconds if plan.storm_seconds else 0.0

    def fate_of(self, request: Request) -> Fault | None:
        """Counts the request; the same requests in any order meet the same faults, but for refusals."""
        plan = self.plan
        touched = request.kind not in SESSION
        if (touched or plan.refusals_touch_session) and self._is_refused():
            return Fault.RATE_LIMITED
        if not (touched or plan.faults_touch_session):
            return None
        for symbol in request.symbols if plan.symbols else ():
            if (own := plan.symbols.get(symbol)) is not None and self._meets(own, symbol, request.kind):
                return own.fault
        if plan.rates and (plan.kinds is None or request.kind in plan.kinds):
            return self._drawn(request)
        return None

    def _is_refused(self) -> bool:
        now, limit = self._clock(), self.plan.limit
        if limit is not None:
            self._arrivals.append(now)
            while self._arrivals[0] <= now - limit.seconds:
                self._arrivals.popleft()
            if len(self._arrivals) > limit.requests:
                self._refused_until = max(self._refused_until, now + limit.pause)
                return True
        return now < self._refused_until

    def _meets(self, own: SymbolFault, symbol: str, kind: Kind) -> bool:
        if own.kinds is not None and kind not in own.kinds:
            return False
        self._attempts[symbol] += 1
        return own.times is None or self._attempts[symbol] <= own.times

    def _drawn(self, request: Request) -> Fault | None:
        subject = f"{request.kind} {','.join(request.symbols) or request.path}"
        self._attempts[subject] += 1
        text = f"{self.plan.seed} {subject} {self._attempts[subject]}"
        draw = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) / 2**64
        for fault, rate in sorted(self.plan.rates.items()):
            if draw < rate:
                return fault
            draw -= rate
        return None
