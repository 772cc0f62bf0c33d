"""An answer that calls functions, and the official npm clients that read it from an edge with its ports in memory."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from services.edge.domain.chat import ChatRules
from shared.messages import Finished, Passage, Reasoning, Text, ToolCall
from tests.chat_edge import AUTHORIZATION, ChatEdge, Ports, serving
from tests.fakes.chat import Batch, finished
from tests.node_clients import NodeClients

SOURCE = Passage("d1", "Handbook", 3, "The gate opens at six.", 120, 142, 0.8)
TOOLS = [{"name": "show_table", "description": "Shows.", "parameters": {"type": "object"}}]
CALLING: list[Batch] = [
    [Reasoning("A table.")],
    [Text("Look:")],
    [ToolCall(0, "c1", "show_table", "")],
    [ToolCall(0, "", "", '{"rows":')],
    [ToolCall(0, "", "", ' ["a\u2028"]}'), ToolCall(1, "c2", "show_table", '{"rows": []')],
    [ToolCall(1, "", "", "}")],
    [Finished("tool_calls")],
]
INPUT = {"rows": ["a\u2028"]}
NO_ROWS: dict[str, Any] = {"rows": []}
GIVEN: tuple[tuple[str, dict[str, Any]], ...] = (("c1", INPUT), ("c2", NO_ROWS))


@asynccontextmanager
async def calling_edge() -> AsyncGenerator[ChatEdge]:
    """Its first answer calls, the next one speaks."""
    ports = Ports()
    ports.jobs.batches = [*CALLING]
    ports.jobs.later = [finished([Text("There.")])]
    ports.knowledge.found = (SOURCE,)
    async with serving(ports, ChatRules(resume_grace_s=0.5)) as running:
        yield running


async def ask(node: NodeClients, edge: ChatEdge, client: str, **command: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "api": f"{edge.url}/v1/chat",
        "headers": AUTHORIZATION,
        "chat": "c1",
        "body": {"tools": TOOLS},
    }
    if client == "ai4":
        parts = [{"type": "text", "text": "Show."}]
        told["messages"] = [{"role": "user", "content": "Show.", "parts": parts}]
    return await node.ask(client, text="Show.", **{**told, **command})


def told(message: dict[str, Any], *but: str) -> list[dict[str, Any]]:
    return [part for part in message["parts"] if part["type"] not in ("source-document", *but)]
