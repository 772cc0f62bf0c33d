"""Between rows and messages."""

import base64
import binascii
import struct
from datetime import UTC, datetime
from typing import Any, Literal, cast

import msgspec
from sqlalchemy import Row

from services.retriever.ports import Vector
from shared.errors import InvalidRequest
from shared.messages import Document

Status = Literal["queued", "processing", "ready", "failed"]


def document_of(row: Row[Any]) -> Document:
    return Document(
        id=row.id,
        title=row.title,
        media_type=row.media_type,
        size=row.size,
        status=cast("Status", row.status),  # a CHECK of the table's
        created_at=row.created_at.timestamp(),
        passages=row.passages,
        done=row.done,
        error=row.error,
    )


def moment(at: float) -> datetime:
    """Unix seconds as PostgreSQL's `timestamptz`, which keeps microseconds."""
    return datetime.fromtimestamp(at, UTC)


def numbers(vector: Vector) -> list[float]:
    return list(struct.unpack(f"<{len(vector) // 4}f", vector))


def encode_cursor(row: Row[Any]) -> str:
    """Where a page ended, as text that a client hands back and need not understand."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode((row.created_at, row.id))).decode()


def decode_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        return msgspec.msgpack.decode(base64.urlsafe_b64decode(cursor), type=tuple[datetime, str])
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise InvalidRequest("This cursor is none of ours.", param="cursor") from error
