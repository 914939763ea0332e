"""Sources that wait"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


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
    op.add_column("job", sa.Column("requests", sa.Integer(), server_default="0", nullable=False))
    op.add_column("job", sa.Column("wait_reason", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("waits_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("job", sa.Column("warning", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("job", "warning")
    op.drop_column("job", "waits_until")
    op.drop_column("job", "wait_reason")
    op.drop_column("job", "requests")
    op.drop_table("universe")
    op.drop_table("symbol_status")
