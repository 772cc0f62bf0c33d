"""The tables, as `migrations/` makes them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

SCHEMA = "edge"

metadata = MetaData(schema=SCHEMA)

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("family", Text, nullable=False),
    Column("user_id", Text, ForeignKey("edge.users.id"), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("spent_at", DateTime(timezone=True)),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    Column("title_by", Text, nullable=False),
    Column("words", TSVECTOR, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("conversation_id", Text, ForeignKey("edge.conversations.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("role", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("reasoning", Text, nullable=False),
    Column("sources", JSONB, nullable=False),
    Column("model", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("error_code", Text, nullable=False, server_default=""),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("request", Text, unique=True),
    Column("parts", JSONB, nullable=False),
    Column("parent", Text, nullable=False),
    Column("words", TSVECTOR, nullable=False),
)

audit_outbox = Table(
    "audit_outbox",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("record", LargeBinary, nullable=False),
)
