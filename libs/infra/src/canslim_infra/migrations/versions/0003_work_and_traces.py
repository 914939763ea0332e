"""Work and traces"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: The queue of each stage, for those who read the work by SQL alone; a test holds it to canslim_core.stages.
QUEUE_STAGE = """
    CREATE VIEW queue_stage AS
    SELECT * FROM (VALUES ('collector', 'collect'), ('scoring', 'rs'), ('scoring', 'score')) AS pairs (queue, stage)
"""
#: How long a stage's tasks take: the newest of those done say.
STAGE_SECONDS = """
    CREATE VIEW stage_seconds AS
    SELECT queue, stage, mean_seconds
    FROM queue_stage CROSS JOIN LATERAL (
        SELECT avg(extract(epoch FROM finished_at - started_at))::double precision AS mean_seconds
        FROM (
            SELECT finished_at, started_at FROM job_task
            WHERE state = 'done' AND stage = queue_stage.stage
            ORDER BY finished_at DESC LIMIT 50
        ) AS newest
    ) AS means
"""
#: What a queue has to do now: tasks that run or are due. Five seconds where no task of a stage was done yet.
QUEUE_WORK = """
    CREATE VIEW queue_work AS
    SELECT queue,
           coalesce(sum(tasks), 0)::bigint AS tasks,
           coalesce(sum(tasks * coalesce(mean_seconds, 5)), 0)::double precision AS work_seconds,
           coalesce(max(oldest), 0)::double precision AS oldest_due_age_seconds
    FROM stage_seconds LEFT JOIN (
        SELECT stage, count(*) AS tasks,
               max(extract(epoch FROM clock_timestamp() - due_at)) FILTER (WHERE state = 'pending') AS oldest
        FROM job_task
        WHERE state = 'running' OR (state = 'pending' AND due_at <= clock_timestamp())
        GROUP BY stage
    ) AS open USING (stage)
    GROUP BY queue
"""


def upgrade() -> None:
    op.add_column("job", sa.Column("trace", sa.Text(), nullable=True))
    op.create_index(
        "job_task_done",
        "job_task",
        ["stage", sa.text("finished_at DESC")],
        postgresql_where=sa.text("state = 'done'"),
    )
    for view in (QUEUE_STAGE, STAGE_SECONDS, QUEUE_WORK):
        op.execute(view)


def downgrade() -> None:
    for view in ("queue_work", "stage_seconds", "queue_stage"):
        op.execute(f"DROP VIEW {view}")
    op.drop_index("job_task_done", table_name="job_task")
    op.drop_column("job", "trace")
