"""One client process: reads an order from its input, keeps so many answers going, says what it saw.

It parses no JSON and copies nothing: at 25,000 tokens a second it must not be what is measured.
"""

import asyncio
import json
import random
import re
import sys
import time
from pathlib import Path

import msgspec
import uvloop

WORDS = Path(__file__).resolve().parents[2] / "deploy" / "models" / "tiny_corpus.txt"
CONTENT = re.compile(rb'"content":\s*"[^"]')
USAGE = re.compile(rb'"completion_tokens":\s*(\d+)')
PROMPT = re.compile(rb'"prompt_tokens":\s*(\d+)')
LAST_CHUNK = b"0\r\n\r\n"
TAIL = 2048


class Order(msgspec.Struct, frozen=True, kw_only=True):
    port: int
    model: str
    token: str
    streams: int
    requests: int
    words: int
    max_tokens: int
    seed: int
    start_at: float
    """Wall clock: all clients begin together."""


class Answer(msgspec.Struct):
    """Times in seconds since `start_at`."""

    began: float
    first: float = 0.0
    last: float = 0.0
    prompt_tokens: int = 0
    tokens: int = 0
    error: str = ""


class Seen(msgspec.Struct):
    answers: list[Answer]
    cpu_s: float
    seconds: float


class Connection(asyncio.Protocol):
    """Kept open, one answer after another."""

    def __init__(self, zero: float) -> None:
        self._zero = zero
        self._transport: asyncio.Transport
        self._answer: Answer
        self._over: asyncio.Future[None]
        self._tail = b""
        self._has_begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # pyright: ignore[reportAttributeAccessIssue]

    async def ask(self, request: bytes) -> Answer:
        self._over = asyncio.get_running_loop().create_future()
        self._tail, self._has_begun = b"", False
        self._answer = Answer(time.perf_counter() - self._zero)
        self._transport.write(request)
        await self._over
        return self._answer

    def data_received(self, data: bytes) -> None:
        now, answer = time.perf_counter() - self._zero, self._answer
        if not self._has_begun:
            self._has_begun = True
            if b" 200 " not in data[:20]:
                self._fail(data[:300].decode(errors="replace"))
                return
        if CONTENT.search(data):
            answer.first = answer.first or now
            answer.last = now
        self._tail = (self._tail + data)[-TAIL:]
        if self._tail.endswith(LAST_CHUNK):
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._over.done():
            self._fail(f"the connection was lost: {exc}")

    def close(self) -> None:
        self._transport.close()

    def _end(self) -> None:
        if (found := USAGE.search(self._tail)) is None or b"[DONE]" not in self._tail:
            self._fail(self._tail.decode(errors="replace"))
            return
        self._answer.tokens = int(found[1])
        if (prompt := PROMPT.search(self._tail)) is not None:
            self._answer.prompt_tokens = int(prompt[1])
        if not self._over.done():
            self._over.set_result(None)

    def _fail(self, why: str) -> None:
        self._answer.error = why
        if not self._over.done():
            self._over.set_result(None)


async def drive(order: Order) -> Seen:
    zero = time.perf_counter() + order.start_at - time.time()
    words = words_of()
    dice = random.Random(order.seed)
    requests = [request(order, " ".join(dice.choices(words, k=order.words))) for _ in range(order.requests)]
    answers: list[Answer] = []

    async def stream() -> None:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: Connection(zero), "127.0.0.1", order.port)
        await asyncio.sleep(max(0.0, order.start_at - time.time()))
        while requests:
            answers.append(await connection.ask(requests.pop()))
            if answers[-1].error:
                break
        connection.close()

    streams = [asyncio.ensure_future(stream()) for _ in range(order.streams)]
    await asyncio.sleep(max(0.0, order.start_at - time.time()))
    cpu_s, started = time.process_time(), time.perf_counter()
    await asyncio.gather(*streams)
    return Seen(answers, time.process_time() - cpu_s, time.perf_counter() - started)


def words_of() -> list[str]:
    """To make prompts of, each another: what was asked before is cached."""
    return sorted(set(re.findall(r"[a-z]{3,9}", WORDS.read_text(encoding="utf-8"))))


def request(order: Order, content: str) -> bytes:
    body = {
        "model": order.model,
        "messages": [{"role": "user", "content": content}],
        "max_tokens": order.max_tokens,
        "temperature": 0.0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    data = json.dumps(body).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {order.token}\r\ncontent-length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


if __name__ == "__main__":
    told = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(drive(told))))
