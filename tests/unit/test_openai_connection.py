"""One connection's protocol, fed by hand: an answer is the same wherever TCP cuts it."""

import asyncio
from typing import cast

import pytest

from services.inference.adapters.openai.answers import Broken
from services.inference.adapters.openai.connection import MAX_HEAD_BYTES, Connection
from tests.upstream import END, STREAM, chunk


class Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.is_cut = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def abort(self) -> None:
        self.is_cut = True

    def is_closing(self) -> bool:
        return self.is_cut


class Told:
    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.data = b""
        self.ends: list[Broken | None] = []

    def begun(self, status: int, headers: dict[str, str]) -> None:
        self.status, self.headers = status, headers

    def body(self, data: bytes) -> None:
        assert not self.ends
        self.data += data

    def over(self, why: Broken | None) -> None:
        self.ends.append(why)


class Line:
    """A connection, asked once."""

    def __init__(self) -> None:
        self.free: list[Connection] = []
        self.wire, self.told = Wire(), Told()
        self.connection = Connection(60.0, self.free.append)
        self.connection.connection_made(self.wire)
        self.connection.ask(b"GET", self.told)

    def feed(self, *pieces: bytes) -> Told:
        for piece in pieces:
            if piece:
                self.connection.data_received(piece)
        return self.told

    def ended_well(self) -> bool:
        self.connection.abort()
        return self.told.ends == [None]


CHUNKED = STREAM + chunk(b"data: a\n\n") + chunk(b"data: b\n\n") + END
BODY = b"data: a\n\ndata: b\n\n"


@pytest.mark.parametrize("at", range(len(CHUNKED) + 1))
async def test_a_cut_anywhere_changes_nothing(at: int) -> None:
    line = Line()
    told = line.feed(CHUNKED[:at], CHUNKED[at:])
    assert (told.status, told.data, line.free) == (200, BODY, [line.connection])
    assert line.ended_well()


async def test_one_byte_at_a_time() -> None:
    line = Line()
    assert line.feed(*(CHUNKED[at : at + 1] for at in range(len(CHUNKED)))).data == BODY
    assert line.ended_well()


async def test_words_before_the_answer_are_not_the_answer() -> None:
    line = Line()
    told = line.feed(
        b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n", CHUNKED
    )
    assert (told.status, told.data, "link" in told.headers) == (200, BODY, False)
    assert line.ended_well()


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n"])
async def test_a_body_without_a_length_ends_with_its_connection(head: bytes) -> None:
    line = Line()
    line.feed(head, BODY)
    assert not line.told.ends
    line.connection.connection_lost(None)
    assert (line.told.data, line.free) == (BODY, [])
    assert line.ended_well()


@pytest.mark.parametrize("at", range(1, len(CHUNKED) - 1))
async def test_a_connection_lost_before_the_end_is_told(at: int) -> None:
    line = Line()
    line.feed(CHUNKED[:at])
    line.connection.connection_lost(None)
    assert [type(end) for end in line.told.ends] == [Broken]
    assert not line.free


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        STREAM + b"zz\r\nno hex\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n" + chunk(b"a"),
        b"HTTP/1.1 200 OK\r\nx: " + MAX_HEAD_BYTES * b"y",
    ],
)
async def test_what_is_no_http_ends_it(data: bytes) -> None:
    line = Line()
    told = line.feed(data)
    assert [type(end) for end in told.ends] == [Broken]
    assert line.wire.is_cut
    assert not line.free


async def test_a_second_answer_to_one_question_closes_the_connection() -> None:
    line = Line()
    told = line.feed(CHUNKED + CHUNKED)
    assert told.data == BODY
    assert line.wire.is_cut


async def test_it_is_asked_again_only_where_the_server_lets_it() -> None:
    line = Line()
    line.feed(CHUNKED.replace(b"\r\n", b"\r\nconnection: close\r\n", 1))
    assert (line.free, line.wire.is_cut) == ([], True)
    assert line.ended_well()


async def test_only_a_used_connection_that_brings_nothing_is_stale() -> None:
    line = Line()
    line.connection.connection_lost(None)
    assert not cast("Broken", line.told.ends[0]).is_stale
    again = Line()
    again.feed(CHUNKED)
    second = Told()
    again.connection.ask(b"GET", second)
    again.connection.connection_lost(ConnectionResetError())
    assert cast("Broken", second.ends[0]).is_stale
