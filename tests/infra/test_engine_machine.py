"""The job engine against everything at once: lost, doubled and late messages, stalls, crashes, cancels.

The machine moves the times in the rows instead of waiting, so that no step depends on a clock.
After every step all of `tests.infra.invariants` is asked of the tables.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from canslim_core.errors import Malformed, Refused, Throttled, Unavailable
from canslim_core.jobs import Task
from canslim_core.ports import Renewal
from canslim_core.stages import REFRESH
from canslim_core.use_cases.cancel_job import cancel_job
from canslim_core.use_cases.retry_job import replay_dead_letter, retry_job
from canslim_core.use_cases.run_task import Verdict
from canslim_core.use_cases.start_recalculation import start_recalculation
from canslim_core.use_cases.start_refresh import start_refresh
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.due_tasks import bury_poisoned, expire_jobs, give_back, reclaim_expired, take_due
from canslim_infra.postgres.jobs import PostgresTransactions
from tests.infra.delivery import Delivery, outcome_of
from tests.infra.engine import IDLE, Engine, nobody
from tests.infra.faults import Crash, FaultyDatabase
from tests.infra.invariants import AT_THE_END, INVARIANTS, broken, install_recorders

Result = TypeVar("Result")

UNIVERSES = ("sample", "files")
#: Symbols are only taken of a universe that has a list.
LISTED = """
    INSERT INTO listing (symbol, benchmark) SELECT unnest('{A,B,C}'::text[]), false ON CONFLICT DO NOTHING;
    INSERT INTO universe_member SELECT universe, symbol FROM unnest('{sample,files}'::text[]) AS universe, listing
    ON CONFLICT DO NOTHING"""
WORKERS = ("a", "b", "c")

#: Chooses one of whatever there is at the time.
PICK = st.integers(0, 11)
#: After which statement or commit of a call its process dies; mostly it does not.
CRASH = st.one_of(st.just(0), st.just(0), st.integers(1, 14))
FAILURES = st.one_of(
    *[st.builds(Unavailable, st.just("no answer"))] * 4,
    st.builds(Throttled, st.just("slow down"), st.just(timedelta(minutes=5))),
    st.builds(OSError, st.just("reset by peer")),
    st.builds(Malformed, st.just("not what it was")),
    st.builds(Refused, st.just("not allowed")),
)

MOST_ATTEMPTS = max(stage.attempts for stage in REFRESH)
#: More than any job needs to end once every worker is well.
ROUNDS = 12


class EngineMachine(RuleBasedStateMachine):
    def __init__(self, loop: asyncio.Runner, database: Database) -> None:
        super().__init__()
        self._loop = loop
        self._engine = Engine(database)
        self._faulty = FaultyDatabase(database)
        self._transactions = PostgresTransactions(self._faulty)
        #: Sent and neither lost nor delivered: task numbers.
        self._mail: list[int] = []
        #: Inside their work.
        self._deliveries: list[Delivery] = []
        #: Worker to its incarnation: a stopped process comes back under another name.
        self._lives = dict.fromkeys(WORKERS, 0)
        self._do(self._engine.execute("TRUNCATE job, job_task, effect, move RESTART IDENTITY CASCADE"))
        self._do(self._engine.execute(LISTED))

    # What people ask for.

    @initialize(batches=st.integers(0, 3))
    def begin(self, batches: int) -> None:
        """A refresh that has listed its universe, or not yet."""
        self._start("sample", None, key=None)
        if batches:
            self._do(self._round(batches))

    @rule(
        universe=st.sampled_from(UNIVERSES),
        symbols=st.one_of(st.none(), st.sets(st.sampled_from(["A", "B", "C"]), min_size=1)),
        key=st.sampled_from([None, "k1", "k2"]),
        crash=CRASH,
    )
    def refresh(self, universe: str, symbols: set[str] | None, key: str | None, crash: int) -> None:
        self._start(universe, symbols, key, crash)

    @rule(pick=PICK, how=st.sampled_from(["recalculate", "retry", "retry", "replay", "replay"]), crash=CRASH)
    def run_again(self, pick: int, how: str, crash: int) -> None:
        if how == "recalculate":
            stages = ("rs", "score")[pick % 2 :]
            self._ask(start_recalculation, "files", stages, universes=UNIVERSES, idempotency_key=None, crash=crash)
        elif how == "retry":
            self._ask(retry_job, self._job(pick, finished=True), crash=crash)
        else:
            self._ask(replay_dead_letter, self._dead_letter(pick), crash=crash)

    @rule(pick=PICK, how=st.sampled_from(["nothing", "cancel", "deadline"]), crash=CRASH)
    def end_a_job(self, pick: int, how: str, crash: int) -> None:
        if how == "cancel":
            self._attempt(cancel_job(self._job(pick, finished=False), transactions=self._transactions), crash)
        elif how == "deadline":
            job_id = self._job(pick, finished=False)
            self._do(self._engine.execute("UPDATE job SET deadline_at = now() WHERE id = $1", job_id))

    # What the relay and Redis do.

    @rule(redis=st.sampled_from(["answers", "is silent", "is gone"]), crash=CRASH)
    def relay(self, redis: str, crash: int) -> None:
        self._attempt(self._relay(redis), crash)

    @rule(pick=PICK, everything=st.booleans())
    def lose_messages(self, pick: int, everything: bool) -> None:
        del self._mail[0 if everything else pick :]

    @rule(pick=PICK, worker=st.sampled_from(WORKERS), doubled=st.booleans(), crash=CRASH)
    def deliver(self, pick: int, worker: str, doubled: bool, crash: int) -> None:
        if (task_id := self._message(pick)) is not None:
            self._mail += [task_id] * doubled
            self._attempt(self._deliver(task_id, worker), crash)

    # What workers do.

    @rule(pick=PICK, failing=st.integers(0, 2), batches=st.integers(1, 3), crash=CRASH)
    def work_ends_well(self, pick: int, failing: int, batches: int, crash: int) -> None:
        if (delivery := self._at_work(pick)) is not None:
            held = self._held(delivery)
            verdict = self._do(self._end(delivery, outcome_of(delivery.task, failing=failing, batches=batches), crash))
            assert verdict is None or (verdict is Verdict.DONE) == held

    @rule(pick=PICK, error=FAILURES, crash=CRASH)
    def work_fails(self, pick: int, error: Exception, crash: int) -> None:
        if (delivery := self._at_work(pick)) is not None:
            expected = verdict_of(delivery.task, error) if self._held(delivery) else Verdict.SUPERSEDED
            assert self._do(self._end(delivery, error, crash)) in (None, expected)

    @rule(batches=st.integers(1, 3), crash=CRASH)
    def everything_due_is_worked_on(self, batches: int, crash: int) -> None:
        """Moves jobs on; a crash may come in the middle of it."""
        self._attempt(self._round(batches), crash)

    @rule(pick=PICK)
    def renew(self, pick: int) -> None:
        if (delivery := self._at_work(pick)) is not None:
            held = self._held(delivery)
            assert (self._do(self._engine.renew(delivery.task)) is Renewal.HELD) == held
            self._deliveries.append(delivery)

    @rule(pick=PICK)
    def stall_past_the_lease(self, pick: int) -> None:
        """It comes back later, with nobody on its task, or the job over."""
        if (delivery := self._at_work(pick)) is not None:
            self._do(self._lose(delivery.task.id))
            self._deliveries.append(delivery)

    @rule(pick=PICK, worker=st.sampled_from(WORKERS))
    def be_overtaken(self, pick: int, worker: str) -> None:
        """It comes back later, with another worker on its task, or a thread of its own process."""
        if (delivery := self._at_work(pick)) is not None:
            self._do(self._lose(delivery.task.id))
            self._do(self._deliver(delivery.task.id, worker))
            self._deliveries.append(delivery)

    @rule(pick=PICK)
    def die_at_work(self, pick: int) -> None:
        if (delivery := self._at_work(pick)) is not None:
            self._do(delivery.kill())

    @rule(pick=PICK, error=st.one_of(st.none(), FAILURES))
    def use_up_every_attempt(self, pick: int, error: Exception | None) -> None:
        """Dies over it where it is no error."""
        if (task_id := self._message(pick)) is not None:
            self._do(self._every_attempt(task_id, error))

    @rule(worker=st.sampled_from(WORKERS), crash=CRASH)
    def stop_a_worker(self, worker: str, crash: int) -> None:
        """Its tasks are handed back; a thread of it that did not stop in time may still come and finish."""
        self._attempt(self._release(worker), crash)
        self._lives[worker] += 1

    # What time does.

    @rule(leases_run_out=st.booleans(), crash=CRASH)
    def reconcile(self, leases_run_out: bool, crash: int) -> None:
        if leases_run_out:
            self._do(self._engine.execute("UPDATE job_task SET lease_until = now() - interval '1 s' WHERE owner <> ''"))
        self._attempt(self._reconcile(), crash)

    @rule(passed=st.sampled_from([timedelta(seconds=10), timedelta(minutes=6)]))
    def time_passes(self, passed: timedelta) -> None:
        self._do(
            self._engine.execute(
                "UPDATE job_task SET due_at = due_at - $1::interval, sent_at = sent_at - $1::interval"
                " WHERE state = 'pending'",
                passed,
            )
        )

    # What is checked.

    @invariant()
    def everything_that_must_hold_holds(self) -> None:
        assert self._do(broken(self._engine.database)) == []

    def teardown(self) -> None:
        self._do(self._kill_everybody())
        self._do(self._drain())
        assert self._do(broken(self._engine.database, {**INVARIANTS, **AT_THE_END})) == []

    async def _kill_everybody(self) -> None:
        for delivery in self._deliveries:
            await delivery.kill()
        self._deliveries.clear()
        self._mail.clear()

    async def _drain(self) -> None:
        """From here on every worker is well; what was sent before is lost."""
        for _ in range(ROUNDS):
            await self._engine.execute(
                "UPDATE job_task SET lease_until = lease_until - interval '1 day', due_at = due_at - interval '1 day',"
                " sent_at = sent_at - interval '1 day'"
            )
            await self._reconcile()
            await self._round(batches=2)
            # Nothing is left over that nobody would ever be told of.
            assert not self._mail
            assert not self._deliveries

    # What the rules are made of; all of it may crash.

    async def _relay(self, redis: str = "answers") -> None:
        taken = await take_due(self._faulty, None if redis == "is silent" else IDLE)
        if redis == "is gone":
            await give_back(self._faulty, taken)
        else:
            self._mail += [task.id for task in taken]

    async def _deliver(self, task_id: int, worker: str) -> None:
        before = await self._engine.rows(
            "SELECT FROM job_task WHERE id = $1 AND state = 'pending' AND due_at <= now()", task_id
        )
        delivery = Delivery(task_id, self._name(worker), self._transactions)
        await delivery.settled()
        assert delivery.task is None or before, "what is not due, or another's, was claimed"
        if delivery.task is None:
            assert await delivery.verdict() in (None, Verdict.DUPLICATE)
        else:
            self._deliveries.append(delivery)

    async def _reconcile(self) -> None:
        held = "SELECT id, attempt FROM job_task WHERE state = 'running' AND lease_until > now() ORDER BY id"
        before = await self._engine.rows(held)
        await reclaim_expired(self._faulty)
        await bury_poisoned(self._faulty)
        assert await self._engine.rows(held) == before
        await expire_jobs(self._faulty)

    async def _round(self, batches: int) -> None:
        await self._relay()
        while self._mail:
            known = len(self._deliveries)
            await self._deliver(self._mail.pop(0), WORKERS[0])
            for delivery in self._deliveries[known:]:
                self._deliveries.remove(delivery)
                await delivery.end(outcome_of(delivery.task, batches=batches))

    async def _lose(self, task_id: int) -> None:
        """Its worker is silent for too long."""
        await self._engine.expire_lease(task_id)
        await self._reconcile()

    async def _every_attempt(self, task_id: int, error: Exception | None) -> None:
        for _ in range(MOST_ATTEMPTS):
            await self._engine.make_due()
            known = len(self._deliveries)
            await self._deliver(task_id, WORKERS[0])
            for delivery in self._deliveries[known:]:
                self._deliveries.remove(delivery)
                if error is None:
                    await delivery.kill()
                    await self._lose(task_id)
                else:
                    assert await delivery.end(error) is verdict_of(delivery.task, error)

    async def _release(self, worker: str) -> None:
        async with self._transactions() as jobs:
            await jobs.release(self._name(worker))

    async def _end(self, delivery: Delivery, outcome: Any, crash: int) -> Verdict | None:
        with self._faulty.crashing(crash):
            return await delivery.end(outcome)

    # What the steps use.

    def _do(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return self._loop.run(coroutine)

    def _attempt(self, coroutine: Coroutine[Any, Any, Any], crash: int) -> None:
        """What is asked for may be refused, and whoever does it may die over it."""
        with self._faulty.crashing(crash), suppress(Crash, Refused):
            self._do(coroutine)

    def _ask(self, use_case: Callable[..., Coroutine[Any, Any, Any]], *what: Any, crash: int, **more: Any) -> None:
        asked = use_case(*what, requested_by="test", transactions=self._transactions, wake_up=nobody, **more)
        self._attempt(asked, crash)

    def _start(self, universe: str, symbols: set[str] | None, key: str | None, crash: int = 0) -> None:
        chosen = None if symbols is None else sorted(symbols)
        self._ask(start_refresh, universe, chosen, universes=UNIVERSES, idempotency_key=key, crash=crash)

    def _message(self, pick: int) -> int | None:
        """Takes a message out; lets the relay send where there is none, and is None where nothing is due."""
        if not self._mail:
            self._do(self._relay())
        return self._mail.pop(pick % len(self._mail)) if self._mail else None

    def _at_work(self, pick: int) -> Delivery | None:
        """Takes out a worker inside its work, or sets one to work; None where nothing is due."""
        if not self._deliveries and (task_id := self._message(pick)) is not None:
            self._do(self._deliver(task_id, WORKERS[pick % len(WORKERS)]))
        return self._deliveries.pop(pick % len(self._deliveries)) if self._deliveries else None

    def _held(self, delivery: Delivery) -> bool:
        """Whether the task is the delivery's, as the row says it."""
        row = self._do(self._engine.task(delivery.task.id))
        return (row["state"], row["owner"], row["attempt"]) == ("running", delivery.owner, delivery.task.attempt)

    def _job(self, pick: int, *, finished: bool) -> UUID:
        """Any job, preferably a finished or an unfinished one."""
        preferred_first = "SELECT id FROM job ORDER BY (finished_at IS NULL) = $1, created_at"
        rows = self._do(self._engine.rows(preferred_first, finished))
        return rows[pick % len(rows)]["id"]

    def _dead_letter(self, pick: int) -> int:
        """A dead task; one that never was where there is none."""
        rows = self._do(self._engine.rows("SELECT id FROM job_task WHERE state = 'dead' ORDER BY id"))
        return rows[pick % len(rows)]["id"] if rows else 0

    def _name(self, worker: str) -> str:
        return f"{worker}{self._lives[worker]}"


def verdict_of(task: Task, error: Exception) -> Verdict:
    """What becomes of a held task that failed so."""
    if isinstance(error, Throttled):
        return Verdict.POSTPONED
    last = task.attempt == task.max_attempts or isinstance(error, Refused | Malformed)
    return Verdict.DEAD if last else Verdict.RETRIED


@contextmanager
def opened(url: str) -> Iterator[tuple[asyncio.Runner, Database]]:
    database = Database(url, size=4)
    with asyncio.Runner() as loop:
        loop.run(database.open())
        loop.run(install_recorders(database))
        yield loop, database
        loop.run(database.close())


def test_no_job_is_lost_doubled_or_miscounted_whatever_happens(database_url: str) -> None:
    with opened(database_url) as (loop, database):
        run_state_machine_as_test(
            lambda: EngineMachine(loop, database),
            settings=settings(
                max_examples=60,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
