"""One budget of requests for all processes: two budgets on one Valkey stand for two of them."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from threading import Lock
from typing import Any

import numpy as np
import pytest
from prometheus_client import REGISTRY
from redis import Redis

from canslim_cli.embedded import EmbeddedValkey
from canslim_collector.provider import Floats
from canslim_collector.providers.yahoo.budget import (
    BUDGET,
    FIRST_PAUSE,
    FLEET,
    FLYING,
    LONGEST_PAUSE,
    LOST_MARGIN,
    REDIS_REST,
    SMALLEST_SHARE,
    WHOLE_AGAIN,
    Budget,
    Leave,
    Pace,
)
from canslim_core.errors import Throttled
from tests.collector.providers.yahoo.conftest import FAST

TIMEOUT = 20.0
#: How long a thread is watched that is not to go on, and how long one that is.
WHILE, PATIENCE = 0.15, 20.0
SOON = timedelta(seconds=1)
#: Of a request; sums of doubles.
SLACK = 1e-3


#: Made by the running test; what each knows of a pause is as old as what Redis knows.
BUDGETS: list[Budget] = []


@pytest.fixture(autouse=True)
def own_budgets() -> None:
    BUDGETS.clear()


def budget_of(redis_url: str, pace: Pace = FAST, timeout: float = TIMEOUT) -> Budget:
    BUDGETS.append(Budget(redis_url, pace, timeout))
    return BUDGETS[-1]


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(32) as threads:
        yield threads


def age(redis: Redis, by: timedelta) -> None:
    """Makes all that Redis remembers so much older, as if the time had passed."""
    milliseconds = by.total_seconds() * 1000
    for name in ("at", "paused_until"):
        if redis.hexists(BUDGET, name):
            redis.hincrbyfloat(BUDGET, name, -milliseconds)
    for key in (FLYING, FLEET):
        for member in redis.zrange(key, 0, -1):
            redis.zincrby(key, -milliseconds, str(member))


def wait_out(redis: Redis, pause: Throttled) -> None:
    age(redis, pause.retry_after + timedelta(milliseconds=1))
    for budget in BUDGETS:
        budget._paused_until = 0.0


def share(redis: Redis) -> float:
    return float(redis.hget(BUDGET, "share") or 1)


def take(budget: Budget, held: ExitStack, count: int = 1) -> list[Leave]:
    return [held.enter_context(budget.leave()) for _ in range(count)]


def use(budget: Budget) -> None:
    """One request that is answered well."""
    with budget.leave() as leave:
        leave.accepted()


@contextmanager
def refused_throughout(waiting: "Future[Any]") -> Iterator[None]:
    """The thread has not got its leave at the end of the block either."""
    yield
    with pytest.raises(TimeoutError):
        waiting.result(WHILE)


# The pace


@pytest.mark.parametrize(
    ("rate", "burst"),
    [
        (0.2, 5),
        (0.5, 5),
        (1, 5),
        (2, 5),
        (2, 1),
        (5, 20),
        (100, 50),
        (10_000, 100),
        (0.1, 5),
        (2, 200),
    ],
)
def test_a_burst_and_what_follows_stay_within_a_minute_of_the_rate(rate: float, burst: int) -> None:
    pace = Pace(rate, burst)
    assert pace.most_at_once + 60 * pace.tokens_a_second <= 60 * rate


@pytest.mark.parametrize("rate", [0.2, 0.5, 1, 2, 50])
def test_the_pace_is_at_least_half_the_rate(rate: float) -> None:
    assert Pace(rate).tokens_a_second >= rate / 2


def granted(redis: Redis) -> Floats:
    """When each request got its leave that has not ended, by Redis's clock, in seconds; oldest first."""
    lost = [redis.zscore(FLYING, str(request)) or 0 for request in redis.zrange(FLYING, 0, -1)]
    return np.array(lost) / 1000 - TIMEOUT - LOST_MARGIN


def assert_within(times: Floats, burst: float, pace: float) -> None:
    """No window of any length holds more than the burst and its length of the pace."""
    for last in range(len(times)):
        windows = times[last] - times[: last + 1]
        assert (np.arange(last + 1, 0, -1) <= burst + pace * windows + SLACK).all()


def assert_without_burst(times: Floats, since: float, pace: float) -> None:
    assert (np.arange(1, len(times) + 1) <= pace * (times - since) + SLACK).all()


