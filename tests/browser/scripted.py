"""A model whose words a test or a picture decides: an OpenAI-compatible upstream that knows its answers beforehand.

A question that begins with `Say:` is answered with the rest of it. So Markdown, links and whatever else a model might
write come through the whole product to the page.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.upstream import END, STREAM, Upstream, chunk, event, upstream

NAME = "scripted"
SAY = "Say:"
ASKS_TITLE = "Its title:"
PIECES = re.compile(r"\s*\S{1,12}|\s+$")
MODELS = json.dumps({"object": "list", "data": [{"id": NAME, "object": "model"}]}).encode()


@dataclass(frozen=True)
class Answer:
    """In the order in which a model gives it; the calls end it, and `after` is what it says to their results."""

    text: str = ""
    thought: str = ""
    calls: Sequence[tuple[str, Mapping[str, object]]] = ()
    after: str = ""
    fails: bool = False
    """It breaks off after its text."""
    title: str = ""
    """Of the conversation that it begins, when the edge asks for one."""


@dataclass
class ScriptedModel:
    base_url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    """By the question, to its letter."""
    step_s: float = 0.01
    asked: list[bytes] = field(default_factory=list[bytes])
    """The bodies of all requests."""

    def answer_to(self, messages: list[dict[str, Any]]) -> Answer:
        asked = [text_of(message) for message in messages if message["role"] == "user"]
        question = asked[-1].strip() if asked else ""
        if question.startswith(SAY):
            return Answer(question.removeprefix(SAY).strip())
        known = next((answer for each, answer in self.answers.items() if each in question), None)
        if question.endswith(ASKS_TITLE):
            return Answer(known.title if known else "Said as asked")
        if known is None:
            return Answer("I know no answer to that.")
        if messages[-1]["role"] == "tool":
            return Answer(known.after)
        return known


def text_of(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content)


def events(answer: Answer) -> list[bytes]:
    deltas: list[dict[str, Any]] = [{"reasoning_content": piece} for piece in PIECES.findall(answer.thought)]
    deltas += [{"content": piece} for piece in PIECES.findall(answer.text)]
    for index, (name, arguments) in enumerate(answer.calls):
        function = {"name": name, "arguments": ""}
        deltas.append({"tool_calls": [{"index": index, "id": f"call_{index}", "function": function}]})
        written = json.dumps(arguments, ensure_ascii=False)
        for start in range(0, len(written), 24):
            piece = {"arguments": written[start : start + 24]}
            deltas.append({"tool_calls": [{"index": index, "function": piece}]})
    if answer.fails:
        error = {"error": {"message": "The script says so.", "code": 500}}
        return [*(event(choices=[{"index": 0, "delta": delta}]) for delta in deltas), event(**error)]
    reason = "tool_calls" if answer.calls else "stop"
    said = [event(choices=[{"index": 0, "delta": delta}]) for delta in deltas]
    return [*said, event(choices=[{"index": 0, "delta": {}, "finish_reason": reason}]), b"data: [DONE]\n\n"]


@asynccontextmanager
async def scripted_model() -> AsyncGenerator[ScriptedModel]:
    model = ScriptedModel()
    async with upstream(lambda _, writer: respond(handler, model, writer)) as handler:
        model.base_url = handler.base_url
        yield model


async def respond(handler: Upstream, model: ScriptedModel, writer: asyncio.StreamWriter) -> None:
    head, _, body = handler.requests[-1].partition(b"\r\n\r\n")
    if not head.startswith(b"POST"):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(MODELS) + MODELS)
        await writer.drain()
        return
    model.asked.append(body)
    request = json.loads(body)
    writer.write(STREAM)
    for piece in events(model.answer_to(request["messages"])):
        writer.write(chunk(piece))
        await writer.drain()
        await asyncio.sleep(model.step_s)
    writer.write(END)
    await writer.drain()
