"""Why an answer broke off, as a code beside the words, so that it can be told in any language."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SCHEMA = "edge"


def upgrade() -> None:
    code = sa.Column("error_code", sa.Text, nullable=False, server_default="")
    op.add_column("messages", code, schema=SCHEMA)


def downgrade() -> None:
    op.drop_column("messages", "error_code", schema=SCHEMA)