def clock(redis: Redis) -> float:
    seconds, microseconds = redis.time()
    return float(seconds + microseconds / 1e6)


def test_two_processes_with_many_threads_never_send_more_than_the_pace(
    redis_url: str, redis: Redis, threads: ThreadPoolExecutor
) -> None:
    pace = Pace(rate=250, burst=10, in_flight=1000)
    with ExitStack() as held:
        for budget in (budget_of(redis_url, pace), budget_of(redis_url, pace)):
            for _ in range(8):
                threads.submit(take, budget, held, 10)
        threads.shutdown()
        times = granted(redis)
    assert len(times) == 2 * 8 * 10
    assert_within(times, pace.burst, pace.tokens_a_second)


def test_after_a_rest_a_burst_goes_at_once_and_no_more(redis_url: str, redis: Redis) -> None:
    budget = budget_of(redis_url, Pace(rate=0.5, burst=5, in_flight=10))
    redis.hset(BUDGET, mapping={"tokens": 1, "at": 0})
    with ExitStack() as held:
        take(budget, held, 5)
    assert float(redis.hget(BUDGET, "tokens") or 0) < 0.5


def test_a_new_budget_begins_without_a_burst(redis_url: str, redis: Redis) -> None:
    # Nobody knows what was sent before.
    pace, began = Pace(rate=20, burst=10, in_flight=10), clock(redis)
    with ExitStack() as held:
        take(budget_of(redis_url, pace), held, 3)
        assert_without_burst(granted(redis), began, pace.tokens_a_second)


# Requests in flight


def test_no_more_are_in_flight_than_agreed_over_two_processes(redis_url: str, threads: ThreadPoolExecutor) -> None:
    one, other = (budget_of(redis_url, Pace(10_000, 100, in_flight=3)) for _ in range(2))
    with ExitStack() as held, ExitStack() as more:
        take(one, held, 2)
        take(other, held)
        with refused_throughout(threads.submit(take, other, more)):
            pass
        held.close()
    threads.shutdown()


def test_a_place_is_free_as_soon_as_a_request_ends(redis_url: str, threads: ThreadPoolExecutor) -> None:
    one, other = (budget_of(redis_url, Pace(10_000, 100, in_flight=1)) for _ in range(2))
    with ExitStack() as held, ExitStack() as more:
        take(one, held)
        waiting = threads.submit(take, other, more)
        held.close()
        waiting.result(PATIENCE)


def test_the_most_in_flight_is_reached_and_not_passed(redis_url: str, threads: ThreadPoolExecutor) -> None:
    budgets = [budget_of(redis_url, Pace(10_000, 100, in_flight=3)) for _ in range(2)]
    lock, counts, now = Lock(), [0], [0]

    def work(budget: Budget) -> None:
        for _ in range(10):
            with budget.leave():
                with lock:
                    now[0] += 1
                    counts.append(now[0])
                with lock:
                    now[0] -= 1

    for done in [threads.submit(work, budget) for budget in budgets for _ in range(4)]:
        done.result(PATIENCE)
    assert 1 <= max(counts) <= 3


def test_a_dead_processs_place_comes_back_when_its_request_must_be_over(
    redis_url: str, redis: Redis, threads: ThreadPoolExecutor
) -> None:
    one, other = (budget_of(redis_url, Pace(10_000, 100, in_flight=1), timeout=3) for _ in range(2))
    with ExitStack() as dead, ExitStack() as more:
        take(one, dead)
        waiting = threads.submit(take, other, more)
        with refused_throughout(waiting):
            age(redis, timedelta(seconds=3 + LOST_MARGIN - 1))
        age(redis, timedelta(seconds=1))
        waiting.result(PATIENCE)


# Refusals


def test_a_refusal_of_one_process_pauses_the_other_at_once(redis_url: str) -> None:
    one, other = budget_of(redis_url), budget_of(redis_url)
    use(other)
    pause = one.refused().retry_after
    with pytest.raises(Throttled) as raised:
        use(other)
    assert pause - SOON < raised.value.retry_after <= pause
    assert pause - SOON < other.pause_left() <= pause


def test_a_process_that_starts_during_a_pause_keeps_to_it(redis_url: str) -> None:
    budget_of(redis_url).refused()
    with pytest.raises(Throttled):
        use(budget_of(redis_url))


