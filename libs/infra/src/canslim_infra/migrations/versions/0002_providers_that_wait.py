"""Providers that wait"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("requests", sa.Integer(), server_default="0", nullable=False))
    op.add_column("job", sa.Column("wait_reason", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("waits_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("job", "waits_until")
    op.drop_column("job", "wait_reason")
    op.drop_column("job", "requests")
