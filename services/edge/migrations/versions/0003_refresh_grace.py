"""When a refresh token was spent, and not only that it was."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SCHEMA = "edge"


def upgrade() -> None:
    op.add_column("refresh_tokens", sa.Column("spent_at", sa.DateTime(timezone=True)), schema=SCHEMA)
    op.execute("UPDATE edge.refresh_tokens SET spent_at = '2000-01-01' WHERE spent")
    op.drop_column("refresh_tokens", "spent", schema=SCHEMA)


def downgrade() -> None:
    spent = sa.Column("spent", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("refresh_tokens", spent, schema=SCHEMA)
    op.execute("UPDATE edge.refresh_tokens SET spent = true WHERE spent_at IS NOT NULL")
    op.drop_column("refresh_tokens", "spent_at", schema=SCHEMA)