def test_who_waits_for_leave_hears_of_the_pause(redis_url: str, threads: ThreadPoolExecutor) -> None:
    one, other = (budget_of(redis_url, Pace(10_000, 100, in_flight=1)) for _ in range(2))
    with ExitStack() as held:
        take(one, held)
        waiting = threads.submit(use, other)
        with refused_throughout(waiting):
            pass
        one.refused()
        with pytest.raises(Throttled):
            waiting.result(PATIENCE)


def test_a_refusal_halves_the_share(redis_url: str, redis: Redis) -> None:
    budget_of(redis_url).refused()
    assert share(redis) == 0.5


def test_the_share_never_falls_below_the_smallest(redis_url: str, redis: Redis) -> None:
    budget = budget_of(redis_url)
    for _ in range(8):
        wait_out(redis, budget.refused())
    assert share(redis) == SMALLEST_SHARE


def test_after_a_refusal_the_pace_is_halved(redis_url: str, redis: Redis) -> None:
    pace = Pace(rate=200, burst=5, in_flight=1000)
    budget = budget_of(redis_url, pace)
    wait_out(redis, budget.refused(SOON))
    use(budget)
    with ExitStack() as held:
        take(budget, held, 40)
        assert_within(granted(redis), pace.burst, pace.tokens_a_second * 0.51)


def test_a_pause_is_as_long_as_yahoo_asks_for(redis_url: str) -> None:
    asked = timedelta(seconds=7)
    assert budget_of(redis_url).refused(asked).retry_after == asked
    with pytest.raises(Throttled) as raised:
        use(budget_of(redis_url))
    assert asked - SOON < raised.value.retry_after <= asked


def test_yahoo_may_ask_for_more_than_the_longest_pause_of_ours(redis_url: str) -> None:
    assert budget_of(redis_url).refused(LONGEST_PAUSE * 4).retry_after == LONGEST_PAUSE * 4


def test_pauses_double_with_each_refusal(redis_url: str, redis: Redis) -> None:
    budget, pauses = budget_of(redis_url), []
    for _ in range(4):
        pause = budget.refused()
        pauses.append(pause.retry_after / FIRST_PAUSE)
        wait_out(redis, pause)
        with budget.leave():
            pass
    assert pauses == pytest.approx([1, 2, 4, 8])


def test_pauses_double_up_to_the_longest_while_refusals_go_on(redis_url: str, redis: Redis) -> None:
    budget, pauses = budget_of(redis_url), []
    for _ in range(6):
        pause = budget.refused()
        pauses.append(pause.retry_after / FIRST_PAUSE)
        wait_out(redis, pause)
        with budget.leave():
            pass
    assert pauses == pytest.approx([1, 2, 4, 8, 15, 15])


def test_a_refusal_long_after_the_last_one_is_the_first_again(redis_url: str, redis: Redis) -> None:
    budget = budget_of(redis_url)
    for _ in range(2):
        wait_out(redis, budget.refused())
    use(budget)
    age(redis, WHOLE_AGAIN)
    use(budget)
    assert budget.refused().retry_after == FIRST_PAUSE


def test_refusals_of_those_on_their_way_count_once(redis_url: str, redis: Redis) -> None:
    one, other = budget_of(redis_url), budget_of(redis_url)
    first = one.refused().retry_after
    for budget in (one, other, one):
        assert first - SOON < budget.refused().retry_after <= first
    assert share(redis) == 0.5
    wait_out(redis, other.refused())
    assert one.refused().retry_after / FIRST_PAUSE == pytest.approx(2)


def test_a_longer_wish_during_a_pause_makes_it_longer(redis_url: str) -> None:
    one, other = budget_of(redis_url), budget_of(redis_url)
    one.refused()
    assert other.refused(timedelta(minutes=5)).retry_after == timedelta(minutes=5)
    assert one.refused(timedelta(seconds=1)).retry_after > timedelta(minutes=4)


def test_a_short_pause_is_waited_out(redis_url: str) -> None:
    budget = budget_of(redis_url)
    budget.refused(timedelta(seconds=0.3))
    use(budget)


def test_every_refusal_is_a_metric(redis_url: str) -> None:
    before = REGISTRY.get_sample_value("canslim_yahoo_refusals_total") or 0
    for _ in range(2):
        budget_of(redis_url).refused()
    assert REGISTRY.get_sample_value("canslim_yahoo_refusals_total") == before + 2


