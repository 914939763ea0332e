"""Jobs, tasks, and what a task leaves behind."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from canslim_core.stages import BATCH_SIZE, REFRESH, STAGES, JobKind, Stage
from canslim_core.states import JobState

#: The store's open transaction; only the stage that writes knows its type.
Connection = TypeVar("Connection")

#: What a task works on, as stored: small and JSON-ready.
Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What is asked for: the parameters of a job that does not exist yet.

    symbols: None means the whole universe.
    stages: names, in the pipeline's order.
    session: what to rate, where no provider is asked; None means the newest.
    first_session: of a backfill, which rates every session from there to `session`.
    """

    kind: JobKind
    universe: str
    symbols: tuple[str, ...] | None = None
    stages: tuple[str, ...] = tuple(stage.name for stage in REFRESH)
    requested_by: str = "admin"
    idempotency_key: str | None = None
    retry_of: UUID | None = None
    session: date | None = None
    first_session: date | None = None

    def is_for(self, job: "Job") -> bool:
        """Whether the job does what this asks for; the order of symbols does not matter."""
        same_symbols = sorted(self.symbols or ()) == sorted(job.symbols or ())
        asked = (self.kind, self.universe, self.stages, self.first_session)
        return asked == (job.kind, job.universe, job.stages, job.first_session) and same_symbols

    def first_tasks(self) -> list[Payload]:
        """The payloads of the first stage: the list of a universe, or of sessions, is a task of its own."""
        if self.first_session is not None:
            last = None if self.session is None else self.session.isoformat()
            return [{"first": self.first_session.isoformat(), "last": last}]
        if self.stages[0] != REFRESH[0].name:
            return [{}]
        if self.symbols is None:
            return [{"universe": self.universe}]
        return batches(self.symbols)


@dataclass(frozen=True, slots=True)
class Job:
    """One refresh, recalculation or backfill.

    total, done, failed: symbols, of a backfill sessions; unchanged: those of `done` that had nothing new.
    session: the session that ratings are made for, once the provider has named it; of a backfill the last one.
    first_session: of a backfill.
    requests: what the provider was asked so far.
    wait_reason, waits_until: why nothing moves, and until when; None while the source answers.
    warning: what a person should know of the result.
    stage_tasks, open_tasks: tasks of the running stage, and those of them not finished.
    """

    id: UUID
    kind: JobKind
    state: JobState
    stage: str
    universe: str
    session: date | None
    first_session: date | None
    symbols: tuple[str, ...] | None
    stages: tuple[str, ...]
    requested_by: str
    retry_of: UUID | None
    total: int
    done: int
    failed: int
    unchanged: int
    bars: int
    requests: int
    stage_tasks: int
    open_tasks: int
    created_at: datetime
    started_at: datetime | None
    stage_started_at: datetime | None
    finished_at: datetime | None
    deadline_at: datetime
    wait_reason: str | None
    waits_until: datetime | None
    warning: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Task:
    """A claimed task: what one message runs. `attempt` and `owner` fence every write.

    waited: how long it was due before it was claimed. trace: the W3C traceparent of the
    request that made its job.
    """

    id: int
    job_id: UUID
    universe: str
    session: date | None
    stage: str
    payload: Payload
    attempt: int
    max_attempts: int
    owner: str
    waited: timedelta = timedelta(0)
    trace: str | None = None

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(self.payload.get("symbols", ()))

    @property
    def definition(self) -> Stage:
        return STAGES[self.stage]


@dataclass(frozen=True, slots=True)
class SymbolFailure:
    """A symbol the job goes on without, and why."""

    symbol: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Pause:
    """A source asked us to wait: why, and for how long."""

    reason: str
    length: timedelta


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Connection]):
    """What a task leaves behind, all of it written in the transaction that finishes the task.

    write: the stage's own rows; called with the open transaction's connection.
    session: the newest complete session, where the task asked the provider.
    total: symbols that the task added to the job; done, unchanged, failures: symbols it dealt with.
    requests: what the task asked the provider.
    spawn: payloads of further tasks of the same stage, due after the pause if there is one.
    time_needed: what the rest of the stage takes at the provider's pace; the job's deadline makes room for it.
    warning: what a person should know of the result.
    """

    write: Callable[[Connection], Awaitable[None]] | None = None
    session: date | None = None
    total: int = 0
    done: int = 0
    unchanged: int = 0
    bars: int = 0
    failures: Sequence[SymbolFailure] = ()
    requests: int = 0
    spawn: Sequence[Payload] = field(default_factory=list)
    pause: Pause | None = None
    time_needed: timedelta = timedelta(0)
    warning: str | None = None


#: Runs one task and says what it leaves behind; raises what the task's failure is.
Work = Callable[[Task], Awaitable[Outcome[Any]]]


def batches(symbols: Sequence[str], size: int = BATCH_SIZE) -> list[Payload]:
    """Splits symbols into the payloads of collect tasks, in alphabetical order."""
    ordered = sorted(symbols)
    return [{"symbols": ordered[start : start + size]} for start in range(0, len(ordered), size)]


#: The first wait before a failed task is tried again; it doubles with every attempt.
RETRY_BASE: Final = timedelta(seconds=2)
RETRY_LIMIT: Final = timedelta(minutes=2)


def retry_delay(attempt: int, jitter: float) -> timedelta:
    """How long to wait after failed attempt number `attempt` (from 1); `jitter` is in [0, 1).

    Half of the exponential wait is certain, the other half is spread by the jitter.
    """
    wait = min(RETRY_BASE * float(2 ** (attempt - 1)), RETRY_LIMIT)
    return wait * (0.5 + 0.5 * jitter)
