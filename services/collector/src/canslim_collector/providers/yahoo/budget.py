"""One budget of requests for the whole fleet, kept in Redis.

Never more than `rate` requests a second over any minute, bursts included; never more than `in_flight` at once. A
refusal pauses everybody, then one request probes, and the pace comes back slowly: additive increase,
multiplicative decrease. While Redis is away each process keeps to its share of the pace.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import Any
from uuid import uuid4

import redis
from prometheus_client import Counter, Gauge, Metric

from canslim_core.errors import Throttled
from canslim_infra.queue.redis_clients import NAMESPACE

BUDGET, FLYING, FLEET = (f"{NAMESPACE}:yahoo:{name}" for name in ("budget", "flying", "fleet"))
#: The first pause where Yahoo names none; it doubles with each refusal until the pace is whole again.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=15)
#: The pace never falls below this share, and is whole again so long after it was halved.
SMALLEST_SHARE, WHOLE_AGAIN = 1 / 16, timedelta(minutes=10)
#: Seconds beyond the longest a request may take, after which it counts as lost with its process.
LOST_MARGIN = 5.0
#: Seconds until a request that ended is taken off, where no other one is sent before.
TAKEN_OFF_AFTER = 0.05
#: Requests that Redis is told of at once; a script takes some thousands at most.
TOLD_AT_ONCE = 1000
#: Seconds for which a Redis that did not answer is not asked.
REDIS_REST = 2.0
#: Pauses shorter than this are waited out in place.
SHORT = 1.0
REASON = "Yahoo refuses requests for now"


class LateGauge(Gauge):
    """Absent until its value is known: before that any number would be a lie."""

    known = False

    def begin(self, value: Callable[[], float]) -> None:
        """Of a process that knows nothing yet."""
        self.known = False
        self.set_function(value)

    def collect(self) -> Iterable[Metric]:
        return super().collect() if self.known else ()


PAUSE = LateGauge("canslim_yahoo_pause_seconds", "What is left of the pause that Yahoo asked for.")
SHARE = LateGauge("canslim_yahoo_budget_share", "The share of the configured pace that is used since the last refusal.")
PACE = Gauge("canslim_yahoo_budget_requests_per_second", "The configured pace of all processes together.")
WAITED = Counter("canslim_yahoo_waited_seconds_total", "Time that requests waited for the budget.")
REFUSALS = Counter("canslim_yahoo_refusals_total", "Answers with status 429.")
ALONE = Counter("canslim_yahoo_budget_without_redis_total", "Requests paced by a process alone, while Redis is away.")


@dataclass(frozen=True, slots=True)
class Pace:
    """rate: requests a second over any minute; burst: those sent at once; in_flight: those not answered yet."""

    rate: float = 2.0
    burst: int = 5
    in_flight: int = 4

    @property
    def tokens_a_second(self) -> float:
        """What keeps burst and all within the rate over a minute, with one request to spare for the wire."""
        minute = self.rate * 60
        return max(minute - self.most_at_once - 1, minute / 2) / 60

    @property
    def most_at_once(self) -> float:
        """The burst, or half of what a minute allows where that is less; one request at least."""
        return max(1.0, min(self.burst, self.rate * 30))


@dataclass(frozen=True, slots=True)
class Leave:
    """For one request. probing: it is the one that finds out whether a pause was long enough."""

    budget: "Budget"
    probing: bool

    def accepted(self) -> None:
        """Yahoo answered it."""
        if self.probing:
            self.budget.end_probing()


class Budget:
    """Used by all threads of a process; one of them at a time asks for leave."""

    def __init__(self, redis_url: str, pace: Pace, timeout: float) -> None:
        """timeout: seconds that a request may take."""
        self.pace = pace
        self._lost_after = timeout + LOST_MARGIN
        self._process = uuid4().hex
        self._redis = redis.Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1, retry=None)
        #: Keeps it to one connection, enough for all threads: each call takes a tenth of a millisecond.
        self._wire = threading.Lock()
        self._grant = self._redis.register_script(_script("budget"))
        self._throttle = self._redis.register_script(_script("throttle"))
        self._turn = threading.Lock()
        self._ended: deque[str] = deque()
        self._some_ended = threading.Event()
        threading.Thread(target=self._take_off, name="yahoo-budget", daemon=True).start()
        self._fleet = 1
        self._share = 1.0
        self._probing = False
        #: By the process's own clock.
        self._redis_rests_until = 0.0
        self._paused_until = 0.0
        self._next_alone = 0.0
        PACE.set(pace.rate)
        SHARE.begin(lambda: self._share)
        PAUSE.begin(lambda: self.pause_left().total_seconds())

    @contextmanager
    def leave(self) -> Iterator["Leave"]:
        """Waits for leave to send one request. Raises Throttled during a pause."""
        request = uuid4().hex
        with self._turn:
            self._wait(request)
            leave = Leave(self, self._probing)
        try:
            yield leave
        finally:
            self._ended.append(request)
            self._some_ended.set()

    def refused(self, asked: timedelta = timedelta(0)) -> Throttled:
        """Pauses everybody, for as long as Yahoo asked if it did; what to raise."""
        REFUSALS.inc()
        first, longest = FIRST_PAUSE.total_seconds(), LONGEST_PAUSE.total_seconds()
        try:
            arguments = [first * 1000, longest * 1000, asked.total_seconds() * 1000, SMALLEST_SHARE]
            with self._wire:
                pause = float(self._throttle(keys=[BUDGET], args=arguments)) / 1000
        except redis.RedisError:
            self._rest()
            pause = asked.total_seconds() or first
        self._pause(pause)
        return Throttled(REASON, timedelta(seconds=pause))

    def end_probing(self) -> None:
        if self._answers():
            try:
                with self._wire:
                    self._redis.hdel(BUDGET, "probing")
            except redis.RedisError:
                self._rest()

    def pause_left(self) -> timedelta:
        return timedelta(seconds=max(0.0, self._paused_until - time.monotonic()))

    def _wait(self, request: str) -> None:
        started = time.monotonic()
        while (wait := self._ask(request)) > 0:
            left = self.pause_left()
            if left.total_seconds() > SHORT:
                raise Throttled(REASON, left)
            time.sleep(min(wait, SHORT))
        WAITED.inc(time.monotonic() - started)

    def _ask(self, request: str) -> float:
        """Seconds to wait before asking again; 0 is leave."""
        if not self._answers():
            return self._ask_nobody()
        try:
            wait, paused, share, fleet, probing = self._call(request)
        except redis.RedisError:
            self._rest()
            return self._ask_nobody()
        self._pause(float(paused) / 1000)
        self._share, self._fleet, self._probing = float(share), max(1, int(fleet)), bool(probing)
        SHARE.known = True
        return float(wait) / 1000

    def _call(self, request: str) -> list[Any]:
        """Asks Redis, and tells it what has ended meanwhile."""
        ended = [self._ended.popleft() for _ in range(min(len(self._ended), TOLD_AT_ONCE))]
        pace = self.pace
        arguments: list[str | float] = [
            self._process,
            request,
            pace.tokens_a_second / 1000,
            pace.most_at_once,
            pace.in_flight,
            self._lost_after * 1000,
            (1 - SMALLEST_SHARE) / WHOLE_AGAIN.total_seconds() / 1000,
            self.pause_left().total_seconds() * 1000,
            *ended,
        ]
        try:
            with self._wire:
                answer: list[Any] = self._grant(keys=[BUDGET, FLYING, FLEET], args=arguments)
        except redis.RedisError:
            self._ended.extend(ended)
            raise
        return answer

    def _take_off(self) -> None:
        """Tells Redis of what has ended, where no other request does."""
        while True:
            self._some_ended.wait()
            time.sleep(TAKEN_OFF_AFTER)
            self._some_ended.clear()
            if self._ended and self._answers():
                with suppress(redis.RedisError):
                    self._call("")

    def _ask_nobody(self) -> float:
        """This process's share of the pace, one request after the other."""
        now = time.monotonic()
        if now < self._paused_until:
            return self._paused_until - now
        if now < self._next_alone:
            return self._next_alone - now
        self._next_alone = now + self._fleet / (self.pace.tokens_a_second * self._share)
        ALONE.inc()
        return 0

    def _pause(self, seconds: float) -> None:
        self._paused_until = time.monotonic() + seconds
        PAUSE.known = True

    def _answers(self) -> bool:
        return time.monotonic() >= self._redis_rests_until

    def _rest(self) -> None:
        self._redis_rests_until = time.monotonic() + REDIS_REST


def _script(name: str) -> str:
    return (files(__package__ or "") / f"{name}_script.lua").read_text()
