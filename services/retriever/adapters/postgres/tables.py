"""The tables, as `migrations/` makes them."""

from datetime import datetime
from typing import Annotated

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import BigInteger, DateTime, ForeignKey, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA = "retriever"
DIMENSIONS = 384

Key = Annotated[str, mapped_column(Text, primary_key=True)]


class Base(DeclarativeBase):
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True)}  # noqa: RUF012 -- SQLAlchemy's way


class DocumentRow(Base):
    __tablename__ = "documents"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012 -- SQLAlchemy's way

    id: Mapped[Key]
    user_id: Mapped[str]
    title: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str]
    created_at: Mapped[datetime]
    passages: Mapped[int]
    done: Mapped[int]
    error: Mapped[str]
    attempts: Mapped[int]


class PassageRow(Base):
    """Its `user_id` is its document's: the foreign key holds both, so that rows can be told apart by owner alone."""

    __tablename__ = "passages"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012 -- SQLAlchemy's way

    document_id: Mapped[Key] = mapped_column(ForeignKey(DocumentRow.id))
    number: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str]
    text: Mapped[str]
    start_offset: Mapped[int]
    end_offset: Mapped[int]
    embedding: Mapped[list[float]] = mapped_column(VECTOR(DIMENSIONS))
    words: Mapped[str] = mapped_column(TSVECTOR)
    """Those of `domain.words`, without positions."""
