"""What the simulated engine does before it speaks, where a question asks for it: thinks aloud, or calls a function."""

import re
from typing import cast

import msgspec

from services.inference.adapters.simulated.arguments import Schema, arguments
from shared.messages import ChatJob, Function, Part, Reasoning, ToolCall

THOUGHT = (
    "The question asks me to think. So I look at the gate first, then at the wheel below it, and weigh one against "
    "the other."
)
THINKS = re.compile(r"\bthink\b", re.IGNORECASE)
PIECES = re.compile(r'"[^"]{0,24}"?|[^"]{1,16}')
MAX_GIVEN = 65_536
"""Characters of arguments that a question may dictate."""


def acted(job: ChatJob, choice: int) -> tuple[Part, ...]:
    """One part for each token. A call is the last of it, and of the answer."""
    thoughts = _thoughts(_question(job), choice)
    function = _chosen(job)
    return thoughts if function is None else (*thoughts, *_call(job, function, choice))


def _thoughts(question: str, choice: int) -> tuple[Part, ...]:
    if not THINKS.search(question):
        return ()
    words = enumerate(THOUGHT.split())
    return tuple(Reasoning(f" {word}" if place else word, choice) for place, word in words)


def _chosen(job: ChatJob) -> Function | None:
    """By itself it calls what the question names, and once: what comes of it is the end of it."""
    if job.tools is None or job.tools.choice == "none":
        return None
    functions = job.tools.functions
    if job.tools.choice == "named":
        return next(function for function in functions if function.name == job.tools.named)
    has_asked = bool(job.messages) and job.messages[-1].role == "user"
    named = [each for each in functions if re.search(rf"\b{re.escape(each.name)}\b", _question(job))]
    if named and (has_asked or job.tools.choice == "required"):
        return max(named, key=lambda function: len(function.name))
    return functions[0] if job.tools.choice == "required" else None


def _call(job: ChatJob, function: Function, choice: int) -> tuple[Part, ...]:
    text = _dictated(_question(job), function.name) or _made(function)
    pieces = PIECES.findall(text)
    id = f"call_{job.request[:24]}_{choice}"
    return (
        ToolCall(0, id, function.name, "", choice),
        *(ToolCall(0, "", "", piece, choice) for piece in pieces),
    )


def _made(function: Function) -> str:
    schema = msgspec.json.decode(function.parameters or "{}", type=dict[str, object])
    return msgspec.json.encode(arguments(cast("Schema", schema))).decode()


def _dictated(question: str, name: str) -> str:
    """`use show_table {"title": "Gates"}`: all from the brace on, well-formed or not."""
    found = re.search(rf"\b{re.escape(name)}\b\s*(\{{.*)", question, re.DOTALL)
    return found[1].strip()[:MAX_GIVEN] if found else ""


def _question(job: ChatJob) -> str:
    return next((message.text for message in reversed(job.messages) if message.role == "user"), "")
