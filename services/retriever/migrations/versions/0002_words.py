"""The words of passages, for search by words beside search by vectors; passages that are there get theirs.

An older retriever that still runs leaves the column empty: such passages are found by their vectors alone.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.retriever.domain.words import words

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCHEMA = "retriever"
BLOCK_ROWS = 500
"""Passages in memory at once."""

NEXT = sa.text(
    "SELECT document_id, number, text FROM retriever.passages WHERE (document_id, number) > (:document, :number) "
    "ORDER BY document_id, number LIMIT :rows"
)
FILL = sa.text(
    "UPDATE retriever.passages SET words = array_to_tsvector(:words) WHERE document_id = :document AND number = :number"
).bindparams(sa.bindparam("words", type_=postgresql.ARRAY(sa.Text)))


def upgrade() -> None:
    op.add_column(
        "passages",
        sa.Column("words", postgresql.TSVECTOR, nullable=False, server_default=""),
        schema=SCHEMA,
    )
    _fill(op.get_bind())
    op.create_index("passages_words", "passages", ["words"], schema=SCHEMA, postgresql_using="gin")


def _fill(connection: sa.Connection) -> None:
    last = {"document": "", "number": 0}
    while rows := connection.execute(NEXT, last | {"rows": BLOCK_ROWS}).all():
        filled = [
            {"document": row.document_id, "number": row.number, "words": sorted(set(words(row.text)))}
            for row in rows
        ]
        connection.execute(FILL, filled)
        last = {"document": rows[-1].document_id, "number": rows[-1].number}
