"""Calls of functions as a model has written them, and whether they may be made."""

from typing import cast

import msgspec

MAX_DEPTH = 64
"""Lists and objects within one another: deeper ones are nobody's arguments."""
BROKEN_OFF = "The answer broke off within this call."
NO_OBJECT = "The model's arguments for this call are not a JSON object."


class Called(msgspec.Struct, frozen=True):
    """`error`: empty for a call that may be made; its `input` is then an object, and else what the model wrote."""

    id: str
    name: str
    input: object
    error: str = ""


def called(id: str, name: str, arguments: str, *, is_whole: bool) -> Called:
    """`is_whole`: the answer has come to its end. One that was stopped has made no call, whatever it had written."""
    if not is_whole:
        return Called(id, name, arguments, BROKEN_OFF)
    given = _json_object(arguments)
    return Called(id, name, arguments, NO_OBJECT) if given is None else Called(id, name, given)


def _json_object(text: str) -> dict[str, object] | None:
    """No arguments at all are an empty object."""
    try:
        found = msgspec.json.decode(text or "{}", type=dict[str, object])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return found if _is_within(found, MAX_DEPTH) else None


def _is_within(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    within = cast("dict[str, object] | list[object]", value)
    inner = within.values() if isinstance(within, dict) else within
    return levels > 0 and all(_is_within(each, levels - 1) for each in inner)
