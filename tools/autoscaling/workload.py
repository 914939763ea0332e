"""The tasks of a queue, and how far they have come."""

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final

#: The mean that counts for a stage of which no task has finished yet, and how many of the newest count otherwise;
#: as the view queue_work has them.
UNKNOWN_MEAN: Final = 5.0
NEWEST: Final = 50


@dataclass(eq=False, slots=True)
class Task:
    """due: since when it may run. ends: at which point of its queue's progress, while it runs."""

    job: int
    step: int
    stage: str
    seconds: float
    due: float
    claimed: float = 0
    ends: float | None = None


@dataclass(slots=True)
class Queue:
    """The tasks of one queue: ready ones in their order, running ones, the newest durations of each stage.

    names: of its stages.
    pace: how many tasks can run at full speed where they share a source's pace; the speed of more is divided.
    """

    name: str
    names: tuple[str, ...]
    pace: float = float("inf")
    ready: deque[Task] = field(default_factory=deque)
    running: set[Task] = field(default_factory=set)
    durations: dict[str, deque[float]] = field(default_factory=dict)
    _progress: float = 0
    _at: float = 0
    _ending: list[tuple[float, int, Task]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def claim(self, now: float) -> Task:
        self._advance(now)
        task = self.ready.popleft()
        task.claimed = now
        task.ends = self._progress + task.seconds
        self.running.add(task)
        heapq.heappush(self._ending, (task.ends, next(self._numbers), task))
        return task

    def release(self, task: Task, now: float, *, first: bool) -> None:
        """Makes a running task due again; what it did is lost. first: it does not wait behind the others."""
        self._advance(now)
        self.running.remove(task)
        task.ends = None
        task.due = now
        if first:
            self.ready.appendleft(task)
        else:
            self.ready.append(task)

    def finish(self, now: float) -> list[Task]:
        """The tasks that have ended by now, in their order."""
        self._advance(now)
        ended = []
        while (ends := self._next()) is not None and ends <= self._progress + 1e-6:
            task = heapq.heappop(self._ending)[2]
            task.ends = None
            self.running.remove(task)
            self.durations.setdefault(task.stage, deque(maxlen=NEWEST)).append(now - task.claimed)
            ended.append(task)
        return ended

    def next_end(self, now: float) -> float | None:
        """When the next running task ends, if nothing changes."""
        self._advance(now)
        ends = self._next()
        return None if ends is None else now + max(0.0, ends - self._progress) / self._speed

    def remember(self, stage: str, mean: float) -> None:
        """The stage ran before the trace begins."""
        self.durations[stage] = deque([mean] * NEWEST, maxlen=NEWEST)

    def mean(self, stage: str) -> float:
        durations = self.durations.get(stage)
        return sum(durations) / len(durations) if durations else UNKNOWN_MEAN

    @property
    def outstanding(self) -> list[Task]:
        return [*self.ready, *self.running]

    @property
    def work_seconds(self) -> float:
        return sum((ready + running) * self.mean(stage) for stage, ready, running in self.stages())

    def age(self, now: float) -> float:
        """How long the oldest ready task has been due; 0 where none is."""
        return now - min((task.due for task in self.ready), default=now)

    def stages(self) -> list[tuple[str, int, int]]:
        """Of each stage: its name, how many tasks are ready, how many run."""
        ready, running = ([task.stage for task in tasks] for tasks in (self.ready, self.running))
        return [(stage, ready.count(stage), running.count(stage)) for stage in self.names]

    @property
    def _speed(self) -> float:
        return min(1.0, self.pace / len(self.running)) if self.running else 1.0

    def _advance(self, now: float) -> None:
        self._progress += (now - self._at) * self._speed
        self._at = now

    def _next(self) -> float | None:
        """Entries of tasks that were released since are dropped on the way."""
        while self._ending and self._ending[0][2].ends != self._ending[0][0]:
            heapq.heappop(self._ending)
        return self._ending[0][0] if self._ending else None
