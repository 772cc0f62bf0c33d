"""What form an answer must have. Pure."""

from typing import Any

import msgspec

from shared.errors import InvalidRequest
from shared.messages import JsonFormat, Sampling


def refusal(sampling: Sampling) -> InvalidRequest | None:
    """For an engine that cannot hold its answers to a form: to ignore it would be a lie."""
    if sampling.json_format is None:
        return None
    return InvalidRequest("This model cannot answer in JSON.", param="response_format")


def response_format(wanted: JsonFormat | None) -> dict[str, Any] | None:
    """As OpenAI's API has it."""
    if wanted is None:
        return None
    if not wanted.schema:
        return {"type": "json_object"}
    schema = msgspec.json.decode(wanted.schema)
    named = {"name": wanted.name or "answer", "schema": schema, "strict": wanted.strict}
    return {"type": "json_schema", "json_schema": named}
