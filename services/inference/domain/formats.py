"""What an answer may be made of: a form, functions, pictures. Pure."""

from typing import Any

import msgspec

from shared.errors import InvalidRequest
from shared.messages import ChatJob, JsonFormat


def refusal(job: ChatJob, *, calls: bool = False) -> InvalidRequest | None:
    """For an engine that has words alone, or `calls` beside them: to ignore what is asked for would be a lie."""
    if job.sampling.json_format is not None:
        return InvalidRequest("This model cannot answer in JSON.", param="response_format")
    if not calls and job.tools is not None and job.tools.choice != "none":
        return InvalidRequest("This model cannot call functions.", param="tools")
    if any(message.images for message in job.messages):
        return InvalidRequest("This model cannot look at pictures.", param="messages")
    if isinstance(job.prompt, tuple):
        return InvalidRequest("This model has no token ids.", param="prompt")
    return None


def response_format(wanted: JsonFormat | None) -> dict[str, Any] | None:
    """As OpenAI's API has it."""
    if wanted is None:
        return None
    if not wanted.schema:
        return {"type": "json_object"}
    schema = msgspec.json.decode(wanted.schema)
    named = {"name": wanted.name or "answer", "schema": schema, "strict": wanted.strict}
    return {"type": "json_schema", "json_schema": named}
