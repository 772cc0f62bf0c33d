"""Where a page ended, as text that a client hands back and need not understand."""

import base64
import binascii
from datetime import datetime

import msgspec

from shared.errors import InvalidRequest


def encode_cursor(at: datetime, id: str) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode((at, id))).decode()


def decode_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        return msgspec.msgpack.decode(base64.urlsafe_b64decode(cursor), type=tuple[datetime, str])
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise InvalidRequest("This cursor is none of ours.", param="cursor") from error
