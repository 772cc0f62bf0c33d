"""Calls of functions that clients send back, with what came of them."""

import msgspec
from msgspec import UNSET

from services.edge.adapters.bodies import explain
from services.edge.adapters.streaming import encode_json
from services.edge.adapters.vercel.client_messages import ClientPart, Invocation
from services.edge.domain.parts import Outcome
from shared.errors import InvalidRequest
from shared.messages import ChatMessage, FunctionCall

MAX_NAME = 256
NO_RESULT = "This call has had no result."
"""A call that nobody answered: chat templates and other servers want a result for each."""
DENIED = "The user did not allow this call."


class ClientCall(msgspec.Struct):
    """`outcome`: None where it has had none."""

    call: FunctionCall
    outcome: Outcome | None
    denied: bool = False

    def result(self) -> ChatMessage:
        """What the model is told."""
        return ChatMessage("tool", self._told(), tool_call_id=self.call.id)

    def _told(self) -> str:
        outcome = self.outcome
        if outcome is None:
            return DENIED if self.denied else NO_RESULT
        if outcome.state == "output-error":
            return outcome.error
        return outcome.output if isinstance(outcome.output, str) else encode_json(outcome.output).decode()


def call_of(part: ClientPart, path: str) -> ClientCall | None:
    """None for another kind of part. Raises `InvalidRequest`, naming the field."""
    if part.type == "tool-invocation":
        return _invoked(part, path)
    if part.type == "dynamic-tool":
        name = _text(part.tool_name, f"{path}.toolName")
    elif part.type.startswith("tool-"):
        name = _text(part.type.removeprefix("tool-"), f"{path}.type")
    else:
        return None
    id = _text(part.tool_call_id, f"{path}.toolCallId")
    call = FunctionCall(id, name, _arguments(part.input))
    match part.state:
        case "output-available":
            output = None if part.output is UNSET else part.output
            return ClientCall(call, Outcome(id, "output-available", output))
        case "output-error":
            error = part.error_text if isinstance(part.error_text, str) else ""
            return ClientCall(call, Outcome(id, "output-error", error=error))
        case _:
            return ClientCall(call, None, denied=part.state == "output-denied")


def invoked(invocation: Invocation) -> ClientCall:
    id = invocation.tool_call_id
    call = FunctionCall(id, invocation.tool_name, _arguments(invocation.args))
    if invocation.state != "result":
        return ClientCall(call, None)
    output = None if invocation.result is UNSET else invocation.result
    return ClientCall(call, Outcome(id, "output-available", output))


def _invoked(part: ClientPart, path: str) -> ClientCall:
    try:
        return invoked(msgspec.convert(part.tool_invocation, Invocation))
    except msgspec.ValidationError as error:
        sentence, field = explain(str(error))
        place = f"{path}.toolInvocation" + (f".{field}" if field else "")
        raise InvalidRequest(sentence, param=place) from error


def _arguments(given: object) -> str:
    """Chat templates fail on what is no JSON object, which a model may have written; the error says so in its place."""
    return encode_json(given).decode() if isinstance(given, dict) else "{}"


def _text(value: object, field: str) -> str:
    if isinstance(value, str) and 0 < len(value) <= MAX_NAME:
        return value
    raise InvalidRequest(f"This is a text of 1 to {MAX_NAME} characters.", param=field)
