"""Sources that wait"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


#: Jobs ran side by side in one universe before: the newest of the unfinished goes on.
END_OTHERS = """
    WITH others AS (
        UPDATE job SET state = 'failed', open_tasks = 0, finished_at = now(), events = events + 1,
                       error = 'another job of the universe was unfinished when the database was upgraded'
        WHERE state IN ('queued', 'running') AND EXISTS (
            SELECT FROM job AS newer
            WHERE newer.universe = job.universe AND newer.state IN ('queued', 'running')
              AND (newer.created_at, newer.id) > (job.created_at, job.id))
        RETURNING id, events, error
    ), ended AS (
        UPDATE job_task SET state = 'cancelled', owner = NULL, lease_until = NULL, finished_at = now()
        FROM others WHERE job_id = others.id AND job_task.state IN ('pending', 'running')
    )
    INSERT INTO job_event (job_id, seq, type, data)
    SELECT id, events, 'finished', jsonb_build_object('state', 'failed', 'error', error) FROM others
"""


def upgrade() -> None:
    op.create_table(
        "symbol_status",
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("session", sa.Date(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("misses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("memo", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("symbol"),
    )
    op.create_table(
        "universe",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("own", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key"),
    )
    op.execute(
        "INSERT INTO idempotency_key (key, job_id) "
        "SELECT idempotency_key, id FROM job WHERE idempotency_key IS NOT NULL"
    )
    op.add_column("job", sa.Column("requests", sa.Integer(), server_default="0", nullable=False))
    op.add_column("job", sa.Column("wait_reason", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("waits_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("job", sa.Column("warning", sa.Text(), nullable=True))
    op.execute(END_OTHERS)
    op.create_index(
        "job_one_unfinished_a_universe",
        "job",
        ["universe"],
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    # With their constraint and index.
    op.drop_column("job", "idempotency_key")
    op.drop_column("job", "scope")


def downgrade() -> None:
    op.add_column("job", sa.Column("scope", sa.Text(), nullable=True))
    op.execute("UPDATE job SET scope = concat_ws(':', kind, universe, CASE WHEN symbols IS NOT NULL THEN id END)")
    op.alter_column("job", "scope", nullable=False)
    op.add_column("job", sa.Column("idempotency_key", sa.Text(), unique=True, nullable=True))
    op.execute("UPDATE job SET idempotency_key = (SELECT min(key) FROM idempotency_key WHERE job_id = job.id)")
    op.drop_index("job_one_unfinished_a_universe", table_name="job")
    op.create_index(
        "job_one_unfinished_a_scope",
        "job",
        ["scope"],
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.drop_column("job", "warning")
    op.drop_column("job", "waits_until")
    op.drop_column("job", "wait_reason")
    op.drop_column("job", "requests")
    op.drop_table("idempotency_key")
    op.drop_table("universe")
    op.drop_table("symbol_status")
