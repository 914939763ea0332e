"""What must be true of the job tables at every moment, whatever crashed: SQL that finds offenders.

Used after every step of the state machine; any other test may call `broken` too.
"""

from collections.abc import Mapping
from typing import Any

from canslim_core.states import JOB_MOVES, TASK_MOVES
from canslim_infra.postgres.connection import Database

#: Records every move of a state (with the run that ended it) and every effect of a task.
RECORDERS = """
CREATE TABLE move (
    what text, job_id uuid, task_id bigint, old text, new text, owner text, attempt int
);
CREATE TABLE legal_move (what text, old text, new text);
CREATE TABLE effect (task_id bigint, owner text, attempt int);

CREATE FUNCTION record_job_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO move VALUES ('job', NEW.id, NULL, OLD.state, NEW.state, NULL, NULL);
    RETURN NULL;
END $$;
CREATE TRIGGER record_move AFTER UPDATE ON job FOR EACH ROW
    WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION record_job_move();

CREATE FUNCTION record_task_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO move VALUES ('task', NEW.job_id, NEW.id, OLD.state, NEW.state, OLD.owner, OLD.attempt);
    RETURN NULL;
END $$;
CREATE TRIGGER record_move AFTER UPDATE ON job_task FOR EACH ROW
    WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION record_task_move();
"""

UNFINISHED = "('pending', 'running')"

#: A name, and a query for what breaks it.
INVARIANTS: Mapping[str, str] = {
    "every symbol is counted once: done + failed are those of the tasks that ended": """
        SELECT job.id::text FROM job JOIN (
            SELECT job_id,
                   sum(jsonb_array_length(payload -> 'symbols')) AS total,
                   coalesce(sum(jsonb_array_length(payload -> 'symbols'))
                            FILTER (WHERE state IN ('done', 'dead')), 0) AS ended
            FROM job_task WHERE payload ? 'symbols' GROUP BY job_id
        ) AS counted ON counted.job_id = job.id
        WHERE job.total <> counted.total OR job.done + job.failed <> counted.ended""",
    "a job without listed symbols counts none": """
        SELECT id::text FROM job WHERE (total, done, failed) <> (0, 0, 0)
        AND NOT EXISTS (SELECT FROM job_task WHERE job_id = job.id AND payload ? 'symbols')""",
    "failed is the number of recorded failures": """
        SELECT id::text FROM job WHERE failed <> (SELECT count(*) FROM job_failure WHERE job_id = job.id)""",
    "unchanged symbols are among the done ones": "SELECT id::text FROM job WHERE unchanged > done",
    "open_tasks are the unfinished tasks, all of the running stage": f"""
        SELECT id::text FROM job
        WHERE open_tasks <> (SELECT count(*) FROM job_task WHERE job_id = job.id AND state IN {UNFINISHED})
           OR EXISTS (SELECT FROM job_task WHERE job_id = job.id AND state IN {UNFINISHED} AND stage <> job.stage)""",
    "stage_tasks are the tasks of the running stage": """
        SELECT id::text FROM job
        WHERE stage_tasks <> (SELECT count(*) FROM job_task WHERE job_id = job.id AND stage = job.stage)""",
    "an unfinished job has something to wait for": """
        SELECT id::text FROM job WHERE (state IN ('queued', 'running')) <> (open_tasks > 0)""",
    "a queued job has not started": "SELECT id::text FROM job WHERE state = 'queued' AND started_at IS NOT NULL",
    "a job has an end time when it has ended": """
        SELECT id::text FROM job WHERE (state IN ('queued', 'running')) <> (finished_at IS NULL)""",
    "a stage after the first is one task": """
        SELECT job_id::text FROM job_task JOIN job ON job.id = job_id
        WHERE job_task.stage <> stages[1] GROUP BY job_id, job_task.stage HAVING count(*) <> 1""",
    "a stage is opened once, after the stages before it": """
        SELECT job.id::text FROM job JOIN (
            SELECT job_id, array_agg(data ->> 'stage' ORDER BY seq) AS opened
            FROM job_event WHERE type = 'stage_started' GROUP BY job_id
        ) AS event ON job_id = job.id
        WHERE opened <> stages[:array_position(stages, stage)]""",
    "a stage is opened when all tasks before it have ended well": """
        SELECT job_task.id::text FROM job_task JOIN job ON job.id = job_id
        WHERE array_position(stages, job_task.stage) < array_position(stages, job.stage)
          AND job_task.state NOT IN ('done', 'dead')""",
    "events are numbered without gaps": """
        SELECT job.id::text FROM job LEFT JOIN job_event ON job_id = job.id GROUP BY job.id
        HAVING events <> count(seq) OR min(seq) <> 1 OR max(seq) <> events""",
    "the first event is created": """
        SELECT job_id::text FROM job_event WHERE (seq = 1) <> (type = 'created')""",
    "exactly a finished job has one finished event, the last one": """
        SELECT job.id::text FROM job LEFT JOIN job_event ON job_id = job.id AND type = 'finished' GROUP BY job.id
        HAVING count(seq) <> (state NOT IN ('queued', 'running'))::int
            OR max(seq) <> events OR max(data ->> 'state') <> state""",
    "one unfinished job a universe": """
        SELECT universe FROM job WHERE state IN ('queued', 'running') GROUP BY universe HAVING count(*) > 1""",
    "exactly a running task has an owner and a lease": """
        SELECT id::text FROM job_task
        WHERE (state = 'running') <> (owner IS NOT NULL) OR (state = 'running') <> (lease_until IS NOT NULL)""",
    "no task is tried more often than it may be, and a pending one has a try left": """
        SELECT id::text FROM job_task
        WHERE attempt > max_attempts OR attempt < 0 OR (state = 'pending' AND attempt = max_attempts)""",
    "those that took two workers down run one at a time": """
        SELECT min(id)::text FROM job_task WHERE state = 'running' AND crashes >= 2 HAVING count(*) > 1""",
    "states move as their table says": """
        SELECT what || ': ' || old || ' to ' || new FROM move
        WHERE NOT EXISTS (SELECT FROM legal_move WHERE (what, old, new) = (move.what, move.old, move.new))""",
    "a finished state is reached once": """
        SELECT coalesce(task_id::text, job_id::text) FROM move WHERE new NOT IN ('queued', 'pending', 'running')
        GROUP BY what, job_id, task_id HAVING count(*) > 1""",
    "exactly a done task has its effect, once, of the run that ended it": """
        SELECT job_task.id::text FROM job_task
        LEFT JOIN effect ON effect.task_id = job_task.id
        LEFT JOIN move ON move.task_id = job_task.id AND new = 'done'
        GROUP BY job_task.id
        HAVING count(effect.task_id) <> (state = 'done')::int
            OR max(effect.owner) <> max(move.owner)
            OR max(effect.attempt) <> max(move.attempt)
            OR max(effect.attempt) <> job_task.attempt""",
}