def told(name: str) -> float | None:
    return REGISTRY.get_sample_value(f"canslim_yahoo_{name}")


def test_pause_and_share_are_told_from_the_first_answer_on(redis_url: str) -> None:
    budget = budget_of(redis_url)
    assert (told("pause_seconds"), told("budget_share")) == (None, None)
    use(budget)
    assert (told("pause_seconds"), told("budget_share")) == (0, 1)


def test_without_redis_only_a_refusal_of_its_own_is_told(own_redis: EmbeddedValkey) -> None:
    own_redis.kill()
    budget = budget_of(own_redis.url)
    use(budget)
    assert (told("pause_seconds"), told("budget_share")) == (None, None)
    budget.refused()
    assert told("pause_seconds") == pytest.approx(FIRST_PAUSE.total_seconds(), abs=1)
    assert told("budget_share") is None


# After a pause


def test_after_a_pause_one_request_probes_until_it_is_accepted(
    redis_url: str, redis: Redis, threads: ThreadPoolExecutor
) -> None:
    one, other = budget_of(redis_url), budget_of(redis_url)
    wait_out(redis, one.refused())
    with ExitStack() as probe, ExitStack() as others:
        [leave] = take(one, probe)
        waiting = threads.submit(take, other, others, 3)
        with refused_throughout(waiting):
            pass
        leave.accepted()
        waiting.result(PATIENCE)


def test_after_a_probe_without_an_answer_another_one_probes(
    redis_url: str, redis: Redis, threads: ThreadPoolExecutor
) -> None:
    one, other = budget_of(redis_url), budget_of(redis_url)
    wait_out(redis, one.refused())
    with one.leave():
        pass
    with ExitStack() as probe, ExitStack() as others:
        [leave] = take(other, probe)
        waiting = threads.submit(take, one, others)
        with refused_throughout(waiting):
            pass
        leave.accepted()
        waiting.result(PATIENCE)


def test_probing_ends_after_a_long_pause_too(redis_url: str, redis: Redis) -> None:
    budget = budget_of(redis_url)
    wait_out(redis, budget.refused(WHOLE_AGAIN))
    use(budget)
    assert not redis.hexists(BUDGET, "probing")


def test_an_answer_to_what_was_sent_before_the_pause_does_not_end_the_probing(redis_url: str, redis: Redis) -> None:
    budget = budget_of(redis_url)
    wait_out(redis, budget.refused())
    use(budget)
    with budget.leave() as leave:
        budget.refused()
    leave.accepted()
    assert redis.hexists(BUDGET, "probing")


def test_the_share_comes_back_by_the_same_for_each_second(redis_url: str, redis: Redis) -> None:
    budget = budget_of(redis_url)
    for _ in range(8):
        wait_out(redis, budget.refused(SOON))
    use(budget)
    shares = []
    for _ in range(3):
        age(redis, WHOLE_AGAIN / 4)
        use(budget)
        shares.append(share(redis))
    assert np.diff(shares) == pytest.approx((1 - SMALLEST_SHARE) / 4, abs=5e-3)


def test_the_share_is_whole_again_after_a_while_and_no_larger(redis_url: str, redis: Redis) -> None:
    budget = budget_of(redis_url)
    wait_out(redis, budget.refused())
    for _ in range(3):
        age(redis, WHOLE_AGAIN)
        use(budget)
    assert share(redis) == 1


# Redis forgets


def test_a_pause_that_redis_forgets_goes_on_for_those_who_know_it(redis_url: str, redis: Redis) -> None:
    one, other = budget_of(redis_url), budget_of(redis_url)
    pause = one.refused().retry_after
    redis.flushdb()
    for budget in (one, other):
        with pytest.raises(Throttled) as raised:
            use(budget)
        assert pause - SOON < raised.value.retry_after <= pause


def test_a_pause_that_redis_forgets_goes_on_whoever_asks_first(redis_url: str, redis: Redis) -> None:
    one, other = budget_of(redis_url), budget_of(redis_url)
    one.refused()
    redis.flushdb()
    use(other)
    with pytest.raises(Throttled):
        use(one)


