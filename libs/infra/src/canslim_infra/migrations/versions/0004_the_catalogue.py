"""The catalogue of ratings, and backfills"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: The queue of each stage, as in 0003.
QUEUE_STAGE = """
    CREATE OR REPLACE VIEW queue_stage AS
    SELECT * FROM (VALUES {}) AS pairs (queue, stage)
"""
BEFORE = "('collector', 'collect'), ('scoring', 'rs'), ('scoring', 'score')"


def upgrade() -> None:
    op.add_column("job", sa.Column("first_session", sa.Date(), nullable=True))
    for name in ("ratings", "versions"):
        op.add_column("rating_set", sa.Column(name, sa.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("rating_set", sa.Column("universe_hash", sa.Text(), nullable=True))
    op.add_column("rating", sa.Column("figures", sa.ARRAY(sa.Double()), nullable=True))
    op.add_column("rating", sa.Column("reasons", sa.ARRAY(sa.Text()), nullable=True))
    # A backfill makes a set for each of its sessions.
    op.drop_constraint("rating_set_job_id_key", "rating_set")
    op.create_unique_constraint("rating_set_once", "rating_set", ["job_id", "session"])
    op.execute(QUEUE_STAGE.format(f"{BEFORE}, ('scoring', 'history')"))


def downgrade() -> None:
    op.execute(QUEUE_STAGE.format(BEFORE))
    # The older schema has room for one set of a job.
    op.execute("DELETE FROM rating_set USING job WHERE job.id = job_id AND job.kind = 'backfill'")
    op.drop_constraint("rating_set_once", "rating_set")
    op.create_unique_constraint("rating_set_job_id_key", "rating_set", ["job_id"])
    for table, names in {
        "rating": ("reasons", "figures"),
        "rating_set": ("universe_hash", "versions", "ratings"),
    }.items():
        for name in names:
            op.drop_column(table, name)
    op.drop_column("job", "first_session")
