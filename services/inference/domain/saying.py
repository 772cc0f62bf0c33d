"""Parts of an answer as a text that is told once: neighbours joined, calls of functions folded. Pure."""

from collections import defaultdict

import msgspec

from shared.messages import FunctionCall, Part, Reasoning, Text, ToolCall

MAX_NAME = 256
Piece = Text | Reasoning | ToolCall


def spoken(text: str) -> tuple[Part, ...]:
    return (Text(text),) if text else ()


def characters(part: Part) -> int:
    if isinstance(part, ToolCall):
        return len(part.arguments) + len(part.name) + len(part.id)
    return len(part.text) if isinstance(part, Text | Reasoning) else 0


def merged(parts: list[Part]) -> tuple[Part, ...]:
    """Neighbouring pieces of one choice's text, reasoning, or call, as one. Choices do not part each other's."""
    out: list[Part] = []
    pieces: dict[int, list[str]] = {}
    newest: dict[int, int] = {}
    for part in parts:
        choice = getattr(part, "choice", 0)
        place = newest.get(choice)
        if isinstance(part, Piece):
            if place is not None and _goes_on(out[place], part):
                pieces[place].append(_said(part))
                continue
            pieces[len(out)] = [_said(part)]
        newest[choice] = len(out)
        out.append(part)
    for place, texts in pieces.items():
        field = "arguments" if isinstance(out[place], ToolCall) else "text"
        out[place] = msgspec.structs.replace(out[place], **{field: "".join(texts)})
    return tuple(out)


def function_calls(parts: tuple[Part, ...]) -> dict[int, tuple[FunctionCall, ...]]:
    """Of each choice, in the order in which they were begun."""
    begun: dict[tuple[int, int], ToolCall] = {}
    arguments: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for part in parts:
        if isinstance(part, ToolCall):
            begun.setdefault((part.choice, part.position), part)
            arguments[part.choice, part.position].append(part.arguments)
    calls: defaultdict[int, tuple[FunctionCall, ...]] = defaultdict(tuple)
    for place, first in begun.items():
        call = FunctionCall(first.id[:MAX_NAME], first.name[:MAX_NAME], "".join(arguments[place]))
        calls[first.choice] += (call,)
    return calls


def _goes_on(before: Part, part: Piece) -> bool:
    if isinstance(part, ToolCall):
        return isinstance(before, ToolCall) and before.position == part.position and not part.id
    return type(before) is type(part)


def _said(part: Piece) -> str:
    return part.arguments if isinstance(part, ToolCall) else part.text
