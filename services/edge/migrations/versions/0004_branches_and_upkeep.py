"""Conversations as trees, pinned, deleted for a while, searched by words, and titled by whom.

What is there already is linear: each message follows the one before it. Its titles stay as they are, as if chosen by
hand. An older edge that still runs stores messages without their parents, and without words to find them by.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.edge.domain.words import lexemes

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SCHEMA = "edge"
BLOCK_ROWS = 500
"""Texts in memory at once."""

PARENTS = """
    UPDATE edge.messages SET parent = before.id
    FROM (
        SELECT conversation_id, position, lag(id) OVER (PARTITION BY conversation_id ORDER BY position) AS before_id
        FROM edge.messages
    ) AS line
    JOIN edge.messages AS before ON before.conversation_id = line.conversation_id AND before.id = line.before_id
    WHERE messages.conversation_id = line.conversation_id AND messages.position = line.position
"""
TITLES = sa.text(
    "SELECT id, '' AS part, user_id, title AS text FROM edge.conversations WHERE id > :id ORDER BY id LIMIT :rows"
)
TEXTS = sa.text(
    "SELECT conversation_id AS id, messages.id AS part, user_id, text FROM edge.messages "
    "JOIN edge.conversations ON conversations.id = conversation_id "
    "WHERE (conversation_id, messages.id) > (:id, :part) ORDER BY conversation_id, messages.id LIMIT :rows"
)
WORDS = sa.bindparam("words", type_=postgresql.ARRAY(sa.Text))
FILL_TITLE = sa.text("UPDATE edge.conversations SET words = array_to_tsvector(:words) WHERE id = :id")
FILL_TEXT = sa.text(
    "UPDATE edge.messages SET words = array_to_tsvector(:words) WHERE conversation_id = :id AND id = :part"
)


def upgrade() -> None:
    _add("messages", sa.Column("parent", sa.Text, nullable=False, server_default=""))
    op.execute(PARENTS)
    op.create_index("ix_messages_parent", "messages", ["conversation_id", "parent"], schema=SCHEMA)
    _add("conversations", sa.Column("pinned", sa.Boolean, nullable=False, server_default=sa.false()))
    _add("conversations", sa.Column("deleted_at", sa.DateTime(timezone=True)))
    known = sa.CheckConstraint("title_by IN ('question', 'asked', 'engine', 'user')")
    _add("conversations", sa.Column("title_by", sa.Text, known, nullable=False, server_default="user"))
    for table in ("conversations", "messages"):
        _add(table, sa.Column("words", postgresql.TSVECTOR, nullable=False, server_default=""))
    _fill(op.get_bind(), TITLES, FILL_TITLE)
    _fill(op.get_bind(), TEXTS, FILL_TEXT)
    _indexes()


def _add(table: str, column: sa.Column[object]) -> None:
    op.add_column(table, column, schema=SCHEMA)


def _fill(connection: sa.Connection, following: sa.TextClause, fill: sa.TextClause) -> None:
    last = {"id": "", "part": ""}
    while rows := connection.execute(following, last | {"rows": BLOCK_ROWS}).all():
        filled = [{"id": row.id, "part": row.part, "words": lexemes(row.user_id, row.text)} for row in rows]
        connection.execute(fill.bindparams(WORDS), filled)
        last = {"id": rows[-1].id, "part": rows[-1].part}


def _indexes() -> None:
    for table in ("conversations", "messages"):
        op.create_index(f"ix_{table}_words", table, ["words"], schema=SCHEMA, postgresql_using="gin")
    pinned, deleted = sa.text("pinned"), sa.text("deleted_at IS NOT NULL")
    newest = ["user_id", "updated_at", "id"]
    op.create_index(
        "ix_conversations_pinned", "conversations", newest, schema=SCHEMA, postgresql_where=pinned
    )
    op.create_index(
        "ix_conversations_deleted", "conversations", ["deleted_at"], schema=SCHEMA, postgresql_where=deleted
    )
    running = sa.text("status = 'running'")
    op.create_index(
        "ix_messages_running", "messages", ["conversation_id"], schema=SCHEMA, postgresql_where=running
    )


def downgrade() -> None:
    """Branches become one line, in the order in which they were made; what was deleted is gone."""
    op.execute("DELETE FROM edge.conversations WHERE deleted_at IS NOT NULL")
    for index, table in (
        ("ix_messages_parent", "messages"),
        ("ix_messages_running", "messages"),
        ("ix_messages_words", "messages"),
        ("ix_conversations_words", "conversations"),
        ("ix_conversations_pinned", "conversations"),
        ("ix_conversations_deleted", "conversations"),
    ):
        op.drop_index(index, table, schema=SCHEMA)
    for column in ("parent", "words"):
        op.drop_column("messages", column, schema=SCHEMA)
    for column in ("pinned", "deleted_at", "title_by", "words"):
        op.drop_column("conversations", column, schema=SCHEMA)
