"""A message's parts as they are kept and shown again, in the form of the AI SDK's UI messages."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from services.edge.domain.calls import called
from shared.messages import Answer

KEPT_CHARACTERS = 9_000_000
"""Of a message's files together, as data URLs: what is more is kept by name, type and size. As many as a question may
bring: `MAX_PICTURES_BYTES` in base64, and texts."""
NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


class MessagePart(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """`step-start`; `text` and `reasoning` (`text`, `state`); `file` (`mediaType`, `filename`, `size`, `url`);
    `tool-<name>` (`toolCallId`, `state`, `input`, `output`, `errorText`)."""

    type: str
    text: str | UnsetType = UNSET
    state: Literal["done", "input-available", "output-available", "output-error"] | UnsetType = UNSET
    media_type: str | UnsetType = UNSET
    filename: str | UnsetType = UNSET
    size: int | UnsetType = UNSET
    """In bytes."""
    url: str | UnsetType = UNSET
    """The file in a data URL; empty where it was too large to keep."""
    tool_call_id: str | UnsetType = UNSET
    input: object = UNSET
    """What the model wrote, where that was no JSON object."""
    output: object = UNSET
    error_text: str | UnsetType = UNSET

    @property
    def could_be_made(self) -> bool:
        """Of a call: its arguments were an object."""
        return isinstance(self.input, dict)


class Outcome(msgspec.Struct, frozen=True):
    """What came of a call, as the client says."""

    call: str
    state: Literal["output-available", "output-error"]
    output: object = None
    error: str = ""


class Outcomes(msgspec.Struct, frozen=True):
    """Of the calls of one answer."""

    answer: str
    """Its id; empty where the client has none: then a call's id tells which answer is meant."""
    each: tuple[Outcome, ...]


Parts = tuple[MessagePart, ...]


def kept_files(files: Iterable[MessagePart]) -> Parts:
    """In their order, as long as there is room."""
    left, kept = KEPT_CHARACTERS, list[MessagePart]()
    for file in files:
        size = len(file.url) if isinstance(file.url, str) else 0
        kept.append(file if size <= left else msgspec.structs.replace(file, url=""))
        left -= size if size <= left else 0
    return tuple(kept)


def step_of(answer: Answer) -> Parts:
    """All that the model did at one go."""
    is_whole = answer.finish_reason not in ("error", "cancelled")
    calls = (called(call.id, call.name, call.arguments, is_whole=is_whole) for call in answer.tool_calls)
    tools = [
        MessagePart(
            f"tool-{call.name}",
            state="output-error" if call.error else "input-available",
            tool_call_id=call.id,
            input=call.input,
            error_text=call.error or UNSET,
        )
        for call in calls
    ]
    return (MessagePart("step-start"), *said(answer.text, answer.reasoning), *tools)


def said(text: str, reasoning: str = "") -> Parts:
    found = (("reasoning", reasoning), ("text", text))
    return tuple(MessagePart(kind, text=each, state="done") for kind, each in found if each)


def waits_for_results(parts: Sequence[MessagePart]) -> bool:
    """Its last step called something."""
    return bool(parts) and parts[-1].type.startswith("tool-")


def with_outcomes(parts: Parts, outcomes: Iterable[Outcome]) -> Parts:
    """A call that could not be made keeps its error."""
    came = {outcome.call: outcome for outcome in outcomes}
    return tuple(_with_outcome(part, came.get(str(part.tool_call_id))) for part in parts)


def _with_outcome(part: MessagePart, outcome: Outcome | None) -> MessagePart:
    if outcome is None or not part.could_be_made:
        return part
    if outcome.state == "output-error":
        return msgspec.structs.replace(part, state=outcome.state, output=UNSET, error_text=outcome.error)
    return msgspec.structs.replace(part, state=outcome.state, output=outcome.output, error_text=UNSET)


def stored(parts: Sequence[MessagePart]) -> str:
    """As JSON text, without NUL, which PostgreSQL cannot hold."""
    return NUL.sub(r"\1\\ufffd", msgspec.json.encode(parts).decode())
