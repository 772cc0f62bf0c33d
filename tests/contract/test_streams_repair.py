"""What a receiver does about tokens that do not come, on both buses."""

import asyncio
import time
from collections.abc import AsyncIterator

import msgspec
import pytest

from shared import subjects
from shared.broker import NatsBus, ensure_bus
from shared.errors import Cancelled, Unavailable
from shared.messages import Attach, Delta, Detach, Frame, Lease, Shown, ShownRequest, Started, Text
from shared.streams import Incoming, Receiver, repair
from tests.fakes.bus import MemoryBus
from tests.streams import Plane, a_job, last, read_all, said, token


async def begun(plane: Plane, receiver: Receiver) -> tuple[Incoming, int]:
    """An answer of which one token was shown, whose worker is silent from here on; the revision of its entry."""
    incoming = receiver.open("r1")
    receiver.remember(a_job("r1", receiver.inbox, incoming.number))
    revision = await plane.claimed("r1", worker="w1")
    async with plane.writer() as writer:
        writer.send(receiver.inbox, Delta(1, revision, 0, (5,), (Text("one"),)))
        assert said(await incoming.next()) == ["one"]
    return incoming, revision


class RepairContract:
    async def test_what_is_missing_is_asked_for_and_comes(self, plane: Plane) -> None:
        async with plane.receiver() as receiver, plane.writer() as writer, plane.control() as control:
            incoming = receiver.open("r1")
            writer.send(receiver.inbox, token(1, 0))
            writer.send(receiver.inbox, token(1, 2))
            asked = await control.next(Attach)
            assert asked == Attach("r1", receiver.inbox, incoming.number, 1, 7)
            for delta in (token(1, 1), token(1, 2), token(1, 3), last(1, 4)):
                writer.send(receiver.inbox, delta)
            assert said(await read_all(incoming)) == ["t0 ", "t1 ", "t2 ", "t3 "]

    async def test_a_lost_frame_is_noticed_though_nothing_follows_on_its_stream(self, plane: Plane) -> None:
        """It may have brought the end."""
        async with plane.receiver() as receiver, plane.control() as control:
            receiver.open("r1")
            frames = [Frame("w1", 1, deltas=[token(1, 0)]), Frame("w1", 3)]
            for frame in frames:
                await plane.publish(subjects.tokens(receiver.inbox), msgspec.msgpack.encode(frame))
            assert (await control.next(Attach)).from_index == 1

    async def test_a_reader_that_is_too_slow_gets_the_rest_when_it_has_caught_up(self, plane: Plane) -> None:
        async with (
            plane.receiver(max_pending=10) as receiver,
            plane.writer() as writer,
            plane.control() as control,
        ):
            slow, quick = receiver.open("slow"), receiver.open("quick")
            for index in range(15):
                writer.send(receiver.inbox, token(slow.number, index))
            writer.send(receiver.inbox, token(quick.number, 0))
            async with asyncio.timeout(2):
                assert len(await quick.next()) == 1
                await asyncio.sleep(0.3)
                assert control.heard(Attach) == []
                assert len(await slow.next()) == 10
                asked = await control.next(Attach)
            assert (asked.request, asked.from_index) == ("slow", 10)

    async def test_a_quiet_worker_is_alive_and_a_silent_one_is_replaced(self, plane: Plane) -> None:
        async with plane.receiver(silence_s=0.5) as receiver, plane.control() as control:
            async with plane.writer() as writer:
                incoming = receiver.open("r1")
                job = a_job("r1", receiver.inbox, incoming.number)
                receiver.remember(job)
                revision = await plane.claimed("r1", worker="w1")
                writer.send(receiver.inbox, Delta(1, revision, 0, (5,), (Text("one"),)))
                assert said(await incoming.next()) == ["one"]
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(incoming.next(), 0.9)
                assert control.heard(Attach) == []
            moved = await plane.next_attempt()
            assert (await control.next(Attach)).from_index == 1
            assert (moved.attempt, moved.resume_ids, moved.stream) == (2, (5,), incoming.number)
            async with plane.writer("w2") as writer:
                for fence, id in (
                    (revision, 66),
                    (revision + 1, 6),
                ):  # the first worker has woken up: not believed
                    writer.send(receiver.inbox, Delta(1, fence, 1, (id,), (Text("two"),)))
                writer.send(receiver.inbox, last(1, 2, revision + 1))
                assert said(await read_all(incoming)) == ["two"]
                assert list(incoming.cursor.ids) == [5, 6]

    async def test_who_takes_over_just_when_we_would_insist_is_heard_out(
        self, plane: Plane, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The only worker that was killed and comes back, say: it has claimed the answer, and asks what was shown."""
        monkeypatch.setattr(repair, "INSIST_S", 1.5)
        monkeypatch.setattr(repair, "PATIENT_S", 0.2)
        async with plane.receiver(silence_s=0.3) as receiver:
            await begun(plane, receiver)
            assert (await plane.next_attempt()).attempt == 2
            await asyncio.sleep(1.2)
            claimed_at = time.monotonic()
            await plane.claimed_anew("r1", worker="w2", attempt=2)
            assert (await plane.next_attempt()).attempt == 3  # it is silent, too
            assert time.monotonic() - claimed_at > repair.INSIST_S

    async def test_an_answer_that_was_stopped_or_is_over_is_not_begun_again(self, plane: Plane) -> None:
        for state, error in (("cancelled", Cancelled), ("done", Unavailable)):
            async with plane.receiver(silence_s=0.3) as receiver:
                incoming = receiver.open(state)
                async with plane.writer() as writer:
                    writer.send(receiver.inbox, token(incoming.number, 0))
                    await incoming.next()
                await plane.claimed(state, worker="w1", state=state)
                with pytest.raises(error):
                    await asyncio.wait_for(incoming.next(), 3)

    async def test_after_an_outage_it_is_looked_at_what_nobody_had_begun(self, plane: Plane) -> None:
        async with plane.receiver() as receiver, plane.control() as control:
            waiting, unclaimed, stopped = (
                receiver.open(name) for name in ("waiting", "unclaimed", "stopped")
            )
            for incoming in (waiting, unclaimed, stopped):
                receiver.remember(a_job(incoming.request, receiver.inbox, incoming.number))
            asking = receiver.open("asking")  # its job is not published yet
            await plane.claimed("waiting", worker="", state="queued")
            await plane.claimed("stopped", worker="", state="cancelled")
            await receiver.look_again()
            with pytest.raises(Cancelled):
                await asyncio.wait_for(stopped.next(), 3)
            await asyncio.sleep(1.0)
            asked = sorted(one.request for one in control.heard(Attach))
            assert asked == ["stopped", "unclaimed", "waiting"]  # and then no more
            async with plane.writer() as writer:
                for incoming in (waiting, unclaimed, asking):
                    writer.send(receiver.inbox, token(incoming.number, 0))
                    writer.send(receiver.inbox, last(incoming.number, 1))
                    assert said(await read_all(incoming)) == ["t0 "]

    async def test_an_answer_that_came_and_went_during_an_outage_is_had_from_the_tape(
        self, plane: Plane
    ) -> None:
        async with plane.receiver() as receiver, plane.writer() as writer, plane.control() as control:
            incoming = receiver.open("r1")
            receiver.remember(a_job("r1", receiver.inbox, incoming.number))
            await plane.claimed("r1", worker="w1", state="done")
            await receiver.look_again()
            assert (await control.next(Attach)).from_index == 0
            writer.send(receiver.inbox, token(1, 0))
            writer.send(receiver.inbox, last(1, 1))
            assert said(await read_all(incoming)) == ["t0 "]

    async def test_who_comes_later_asks_for_all_of_it(self, plane: Plane) -> None:
        async with plane.receiver() as receiver, plane.writer() as writer, plane.control() as control:
            incoming = receiver.attach("r1")
            asked = await control.next(Attach)
            assert (asked.from_index, asked.stream) == (0, incoming.number)
            whole = Delta(1, 7, 0, (100, 101), (Started("w1", "m", 1, 3), Text("t0 t1 ")))
            for delta in (whole, token(1, 2), last(1, 3)):
                writer.send(receiver.inbox, delta)
            assert said(await read_all(incoming)) == ["t0 t1 ", "t2 "]

    async def test_who_comes_later_believes_nobody_below_the_claim_that_it_has_found(
        self, plane: Plane
    ) -> None:
        async with plane.receiver() as receiver, plane.writer() as writer, plane.control() as control:
            incoming = receiver.open("r1")
            receiver.follow(incoming, 9)
            assert (await control.next(Attach)).fence == 9
            writer.send(receiver.inbox, Delta(1, 7, 0, (666,), (Text("stale "),)))
            writer.send(receiver.inbox, Delta(1, 9, 0, (100,), (Text("t0 "),)))
            writer.send(receiver.inbox, last(1, 1, fence=9))
            assert said(await read_all(incoming)) == ["t0 "]

    async def test_a_stop_that_its_worker_does_not_answer_leaves_what_was_shown(self, plane: Plane) -> None:
        async with plane.receiver() as receiver, plane.writer() as writer:
            incoming = receiver.open("r1")
            receiver.remember(a_job("r1", receiver.inbox, 1))
            for index in range(3):
                writer.send(receiver.inbox, token(1, index))
            await writer.flush()
            await incoming.next()
            await plane.claimed("r1", worker="w1", state="cancelled")
            writer.send(receiver.inbox, token(1, 5))  # a gap, which nobody fills
            attempt = await plane.next_attempt()
            assert (attempt.attempt, attempt.resume_ids) == (2, (100, 101, 102))
            with pytest.raises(Cancelled):
                await asyncio.wait_for(incoming.next(), 3)

    async def test_an_answer_that_came_and_went_between_two_questions_is_had_from_the_tape(
        self, plane: Plane
    ) -> None:
        async with plane.receiver() as receiver, plane.writer() as writer, plane.control() as control:
            incoming = receiver.attach("r1")
            await control.next(Attach)
            await plane.claimed("r1", worker="w1", state="done")
            await control.next(Attach)
            writer.send(receiver.inbox, Delta(1, 7, 0, (100,), (Text("t0"),)))
            writer.send(receiver.inbox, last(1, 1))
            assert said(await read_all(incoming)) == ["t0"]

    async def test_what_was_shown_is_told_to_who_takes_over(self, plane: Plane) -> None:
        async with plane.receiver() as receiver, plane.writer() as writer:
            incoming = receiver.open("r1")
            for index in range(3):
                writer.send(receiver.inbox, token(1, index))
            await writer.flush()
            await incoming.next()
            subject = subjects.receiver(receiver.inbox)
            shown = await plane.bus.request(subject, ShownRequest("r1", 9, "w2"), Shown)
            assert shown == Shown("r1", (100, 101, 102), streams=(1,))
            writer.send(receiver.inbox, token(1, 3))  # of the one that was replaced
            writer.send(receiver.inbox, token(1, 3, fence=9))
            writer.send(receiver.inbox, last(1, 4, fence=9))
            assert said(await read_all(incoming)) == ["t3 "]
            unknown = await plane.bus.request(subject, ShownRequest("r2", 9, "w2"), Shown)
            assert unknown == Shown("r2", known=False)

    async def test_workers_are_told_that_we_live_and_that_nobody_reads(self, plane: Plane) -> None:
        async with plane.receiver() as receiver, plane.control() as control:
            assert (await control.next(Lease)).inbox == receiver.inbox
            incoming = receiver.open("r1")
            await receiver.detach(incoming)
            assert await control.next(Detach) == Detach("r1", receiver.inbox, incoming.number)


class TestMemoryRepair(RepairContract):
    @pytest.fixture
    def plane(self) -> Plane:
        bus = MemoryBus()
        return Plane(bus, bus.say)


class TestNatsRepair(RepairContract):
    @pytest.fixture
    async def plane(self, nats_url: str) -> AsyncIterator[Plane]:
        bus = await NatsBus.connect(nats_url, "streams")
        await ensure_bus(bus.client)
        yield Plane(bus, bus.client.publish)
        await bus.close()

    async def test_a_worker_that_cannot_be_replaced_now_is_still_heard(self, plane: Plane) -> None:
        assert isinstance(plane.bus, NatsBus)
        await plane.bus.client.jetstream().delete_stream(subjects.INFERENCE_RESUME.name)
        async with plane.receiver(silence_s=0.3) as receiver, plane.control() as control:
            incoming, revision = await begun(plane, receiver)
            await asyncio.sleep(1.5)  # silence, an `Attach` in vain, and nobody who takes the next attempt
            assert len(control.heard(Attach)) > 1  # it is asked again
            async with plane.writer() as writer:
                writer.send(receiver.inbox, Delta(1, revision, 1, (6,), (Text("two"),)))
                writer.send(receiver.inbox, last(1, 2, revision))
                assert said(await read_all(incoming)) == ["two"]
