"""What buckets and object stores promise, asked of the bus in memory and of a real nats-server alike."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from shared import subjects
from shared.broker import NatsBus, ensure_bus
from shared.errors import Conflict, NotFound
from tests.bus import Rig, collected, memory_rig, nats_rig


class StoresContract:
    """Each test runs on every bus: the subclasses below bring the `rig`."""

    async def test_compare_and_set_lets_one_writer_win(self, rig: Rig) -> None:
        bucket, key = rig.bus.bucket(subjects.LIVE_BUCKET), uuid.uuid4().hex
        assert await bucket.get(key) is None
        first = await bucket.create(key, b"1")
        with pytest.raises(Conflict):
            await bucket.create(key, b"2")
        second = await bucket.update(key, b"2", revision=first)
        assert second > first
        with pytest.raises(Conflict):
            await bucket.update(key, b"3", revision=first)
        entry = await bucket.get(key)
        assert entry is not None
        assert (entry.value, entry.revision) == (b"2", second)

    async def test_a_deleted_key_has_no_value_and_can_be_made_again(self, rig: Rig) -> None:
        bucket, key = rig.bus.bucket(subjects.LIVE_BUCKET), uuid.uuid4().hex
        await bucket.put(key, b"1")
        await bucket.delete(key)
        assert await bucket.get(key) is None
        revision = await bucket.create(key, b"2")
        assert next(entry for entry in await bucket.entries() if entry.key == key).revision == revision

    async def test_a_key_goes_when_its_time_is_over(self, rig: Rig) -> None:
        bucket, key = rig.bus.bucket(subjects.LIVE_BUCKET), uuid.uuid4().hex
        await bucket.put(key, b"1", ttl_s=1)
        assert await bucket.get(key) is not None
        async with asyncio.timeout(5):
            while await bucket.get(key) is not None:
                await asyncio.sleep(0.05)

    async def test_each_reading_of_a_bucket_is_whole(self, rig: Rig) -> None:
        """A revocation that is not read lets somebody in. What nats-py's `keys` read lacked it once in 1,500 times."""
        bucket, key = rig.bus.bucket(subjects.REVOCATIONS_BUCKET), subjects.revoked_user(uuid.uuid4().hex)
        await bucket.put(key, b"now")
        for _ in range(50):
            assert key in {entry.key for entry in await bucket.entries()}

    async def test_writes_to_a_bucket_are_heard(self, rig: Rig) -> None:
        heard: list[bytes] = []

        async def hear(_: str, data: bytes) -> None:
            heard.append(data)

        await rig.bus.listen(subjects.changes(subjects.REVOCATIONS_BUCKET), hear)
        await rig.bus.bucket(subjects.REVOCATIONS_BUCKET).put(subjects.revoked_user("u"), b"now")
        assert await collected(heard, 1) == [b"now"]

    async def test_blobs_come_back_whole(self, rig: Rig) -> None:
        blobs, name, data = (
            rig.bus.blobs(subjects.DOCUMENTS_STORE),
            uuid.uuid4().hex,
            bytes(range(256)) * 4000,
        )
        await blobs.put(name, data)
        assert await blobs.get(name) == data
        await blobs.delete(name)
        await blobs.delete(name)
        with pytest.raises(NotFound):
            await blobs.get(name)


class TestMemoryStores(StoresContract):
    @pytest.fixture
    def rig(self) -> Rig:
        return memory_rig()


class TestNatsStores(StoresContract):
    @pytest.fixture
    async def rig(self, nats_url: str) -> AsyncIterator[Rig]:
        async with nats_rig(nats_url) as rig:
            yield rig


async def test_reading_a_bucket_leaves_no_consumer_behind(nats_url: str) -> None:
    bus = await NatsBus.connect(nats_url, "bucket")
    await ensure_bus(bus.client)
    bucket = bus.bucket(subjects.REVOCATIONS_BUCKET)
    await bucket.put(subjects.revoked_user("u"), b"now")
    assert await bucket.entries()
    info = await bus.client.jetstream().stream_info(f"KV_{subjects.REVOCATIONS_BUCKET}")
    assert info.state.consumer_count == 0
    await bus.close()
