"""Users, refresh tokens, conversations and their messages."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "edge"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _users()
    _refresh_tokens()
    _conversations()
    _messages()


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Text, sa.CheckConstraint("role IN ('admin', 'user')"), nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("created_at", MOMENT, nullable=False, server_default=sa.func.now()),
        schema=SCHEMA,
    )


def _refresh_tokens() -> None:
    owner = sa.ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE")
    op.create_table(
        "refresh_tokens",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("family", sa.Text, nullable=False, index=True),
        sa.Column("user_id", sa.Text, owner, nullable=False, index=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("spent", sa.Boolean, nullable=False, server_default=sa.false()),
        schema=SCHEMA,
    )


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_conversations_newest", "conversations", ["user_id", "updated_at", "id"], schema=SCHEMA
    )


def _messages() -> None:
    conversation = sa.ForeignKey(f"{SCHEMA}.conversations.id", ondelete="CASCADE")
    op.create_table(
        "messages",
        sa.Column("conversation_id", sa.Text, conversation, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("role", sa.Text, sa.CheckConstraint("role IN ('user', 'assistant')"), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("reasoning", sa.Text, nullable=False),
        sa.Column("sources", JSONB, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("prompt_tokens", sa.Integer, nullable=False),
        sa.Column("completion_tokens", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("request", sa.Text, unique=True),
        sa.CheckConstraint("status IN ('running', 'complete', 'cancelled', 'failed')"),
        sa.UniqueConstraint("conversation_id", "position"),
        schema=SCHEMA,
    )


def downgrade() -> None:
    for table in ("messages", "conversations", "refresh_tokens", "users"):
        op.drop_table(table, schema=SCHEMA)
