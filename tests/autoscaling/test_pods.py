import heapq
import random
from collections import Counter, deque
from collections.abc import Callable
from itertools import count

from tests.autoscaling.builders import pool
from tools.autoscaling.pods import Pods
from tools.autoscaling.workload import Queue, Task


class Later:
    """Keeps what is to happen, until the test lets time pass."""

    def __init__(self) -> None:
        self._order = count()
        self.events: list[tuple[float, int, Callable[[], None]]] = []

    def __call__(self, time: float, action: Callable[[], None]) -> None:
        heapq.heappush(self.events, (time, next(self._order), action))

    def until(self, now: float) -> None:
        while self.events and self.events[0][0] <= now:
            heapq.heappop(self.events)[2]()


def pods(later: Later, *seconds: float, seed: int = 1, **more: float) -> Pods:
    queue = Queue("collector", ("collect",))
    queue.ready = deque(Task(0, 0, "collect", one, due=0) for one in seconds)
    return Pods(pool(**more), queue, (10, 10), later, random.Random(seed))


def test_a_pod_takes_tasks_once_it_is_ready() -> None:
    made = pods(later := Later(), threads=2)
    made.scale(1, 0)
    later.until(9)
    assert (len(made.active), made.idle()) == (1, [])
    later.until(10)
    assert len(made.idle()) == 2


def test_pods_that_are_not_ready_go_first() -> None:
    made = pods(Later())
    made.scale(2, 0, at_once=True)
    made.scale(5, 100)
    made.scale(2, 101)
    assert [pod.created for pod in made.active] == [0, 0]


def test_pods_that_were_ready_for_a_shorter_time_go_next() -> None:
    made = pods(Later())
    made.scale(1, 0, at_once=True)
    made.scale(2, 900, at_once=True)
    made.scale(1, 1000)
    assert [pod.created for pod in made.active] == [0]


def test_among_pods_of_about_the_same_age_it_is_chance() -> None:
    survivors: Counter[float] = Counter()
    for seed in range(40):
        made = pods(Later(), seed=seed)
        made.scale(1, 0, at_once=True)
        made.scale(2, 100, at_once=True)
        made.scale(1, 900)
        survivors[made.active[0].created] += 1
    assert min(survivors[0], survivors[100]) >= 10


def test_a_draining_pod_takes_nothing_and_finishes_what_runs() -> None:
    made = pods(later := Later(), 100, 5, threads=2)
    made.scale(1, 0, at_once=True)
    task = made.run_next(made.idle()[0], 0)
    made.scale(0, 10)
    assert (made.active, made.idle(), len(made.alive)) == ([], [], 1)
    made.queue.finish(100)
    made.finished(task, 100)
    later.until(10_000)
    assert (made.alive, made.losses.handed_back, made.losses.killed, made.pod_seconds) == ([], 0, 0, 100)


def test_what_outlasts_the_drain_is_handed_back() -> None:
    made = pods(later := Later(), 500)
    made.scale(1, 0, at_once=True)
    made.run_next(made.idle()[0], 0)
    made.scale(0, 10)
    later.until(189)
    assert (len(made.alive), len(made.queue.ready)) == (1, 0)
    later.until(190)
    assert (made.alive, len(made.queue.ready), made.losses.handed_back, made.losses.killed) == ([], 1, 1, 0)


def test_a_grace_period_shorter_than_the_drain_kills() -> None:
    made = pods(later := Later(), 500, grace_seconds=30)
    made.scale(1, 0, at_once=True)
    made.run_next(made.idle()[0], 0)
    made.scale(0, 10)
    later.until(40)
    assert (made.alive, len(made.queue.ready), made.losses.handed_back, made.losses.killed) == ([], 1, 0, 1)


def test_a_pod_that_goes_before_it_is_ready_never_takes_a_task() -> None:
    made = pods(later := Later(), 5)
    made.scale(1, 0)
    made.scale(0, 5)
    later.until(100)
    assert (made.alive, made.idle(), made.pod_seconds) == ([], [], 5)


def test_pods_cost_from_their_start_to_their_end() -> None:
    made = pods(Later())
    made.scale(2, 0)
    made.scale(1, 50)
    assert made.cost(80) == 130
