"""A small OpenAI-compatible server on asyncio, with the simulated engine behind it. For tests of our client side."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from services.inference.adapters.simulated import SimulatedEngine
from services.inference.ports import Output, Outputs
from shared.errors import ContextLengthExceeded
from shared.messages import ChatJob, ChatMessage, Finished, Sampling, Text


class OpenAIServer:
    """`requests` are the bodies it got. `broken`: what it answers instead, as (status, body)."""

    def __init__(self, engine: SimulatedEngine) -> None:
        self.engine = engine
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.broken: tuple[int, bytes] | None = None
        self.cut_after: int | None = None
        """Closes the connection after so many chunks."""
        self.base_url = ""

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if self.broken is not None:
            await _respond(writer, *self.broken)
            return
        if head[0].startswith("GET /v1/models"):
            models = [{"id": model.name, "object": "model"} for model in self.engine.models]
            await _respond(writer, 200, json.dumps({"object": "list", "data": models}).encode())
            return
        self.headers.append(headers)
        request = json.loads(body)
        self.requests.append(request)
        job = _job(request, str(len(self.requests)))
        outputs = self.engine.stream(job)
        reading = asyncio.create_task(reader.read())  # ends when the client goes away
        streaming = asyncio.create_task(self._stream(writer, outputs))
        await asyncio.wait({reading, streaming}, return_when=asyncio.FIRST_COMPLETED)
        for task in (reading, streaming):
            task.cancel()
        await asyncio.gather(reading, streaming, return_exceptions=True)
        await outputs.aclose()

    async def _stream(self, writer: asyncio.StreamWriter, outputs: Outputs) -> None:
        try:
            first = await outputs.__anext__()
        except ContextLengthExceeded as error:
            told = {"error": {"message": error.message, "code": error.code, "type": "invalid_request_error"}}
            await _respond(writer, 400, json.dumps(told).encode())
            return
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        await self._write(writer, first)
        sent = 1
        async for output in outputs:
            if self.cut_after is not None and sent >= self.cut_after:
                return
            await self._write(writer, output)
            sent += 1
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()

    async def _write(self, writer: asyncio.StreamWriter, output: Output) -> None:
        for part in output.parts:
            if isinstance(part, Text):
                _event(writer, choices=[{"index": part.choice, "delta": {"content": part.text}}])
            elif isinstance(part, Finished):
                _event(writer, choices=[{"index": part.choice, "delta": {}, "finish_reason": part.reason}])
        if output.usage is not None:
            told = {
                "prompt_tokens": output.usage.prompt_tokens,
                "completion_tokens": output.usage.completion_tokens,
            }
            _event(writer, choices=[], usage=told)
        await writer.drain()


def _event(writer: asyncio.StreamWriter, **fields: Any) -> None:
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "m", **fields}
    writer.write(f"data: {json.dumps(chunk)}\n\n".encode())


async def _respond(writer: asyncio.StreamWriter, status: int, body: bytes) -> None:
    head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


def _job(request: dict[str, Any], name: str) -> ChatJob:
    known = ("max_tokens", "temperature", "top_p", "n", "seed")
    sampling = Sampling(
        **{field: request[field] for field in known if field in request}, stop=tuple(request.get("stop", ()))
    )
    return ChatJob(
        request=name,
        user="u",
        model=request["model"],
        messages=tuple(ChatMessage(each["role"], each["content"]) for each in request["messages"]),
        inbox="i",
        stream=1,
        created_at=0.0,
        deadline=0.0,
        sampling=sampling,
    )


@asynccontextmanager
async def openai_server(engine: SimulatedEngine) -> AsyncGenerator[OpenAIServer]:
    await engine.start()
    handler = OpenAIServer(engine)
    server = await asyncio.start_server(handler.connected, "127.0.0.1", 0)
    handler.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield handler
    finally:
        server.close()
        await engine.stop()
        await server.wait_closed()
