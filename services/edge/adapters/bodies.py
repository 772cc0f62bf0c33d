"""JSON bodies as structs; a mistake names its field the way a caller writes it."""

import re
from typing import TypeVar

import msgspec

from shared.errors import InvalidRequest

T = TypeVar("T")

_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_MISSING = re.compile(r"missing required field `(?P<field>[^`]+)`")


def decode_body(data: bytes, kind: type[T]) -> T:
    """Raises `InvalidRequest`; its `param` is a path such as `messages[2].role`."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        message, param = explain(str(error))
        raise InvalidRequest(message, param=param) from error
    except RecursionError as error:
        raise InvalidRequest("The body is nested too deeply.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"The body is not JSON: {error}") from error


def explain(text: str) -> tuple[str, str | None]:
    """A msgspec message as a sentence and the field that it is about."""
    found = _PATH.search(text)
    path = found["path"] if found else ""
    sentence = text[: found.start()] if found else text
    missing = _MISSING.search(sentence)
    if missing:
        path = f"{path}.{missing['field']}" if path else missing["field"]
        sentence = "This field is required."
    return (f"{path}: {sentence}" if path else sentence), path or None
