"""The first schema"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "daily_bar",
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("session", sa.Date(), nullable=False),
        sa.Column("open", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("close", sa.Double(), nullable=False),
        sa.Column("volume", sa.BigInteger(), nullable=False),
        sa.Column("adj_factor", sa.Double(), nullable=False),
        sa.Column("split_factor", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("symbol", "session"),
    )
    op.create_table(
        "filing",
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("fiscal_period", sa.Text(), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("revenue", sa.Double(), nullable=True),
        sa.Column("net_income", sa.Double(), nullable=True),
        sa.Column("eps_basic", sa.Double(), nullable=True),
        sa.Column("eps_diluted", sa.Double(), nullable=True),
        sa.Column("equity", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("symbol", "period_end", "fiscal_period", "known_on"),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("universe", sa.Text(), nullable=False),
        sa.Column("session", sa.Date(), nullable=True),
        sa.Column("symbols", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("stages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("retry_of", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bars", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("stage_tasks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("open_tasks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("events", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stage_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('queued', 'running', 'completed', 'failed', 'cancelled')", name="job_state"),
        sa.ForeignKeyConstraint(
            ["retry_of"],
            ["job.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("idempotency_key"),
    )
    op.create_index("job_newest", "job", ["created_at"], unique=False)
    op.create_index(
        "job_one_unfinished_a_scope",
        "job",
        ["scope"],
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "listing",
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("exchange", sa.Text(), nullable=True),
        sa.Column("sector", sa.Text(), nullable=True),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("benchmark", sa.Boolean(), nullable=False),
        sa.Column("delisted_on", sa.Date(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("symbol"),
    )
    op.create_table(
        "ownership",
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("institutional_pct", sa.Double(), nullable=True),
        sa.Column("holders", sa.Double(), nullable=True),
        sa.Column("shares_outstanding", sa.Double(), nullable=True),
        sa.Column("shares_float", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("symbol", "as_of"),
    )
    op.create_table(
        "series",
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("first_session", sa.Date(), nullable=False),
        sa.Column("last_session", sa.Date(), nullable=False),
        sa.Column("last_close", sa.Double(), nullable=False),
        sa.Column("last_adj_factor", sa.Double(), nullable=False),
        sa.Column("bars", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("symbol"),
    )
    op.create_table(
        "split",
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("ex_date", sa.Date(), nullable=False),
        sa.Column("factor", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("symbol", "ex_date"),
    )
    op.create_table(
        "job_event",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "seq"),
    )
    op.create_table(
        "job_failure",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "symbol"),
    )
    op.create_table(
        "job_task",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("replayed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'running', 'done', 'dead', 'cancelled')", name="job_task_state"),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["replayed_by"],
            ["job.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("job_id", "stage", "no", name="job_task_once"),
    )
    op.create_index(
        "job_task_dead", "job_task", ["finished_at"], unique=False, postgresql_where=sa.text("state = 'dead'")
    )
    op.create_index("job_task_due", "job_task", ["due_at"], unique=False, postgresql_where=sa.text("state = 'pending'"))
    op.create_index(
        "job_task_leases", "job_task", ["lease_until"], unique=False, postgresql_where=sa.text("state = 'running'")
    )
    op.create_table(
        "rating_set",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("universe", sa.Text(), nullable=False),
        sa.Column("session", sa.Date(), nullable=False),
        sa.Column("rs_version", sa.Text(), nullable=False),
        sa.Column("score_version", sa.Text(), nullable=True),
        sa.Column("active", sa.Integer(), nullable=False),
        sa.Column("priced", sa.Integer(), nullable=False),
        sa.Column("rated", sa.Integer(), nullable=False),
        sa.Column("market", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("job_id"),
    )
    op.create_index(
        "rating_set_published",
        "rating_set",
        ["universe", "session"],
        unique=True,
        postgresql_where=sa.text("published_at IS NOT NULL"),
    )
    op.create_table(
        "universe_member",
        sa.Column("universe", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["symbol"],
            ["listing.symbol"],
        ),
        sa.PrimaryKeyConstraint("universe", "symbol"),
    )
    op.create_table(
        "rating",
        sa.Column("set_id", sa.BigInteger(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("last_session", sa.Date(), nullable=True),
        sa.Column("close", sa.Double(), nullable=True),
        sa.Column("rs_raw", sa.Double(), nullable=True),
        sa.Column("rs_rating", sa.SmallInteger(), nullable=True),
        sa.Column("rs_provisional", sa.SmallInteger(), nullable=True),
        sa.Column("rs_anchor_filled", sa.Boolean(), nullable=False),
        sa.Column("rs_reason", sa.Text(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("coverage", sa.Double(), nullable=True),
        sa.Column("graded", sa.Boolean(), nullable=True),
        sa.Column("score_reason", sa.Text(), nullable=True),
        sa.Column("letters", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("details", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["set_id"], ["rating_set.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("set_id", "symbol"),
    )
    op.create_index(
        "rating_by_rank",
        "rating",
        [
            "set_id",
            sa.literal_column("graded DESC NULLS LAST"),
            sa.literal_column("score DESC NULLS LAST"),
            sa.literal_column("rs_rating DESC NULLS LAST"),
            "symbol",
        ],
        unique=False,
    )
    op.create_index(
        "rating_by_rs", "rating", ["set_id", sa.literal_column("rs_rating DESC NULLS LAST"), "symbol"], unique=False
    )
    op.create_index("rating_of_symbol", "rating", ["symbol", "set_id"], unique=False)


def downgrade() -> None:
    op.drop_index("rating_of_symbol", table_name="rating")
    op.drop_index("rating_by_rs", table_name="rating")
    op.drop_index("rating_by_rank", table_name="rating")
    op.drop_table("rating")
    op.drop_table("universe_member")
    op.drop_index("rating_set_published", table_name="rating_set", postgresql_where=sa.text("published_at IS NOT NULL"))
    op.drop_table("rating_set")
    op.drop_index("job_task_leases", table_name="job_task", postgresql_where=sa.text("state = 'running'"))
    op.drop_index("job_task_due", table_name="job_task", postgresql_where=sa.text("state = 'pending'"))
    op.drop_index("job_task_dead", table_name="job_task", postgresql_where=sa.text("state = 'dead'"))
    op.drop_table("job_task")
    op.drop_table("job_failure")
    op.drop_table("job_event")
    op.drop_table("split")
    op.drop_table("series")
    op.drop_table("ownership")
    op.drop_table("listing")
    op.drop_index(
        "job_one_unfinished_a_scope", table_name="job", postgresql_where=sa.text("state IN ('queued', 'running')")
    )
    op.drop_index("job_newest", table_name="job")
    op.drop_table("job")
    op.drop_table("filing")
    op.drop_table("daily_bar")