def test_a_budget_that_redis_forgets_begins_without_a_burst(redis_url: str, redis: Redis) -> None:
    pace = Pace(rate=20, burst=10, in_flight=20)
    budget = budget_of(redis_url, pace)
    use(budget)
    age(redis, timedelta(minutes=1))
    redis.flushdb()
    began = clock(redis)
    with ExitStack() as held:
        take(budget, held, 3)
        assert_without_burst(granted(redis), began, pace.tokens_a_second)


# Redis away


def alone() -> float:
    return REGISTRY.get_sample_value("canslim_yahoo_budget_without_redis_total") or 0


def test_without_redis_each_process_keeps_to_its_share_and_comes_back(
    own_redis: EmbeddedValkey, threads: ThreadPoolExecutor
) -> None:
    pace, before = Pace(rate=50, burst=5, in_flight=10), alone()
    budgets = [budget_of(own_redis.url, pace) for _ in range(2)]
    for budget in (*budgets, *budgets):
        use(budget)
    own_redis.kill()

    def seconds(budget: Budget, requests: int = 6) -> float:
        began = time.monotonic()
        for _ in range(requests):
            use(budget)
        return time.monotonic() - began

    assert min(threads.map(seconds, budgets)) >= 5 * len(budgets) / pace.tokens_a_second
    assert alone() == before + 12
    own_redis.start()
    with Redis.from_url(own_redis.url) as redis:
        redis.flushall()
        for budget in budgets:
            while alone_again(budget):
                pass
        assert redis.zcard(FLEET) == 2


def alone_again(budget: Budget) -> bool:
    before = alone()
    use(budget)
    return alone() > before


def test_a_process_that_starts_without_redis_paces_itself(own_redis: EmbeddedValkey) -> None:
    own_redis.kill()
    budget, before = budget_of(own_redis.url), alone()
    use(budget)
    assert alone() == before + 1


def test_a_redis_that_hangs_holds_nobody_up(own_redis: EmbeddedValkey) -> None:
    budget, before = budget_of(own_redis.url), alone()
    use(budget)
    own_redis.pause()
    try:
        for _ in range(20):
            use(budget)
        assert alone() == before + 20
    finally:
        own_redis.resume()


def test_a_pause_goes_on_while_redis_is_away(own_redis: EmbeddedValkey) -> None:
    one, other = budget_of(own_redis.url), budget_of(own_redis.url)
    one.refused()
    with pytest.raises(Throttled):
        use(other)
    own_redis.kill()
    for budget in (one, other):
        with pytest.raises(Throttled) as raised:
            use(budget)
        assert FIRST_PAUSE - 5 * SOON < raised.value.retry_after <= FIRST_PAUSE


@pytest.mark.parametrize("asked", [timedelta(0), timedelta(seconds=90)])
def test_a_refusal_while_redis_is_away_pauses_the_process(own_redis: EmbeddedValkey, asked: timedelta) -> None:
    budget = budget_of(own_redis.url)
    use(budget)
    own_redis.kill()
    pause = budget.refused(asked).retry_after
    assert pause == (asked or FIRST_PAUSE)
    with pytest.raises(Throttled):
        use(budget)


def test_a_refusal_while_redis_is_away_is_not_forgotten_when_it_is_back(own_redis: EmbeddedValkey) -> None:
    budget = budget_of(own_redis.url)
    use(budget)
    own_redis.kill()
    budget.refused()
    own_redis.start()
    until_asked_again(budget, own_redis)
    with pytest.raises(Throttled):
        use(budget)


def until_asked_again(budget: Budget, server: EmbeddedValkey) -> None:
    """Until the budget has spoken with Redis again, which leaves it alone for a while."""
    with Redis.from_url(server.url) as redis:
        redis.delete(FLEET)
        while not redis.exists(FLEET):
            try:
                use(budget)
            except Throttled:
                continue


def test_thousands_that_end_while_redis_is_away_are_told_when_it_is_back(own_redis: EmbeddedValkey) -> None:
    budget = budget_of(own_redis.url)
    with budget.leave():
        own_redis.kill()
    for _ in range(8_100):
        use(budget)
    own_redis.start()
    with Redis.from_url(own_redis.url) as redis:
        until = time.monotonic() + REDIS_REST + 1.5
        while redis.zcard(FLYING) and time.monotonic() < until:
            use(budget)
            time.sleep(0.2)
        assert redis.zcard(FLYING) == 0
