"""A conversation and its tools as OpenAI's API has them, for whoever speaks it. Pure."""

import base64
from typing import Any

import msgspec

from shared.errors import InvalidRequest
from shared.messages import ChatJob, ChatMessage, Function, FunctionCall, ImageContent, TextContent, Tools

Fields = dict[str, Any]


def messages(job: ChatJob) -> list[Any]:
    return [_message(message) for message in job.messages]


def tools(wanted: Tools | None) -> Fields:
    """Raises `InvalidRequest` for parameters that are not a JSON object."""
    if wanted is None:
        return {}
    functions = [_function(each, f"tools[{place}]") for place, each in enumerate(wanted.functions)]
    choice: object = wanted.choice
    if wanted.choice == "named":
        choice = {"type": "function", "function": {"name": wanted.named}}
    return {"tools": functions, "tool_choice": choice, "parallel_tool_calls": wanted.parallel}


def json_object(text: str, param: str) -> Fields:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"This is not a JSON object: {error}", param=param) from error


def _message(message: ChatMessage) -> Fields:
    content = message.content
    fields: Fields = {
        "role": message.role,
        "content": content if isinstance(content, str) else [_part(part) for part in content],
    }
    if message.name:
        fields["name"] = message.name
    if message.reasoning:
        fields["reasoning_content"] = message.reasoning
    if message.tool_calls:
        fields["tool_calls"] = [_call(call) for call in message.tool_calls]
    if message.role == "tool":
        fields["tool_call_id"] = message.tool_call_id
    return fields


def _part(part: TextContent | ImageContent) -> Fields:
    if isinstance(part, TextContent):
        return {"type": "text", "text": part.text}
    url = f"data:{part.media_type};base64,{base64.b64encode(part.data).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


def _call(call: FunctionCall) -> Fields:
    """Templates read the arguments as an object, and fail on an empty text."""
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments or "{}"},
    }


def _function(function: Function, param: str) -> Fields:
    fields: Fields = {"name": function.name}
    if function.description:
        fields["description"] = function.description
    if function.parameters:
        fields["parameters"] = json_object(function.parameters, f"{param}.function.parameters")
    if function.strict:
        fields["strict"] = True
    return {"type": "function", "function": fields}
