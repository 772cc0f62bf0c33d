"""Where a page ended, as text that a client hands back and need not understand."""

import base64
import binascii
from typing import TypeVar

import msgspec

from shared.errors import InvalidRequest

T = TypeVar("T")


def encode_cursor(*place: object) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).decode()


def decode_cursor(cursor: str, place: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(base64.urlsafe_b64decode(cursor), type=place)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise InvalidRequest("This cursor is none of ours.", param="cursor") from error
