"""OpenAI's `response_format`: text, any JSON object, or what a JSON Schema allows."""

from typing import Annotated, Literal, cast

import msgspec
from msgspec import Meta

from shared.errors import InvalidRequest
from shared.messages import JsonFormat

MAX_BYTES = 32_768
MAX_DEPTH = 64
"""Lists and objects within one another; each level of an answer is two of its schema."""

FIELD = "response_format.json_schema"


class JsonSchema(msgspec.Struct):
    name: Annotated[str, Meta(pattern="^[a-zA-Z0-9_-]{1,64}$")]
    schema: dict[str, object]
    strict: bool | None = None


class ResponseFormat(msgspec.Struct):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


def to_json_format(asked: ResponseFormat | None) -> JsonFormat | None:
    """Whether the schema makes sense is for the engine to say. Raises `InvalidRequest`, naming the field."""
    if asked is None or asked.type == "text":
        return None
    if asked.type == "json_object":
        return JsonFormat()
    found = asked.json_schema
    if found is None:
        raise InvalidRequest("This field is required.", param=FIELD)
    return JsonFormat(schema_text(found.schema, f"{FIELD}.schema"), found.name, bool(found.strict))


def schema_text(schema: dict[str, object], field: str) -> str:
    """A JSON Schema within bounds, as it travels. Raises `InvalidRequest`, naming the field."""
    _check(schema, MAX_DEPTH, field)
    text = msgspec.json.encode(schema)
    if len(text) > MAX_BYTES:
        raise InvalidRequest(f"The schema has more than {MAX_BYTES} bytes.", param=field)
    return text.decode()


def _check(value: object, levels: int, field: str) -> None:
    """A reference to somewhere else would be read by nobody, and what it asks for be left out in silence."""
    if not isinstance(value, dict | list):
        return
    if not levels:
        raise InvalidRequest("The schema is nested too deeply.", param=field)
    within = cast("dict[str, object] | list[object]", value)
    if isinstance(within, dict):
        if isinstance(reference := within.get("$ref"), str) and not reference.startswith("#"):
            raise InvalidRequest(
                f"'$ref' may only lead to a place in the schema itself, not to '{reference[:100]}'.",
                param=field,
            )
        within = list(within.values())
    for each in within:
        _check(each, levels - 1, field)
