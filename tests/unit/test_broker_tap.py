"""What is tapped, and what is left to nats-py, however the bytes of a connection come apart."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.broker.tap import LONGEST_LINE, TappedReader

TAPPED = b"7"
LIMIT = 2**20

others = st.one_of(
    st.sampled_from(
        [b"PING\r\n", b"PONG\r\n", b"+OK\r\n", b"-ERR 'Slow Consumer'\r\n", b'INFO {"a": "MSG"}\r\n']
    ),
    st.binary(max_size=40).map(lambda payload: message(b"MSG a.b 8", payload)),
    st.binary(max_size=40).map(lambda payload: message(b"MSG a.b 8 _INBOX.x", payload)),
    st.binary(max_size=40).map(lambda payload: message(b"HMSG a.b 7 12", b"NATS/1.0\r\n\r\n" + payload)),
)
payloads = st.one_of(st.binary(max_size=60), st.sampled_from([b"\r\n", b"MSG t 7 3\r\nabc\r\n", b"PING\r\n"]))


def message(head: bytes, payload: bytes) -> bytes:
    return b"%s %d\r\n%s\r\n" % (head, len(payload), payload)


def pieces(data: bytes, cuts: Sequence[int]) -> Iterator[bytes]:
    at = 0
    for size in cuts:
        if at >= len(data):
            return
        yield data[at : at + size]
        at += size
    yield data[at:]


async def left_of(reader: TappedReader) -> bytes:
    reader.feed_eof()
    return await reader.read(-1)


@given(
    st.lists(
        st.one_of(others.map(lambda raw: (raw, None)), payloads.map(lambda told: (b"", told))), max_size=12
    ),
    st.lists(st.integers(1, 40), max_size=60),
)
def test_each_byte_goes_one_way(units: list[tuple[bytes, bytes | None]], cuts: list[int]) -> None:
    async def run() -> None:
        taken: list[bytes] = []
        reader = TappedReader({TAPPED: taken.extend}, limit=LIMIT)
        wire = b"".join(raw if told is None else message(b"MSG t 7", told) for raw, told in units)
        for piece in pieces(wire, cuts):
            reader.feed_data(piece)
        assert taken == [told for _, told in units if told is not None]
        assert await left_of(reader) == b"".join(raw for raw, _ in units)

    asyncio.run(run())


async def test_what_comes_at_once_is_given_at_once() -> None:
    batches: list[list[bytes]] = []
    reader = TappedReader({TAPPED: batches.append}, limit=LIMIT)
    reader.feed_data(message(b"MSG t 7", b"a") + b"PING\r\n" + message(b"MSG t 7", b"b") + b"MSG t 7 1\r\n")
    reader.feed_data(b"c\r\n")
    assert batches == [[b"a", b"b"], [b"c"]]


@pytest.mark.parametrize("nonsense", [b"MSG t 7 many\r\nabc\r\n", b"x" * (LONGEST_LINE + 1)])
async def test_nonsense_is_left_to_nats_py(nonsense: bytes) -> None:
    reader = TappedReader({TAPPED: lambda _: None}, limit=LIMIT)
    reader.feed_data(nonsense)
    assert await left_of(reader) == nonsense


async def test_a_tap_that_fails_ends_nothing() -> None:
    taken: list[bytes] = []

    def take(messages: list[bytes]) -> None:
        if messages == [b"bad"]:
            raise ValueError("bad")
        taken.extend(messages)

    reader = TappedReader({TAPPED: take}, limit=LIMIT)
    reader.feed_data(message(b"MSG t 7", b"bad"))
    reader.feed_data(message(b"MSG t 7", b"good"))
    assert taken == [b"good"]
