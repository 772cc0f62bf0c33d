"""What a message holds beside its text: a question's files, an answer's calls and what came of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SCHEMA = "edge"


def upgrade() -> None:
    parts = sa.Column("parts", JSONB, nullable=False, server_default="[]")
    op.add_column("messages", parts, schema=SCHEMA)


def downgrade() -> None:
    op.drop_column("messages", "parts", schema=SCHEMA)
