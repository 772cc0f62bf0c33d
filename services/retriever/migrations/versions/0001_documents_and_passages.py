"""Documents, and their passages with vectors.

Both carry their owner, and indexes lead with it: the policies of row-level security will compare `user_id`.
"""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import VECTOR

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "retriever"
DIMENSIONS = 384


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    _documents()
    _passages()


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False, server_default="queued"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("passages", sa.Integer, nullable=False, server_default="0"),
        sa.Column("done", sa.Integer, nullable=False, server_default="0"),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.CheckConstraint("status IN ('queued', 'processing', 'ready', 'failed')", name="documents_status"),
        sa.UniqueConstraint("id", "user_id", name="documents_owner"),
        schema=SCHEMA,
    )
    op.create_index(
        "documents_page",
        "documents",
        ["user_id", sa.text("created_at DESC"), sa.text("id DESC")],
        schema=SCHEMA,
    )


def _passages() -> None:
    op.create_table(
        "passages",
        sa.Column("document_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("start_offset", sa.Integer, nullable=False),
        sa.Column("end_offset", sa.Integer, nullable=False),
        sa.Column("embedding", VECTOR(DIMENSIONS), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id", "user_id"],
            [f"{SCHEMA}.documents.id", f"{SCHEMA}.documents.user_id"],
            name="passages_owner",
            ondelete="CASCADE",
        ),
        schema=SCHEMA,
    )
    op.create_index("passages_of_user", "passages", ["user_id"], schema=SCHEMA)
    op.create_index(
        "passages_nearest",
        "passages",
        ["embedding"],
        schema=SCHEMA,
        postgresql_using="hnsw",
        postgresql_ops={"embedding": "vector_cosine_ops"},
    )
