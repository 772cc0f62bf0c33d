"""Audit records of deeds that are done and not yet sent."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCHEMA = "edge"


def upgrade() -> None:
    op.create_table(
        "audit_outbox",
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("record", sa.LargeBinary, nullable=False),
        schema=SCHEMA,
    )


def downgrade() -> None:
    op.drop_table("audit_outbox", schema=SCHEMA)
