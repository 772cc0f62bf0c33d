"""Sluice from your own Python.

`HttpClient` speaks to the edge as one of its users: with sign-in, retrieval, history and quota.
`BusClient` publishes jobs straight onto NATS, past the edge: for batches inside the platform, where the broker's
permissions say who may. Both raise the errors of `shared.errors`.

    async with BusClient("nats://127.0.0.1:4222") as client:
        async for text in client.stream("Why is the sky blue?"):
            print(text, end="", flush=True)
"""

from services.cli.adapters.bus import BusClient
from services.cli.adapters.chat_stream import Finish, Notice, Part, Reasoning, Source, Text
from services.cli.adapters.http import HttpClient, Turn
from services.cli.domain import Completion, JobLine

__all__ = [
    "BusClient",
    "Completion",
    "Finish",
    "HttpClient",
    "JobLine",
    "Notice",
    "Part",
    "Reasoning",
    "Source",
    "Text",
    "Turn",
]