#: What is true besides when every job has ended.
AT_THE_END: Mapping[str, str] = {
    "every job ends": "SELECT id::text FROM job WHERE state IN ('queued', 'running')",
    "a completed job has dealt with every symbol": """
        SELECT id::text FROM job WHERE state = 'completed' AND done + failed <> total""",
    "a completed job ran every stage": """
        SELECT id::text FROM job WHERE state = 'completed' AND (
            job.stage <> stages[array_length(stages, 1)] OR
            (SELECT count(DISTINCT task.stage) FROM job_task AS task WHERE job_id = job.id)
                <> array_length(stages, 1))""",
}


async def install_recorders(database: Database) -> None:
    legal = [
        (what, old.value, new.value)
        for what, moves in (("job", JOB_MOVES), ("task", TASK_MOVES))
        for old, allowed in moves.items()
        for new in allowed
    ]
    async with database.transaction() as connection:
        await connection.execute(RECORDERS)
        await connection.executemany("INSERT INTO legal_move VALUES ($1, $2, $3)", legal)


async def record_effect(connection: Any, task_id: int, owner: str, attempt: int) -> None:
    """The write of a task, so that a second one would show."""
    await connection.execute("INSERT INTO effect VALUES ($1, $2, $3)", task_id, owner, attempt)


async def broken(database: Database, invariants: Mapping[str, str] = INVARIANTS) -> list[str]:
    """The invariants that do not hold, with what breaks them."""
    names = list(invariants)
    statement = " UNION ALL ".join(
        f"SELECT {number} AS number, offender FROM ({invariants[name]}) AS query (offender)"
        for number, name in enumerate(names)
    )
    async with database.reading() as connection:
        rows = await connection.fetch(statement)
    return [f"{names[row['number']]}: {row['offender']}" for row in rows]
