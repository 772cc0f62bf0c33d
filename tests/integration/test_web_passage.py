"""The web between a browser and an edge whose every byte a test decides: nothing is held back, and nothing is left."""

import asyncio
import http.client
import json
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from deploy.local.ports import free_port
from tests.upstream import END, STREAM, Upstream, chunk, upstream
from tests.web import running_web
from tests.web_visitor import Visitor, question

pytestmark = pytest.mark.timeout(600)
SIGNED_IN = {"sluice-access": "an-access-token", "sluice-refresh": "a-refresh-token"}
CHAT = "/api/edge/v1/chat"
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


@asynccontextmanager
async def before(
    folder: Path, *scripts: Callable[..., Any] | bytes
) -> AsyncGenerator[tuple[Visitor, Upstream]]:
    """Somebody signed in at a web whose edge plays these scripts."""
    async with upstream(*scripts) as edge:
        web = running_web(edge.port, folder)
        port = await asyncio.to_thread(web.__enter__)
        try:
            yield Visitor(f"http://127.0.0.1:{port}", SIGNED_IN), edge
        finally:
            await asyncio.to_thread(web.__exit__, None, None, None)


async def test_each_piece_passes_as_it_comes_and_a_reader_who_leaves_is_seen_to(tmp_path: Path) -> None:
    shown = asyncio.Event()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM + chunk(b"data: one\n\n"))
        await shown.wait()
        writer.write(chunk(b"data: two\n\n"))
        await reader.read()  # until the web goes
        raise ConnectionError

    async with before(tmp_path, speak) as (visitor, edge):
        accepts = {"Accept-Encoding": "gzip, deflate, br"}
        connection, answer = await asyncio.to_thread(
            visitor.open, "POST", CHAT, question("Hi", "c1"), accepts
        )
        assert answer.headers["content-encoding"] is None
        assert answer.headers["x-accel-buffering"] == "no"
        assert "no-transform" in answer.headers["cache-control"]
        assert await asyncio.to_thread(answer.read1, 4096) == b"data: one\n\n"
        shown.set()
        assert await asyncio.to_thread(answer.read1, 4096) == b"data: two\n\n"
        assert edge.open == 1
        answer.close()
        connection.close()
        started = time.monotonic()
        await edge.closed()
        assert time.monotonic() - started < 1
    request = edge.requests[0]
    assert b"authorization: bearer an-access-token" in request.lower()
    assert b"cookie" not in request.lower()


async def test_one_who_leaves_before_the_answer_begins_is_seen_to_as_well(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def think(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        raise ConnectionError

    async with before(tmp_path, think) as (visitor, edge):
        reader, writer = await asyncio.open_connection(*visitor.url.removeprefix("http://").split(":"))
        body = json.dumps(question("Hi", "c1")).encode()
        head = "".join(f"{name}: {value}\r\n" for name, value in visitor.headers().items())
        host = visitor.url.removeprefix("http://")
        writer.write(
            f"POST {CHAT} HTTP/1.1\r\nHost: {host}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode()
        )
        writer.write(body)
        async with asyncio.timeout(5):
            await asked.wait()
        writer.transport.abort()
        await edge.closed()
        assert await reader.read() == b""


async def test_an_upload_goes_on_while_it_is_still_coming(tmp_path: Path) -> None:
    first_half = asyncio.Event()
    whole = 6 * 1024 * 1024

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen = 0
        while size := int(await reader.readline(), 16):
            seen += len(await reader.readexactly(size))
            if seen >= whole // 2:
                first_half.set()
            await reader.readline()
        await reader.readline()
        writer.write(OK if seen == whole else b"")

    async with before(tmp_path, take) as (visitor, _):
        connection = http.client.HTTPConnection(visitor.url.removeprefix("http://"), timeout=20)
        half = b"x" * (whole // 2)

        def begin() -> None:
            connection.putrequest("POST", "/api/edge/v1/documents")
            for name, value in visitor.headers().items():
                connection.putheader(name, value)
            connection.putheader("Content-Length", str(whole))
            connection.endheaders(half)

        await asyncio.to_thread(begin)
        async with asyncio.timeout(10):
            await first_half.wait()
        await asyncio.to_thread(connection.send, half)
        answer = await asyncio.to_thread(connection.getresponse)
        assert answer.status == 200
        connection.close()


async def test_an_answer_that_breaks_off_at_the_edge_breaks_off_at_the_reader(tmp_path: Path) -> None:
    async def break_off(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM + chunk(b"data: one\n\n"))
        await writer.drain()
        raise ConnectionError

    async with before(tmp_path, break_off) as (visitor, _):
        connection, answer = await asyncio.to_thread(visitor.open, "POST", CHAT, question("Hi", "c1"))
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            await asyncio.to_thread(answer.read)
        connection.close()


async def test_whole_answers_end_and_the_connection_is_used_again(tmp_path: Path) -> None:
    async with before(tmp_path, STREAM + chunk(b"data: one\n\n") + END) as (visitor, edge):
        for _ in range(3):
            _, content, _ = await asyncio.to_thread(visitor.ask, "POST", CHAT, question("Hi", "c1"))
            assert content == b"data: one\n\n"
        assert edge.connections == 1


@pytest.mark.parametrize("silent", [False, True], ids=["nobody listens", "nobody accepts"])
def test_an_edge_that_is_away_is_said_to_be_within_two_seconds(tmp_path: Path, silent: bool) -> None:
    with (
        deaf_port() if silent else unused_port() as port,
        running_web(port, tmp_path) as web_port,
    ):
        url = f"http://127.0.0.1:{web_port}"
        visitor = Visitor(url, SIGNED_IN)
        visitor.ask("GET", "/api/edge/v1/models")  # what is loaded at the first request is loaded
        started = time.monotonic()
        status, content, headers = visitor.ask("GET", "/api/edge/v1/models")
        assert time.monotonic() - started < 2
        assert status == 503
        assert headers["retry-after"] == "2"
        assert json.loads(content)["code"] == "edge_away"
        assert visitor.cookies == SIGNED_IN
        assert Visitor(url).sign_in("ada", "right") == 503


@contextmanager
def unused_port() -> Generator[int]:
    yield free_port()


@contextmanager
def deaf_port() -> Generator[int]:
    """It listens, and has no room for one more connection."""
    with socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket() for _ in range(8)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for each in waiting:
            each.close()
