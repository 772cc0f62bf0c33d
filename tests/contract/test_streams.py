"""The token plane from worker to receiver, over the bus in memory and over a real nats-server."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from shared import subjects
from shared.broker import NatsBus, ensure_bus
from shared.messages import Delta, Frame, Reasoning, Started, Text
from tests.fakes.bus import MemoryBus
from tests.streams import Plane, last, read_all, said, token


class StreamContract:
    async def test_every_token_arrives_in_order_on_every_stream(self, plane: Plane) -> None:
        async with plane.receiver() as receiver, plane.writer() as writer:
            incoming = [receiver.open("r1") for _ in range(32)]
            assert [each.number for each in incoming] == list(range(1, 33))
            for index in range(50):
                for each in incoming:
                    writer.send(receiver.inbox, token(each.number, index))
                await asyncio.sleep(0)
            for each in incoming:
                writer.send(receiver.inbox, last(each.number, 50))
            for each in incoming:
                got = await read_all(each)
                assert said(got) == [f"t{index} " for index in range(50)]
                assert list(each.cursor.ids) == list(range(100, 150))

    async def test_a_turn_of_the_loop_is_one_frame(self, plane: Plane) -> None:
        frames: list[Frame] = []

        async def hear(_: str, data: bytes) -> None:
            frames.append(msgspec.msgpack.decode(data, type=Frame))

        await plane.bus.listen(subjects.tokens("inbox1"), hear)
        async with plane.receiver() as receiver, plane.writer(beat_s=60) as writer:
            for step in range(3):
                for stream in range(1, 9):
                    writer.send(receiver.inbox, token(stream, step))
                await writer.flush()
            async with asyncio.timeout(2):
                while len(frames) < 3:
                    await asyncio.sleep(0.005)
        assert [frame.streams for frame in frames] == [list(range(1, 9))] * 3
        assert [frame.indices for frame in frames] == [[step] * 8 for step in range(3)]
        assert [frame.seq for frame in frames] == [1, 2, 3]

    async def test_a_step_too_large_for_one_message_is_split_in_order(self, plane: Plane) -> None:
        async with plane.receiver() as receiver, plane.writer() as writer:
            incoming = receiver.open("r1")
            for index in range(12):
                writer.send(
                    receiver.inbox, Delta(incoming.number, 7, index, (index,), (Text(f"{index}" * 100_000),))
                )
            writer.send(receiver.inbox, last(1, 12))
            assert said(await read_all(incoming)) == [f"{index}" * 100_000 for index in range(12)]

    async def test_what_is_more_than_a_token_keeps_its_place(self, plane: Plane) -> None:
        """Rows are read before deltas: within one frame a stream must not be overtaken by itself."""
        async with plane.receiver() as receiver, plane.writer() as writer:
            incoming, other = receiver.open("r1"), receiver.open("r1")
            for delta in (
                Delta(1, 7, 0, (), (Started("w1", "m", 1, 3),)),
                token(1, 0),
                Delta(1, 7, 1, (101,), (Text("t1 "), Reasoning("hm"))),
                Delta(1, 7, 2, (102, 103), (Text("t2 t3 "),)),
                Delta(1, 7, 4, (104,), (Text("second", choice=1),)),
                token(1, 5),
                token(2, 0),
                last(1, 6),
                last(2, 1),
            ):
                writer.send(receiver.inbox, delta)
            assert said(await read_all(incoming)) == ["t0 ", "t1 ", "t2 t3 ", "second", "t5 "]
            assert list(incoming.cursor.ids) == list(range(100, 106))
            assert said(await read_all(other)) == ["t0 "]

    async def test_a_frame_with_torn_columns_is_refused(self, plane: Plane) -> None:
        torn = msgspec.msgpack.encode(["w1", 1, [1, 2], [7, 7], [0, 0], [5, 5], ["one"], []])
        async with plane.receiver() as receiver:
            incoming = receiver.open("r1")
            whole = msgspec.msgpack.encode(["w1", 2, [1], [7], [0], [5], ["two"], []])
            receiver.receive([torn, whole])
            assert said(await incoming.next()) == ["two"]

    async def test_a_slow_reader_gets_more_at_once(self, plane: Plane) -> None:
        async with plane.receiver() as receiver, plane.writer() as writer:
            incoming = receiver.open("r1")
            for index in range(20):
                writer.send(receiver.inbox, token(incoming.number, index))
                await writer.flush()
            await asyncio.sleep(0.1)
            assert len(await incoming.next()) == 20

    async def test_repeats_and_older_attempts_are_not_shown(self, plane: Plane) -> None:
        async with plane.receiver() as receiver, plane.writer() as writer:
            incoming = receiver.open("r1")
            for delta in (
                token(1, 0),
                token(1, 1),
                token(1, 0),
                token(1, 2, fence=9),
                token(1, 3, fence=7),
                token(1, 3, fence=9),
                last(1, 4, fence=9),
            ):
                writer.send(receiver.inbox, delta)
            assert said(await read_all(incoming)) == ["t0 ", "t1 ", "t2 ", "t3 "]
            assert incoming.cursor.fence == 9

    async def test_a_closed_stream_ignores_what_still_comes(self, plane: Plane) -> None:
        async with plane.receiver() as receiver, plane.writer() as writer:
            first, second = receiver.open("r1"), receiver.open("r1")
            first.close()
            writer.send(receiver.inbox, token(first.number, 0))
            writer.send(receiver.inbox, token(second.number, 0))
            async with asyncio.timeout(2):
                await second.next()
            assert first.pieces == []


class TestMemoryStreams(StreamContract):
    @pytest.fixture
    def plane(self) -> Plane:
        bus = MemoryBus()
        return Plane(bus, bus.say)


class TestNatsStreams(StreamContract):
    @pytest.fixture
    async def plane(self, nats_url: str) -> AsyncIterator[Plane]:
        bus = await NatsBus.connect(nats_url, "streams")
        await ensure_bus(bus.client)
        yield Plane(bus, bus.client.publish)
        await bus.close()
