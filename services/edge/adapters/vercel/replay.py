"""An answer's parts as the events of a UI message stream: of a whole call, and of all that an answer that goes on
held before, for a reader who comes back to it."""

from collections.abc import Iterator, Sequence

from services.edge.domain.calls import Called
from services.edge.domain.parts import MessagePart

Event = dict[str, object]


def call_event(call: Called) -> Event:
    told = {"toolCallId": call.id, "toolName": call.name, "input": call.input}
    if call.error:
        return {"type": "tool-input-error", **told, "errorText": call.error}
    return {"type": "tool-input-available", **told}


def replayed(parts: Sequence[MessagePart]) -> Iterator[Event]:
    """Begins within a step and ends in a new one, which is the going on's."""
    for place, part in enumerate(parts):
        match part.type:
            case "step-start":
                if place:
                    yield from _next_step()
            case "text" | "reasoning":
                yield from _block(part.type, f"before-{place}", part)
            case kind if kind.startswith("tool-"):
                yield from _call(kind.removeprefix("tool-"), part)
            case _:
                pass
    if parts:
        yield from _next_step()


def _next_step() -> Iterator[Event]:
    yield {"type": "finish-step"}
    yield {"type": "start-step"}


def _block(kind: str, id: str, part: MessagePart) -> Iterator[Event]:
    yield {"type": f"{kind}-start", "id": id}
    yield {"type": f"{kind}-delta", "id": id, "delta": part.text}
    yield {"type": f"{kind}-end", "id": id}


def _call(name: str, part: MessagePart) -> Iterator[Event]:
    id = str(part.tool_call_id)
    is_refused = part.state == "output-error" and not part.could_be_made
    yield call_event(Called(id, name, part.input, str(part.error_text) if is_refused else ""))
    if part.state == "output-available":
        yield {"type": "tool-output-available", "toolCallId": id, "output": part.output}
    elif part.state == "output-error" and not is_refused:
        yield {"type": "tool-output-error", "toolCallId": id, "errorText": part.error_text}
