"""Heads of requests that are too large: refused by the server, before any of our code has seen them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.chat_edge import ChatEdge, Ports, serving

ASKED = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n"
MIB = 1024 * 1024


@pytest.fixture
async def edge() -> AsyncIterator[ChatEdge]:
    async with serving(Ports()) as running:
        yield running


async def status_of(edge: ChatEdge, head: bytes) -> bytes:
    """The first line of what the server says."""
    url = edge.client.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(head)
    try:
        async with asyncio.timeout(5):
            return (await reader.readline()).strip()
    finally:
        writer.transport.abort()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (ASKED + b"authorization: Bearer " + b"a" * MIB + b"\r\n\r\n", 431),
        (ASKED + b"traceparent: " + b"0" * MIB + b"\r\n\r\n", 431),
        (ASKED + b"".join(b"x-%d: y\r\n" % number for number in range(1000)) + b"\r\n", 431),
        (b"GET /v1/models?" + b"a" * 100_000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n", 414),
        (ASKED + b"authorization : Bearer x\r\n\r\n", 400),
        (ASKED + b"x: a\x00b\r\n\r\n", 400),
        (ASKED + b"content-length: 5\r\n\r\nhello", 400),
    ],
    ids=["one header", "trace", "many headers", "path", "space", "NUL", "two lengths"],
)
async def test_it_is_refused_and_the_edge_lives(edge: ChatEdge, head: bytes, status: int) -> None:
    assert (await status_of(edge, head)).split()[1] == str(status).encode()
    assert (await edge.client.get("/health/live")).status_code == 200
