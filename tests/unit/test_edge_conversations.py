"""What is done about conversations beside storing them: live answers stopped, deleted ones purged, mistakes refused."""

import asyncio
from dataclasses import dataclass, field

import pytest

from services.edge.domain.identity import Principal
from services.edge.usecases.conversations import Conversations
from services.edge.usecases.emptying import Emptying
from shared.errors import InvalidRequest, NotFound, TooLarge, Unavailable
from tests.fakes.chat import AuditLog, ScriptedJobs
from tests.fakes.history import MemoryHistory
from tests.histories import completed, turn

ADA = Principal("ada", "ada", "user", "t1", 0.0, 4e9)


class Unreliable(ScriptedJobs):
    def __init__(self) -> None:
        super().__init__()
        self.away = False

    async def cancel(self, request: str) -> None:
        if self.away:
            raise Unavailable("NATS is away.")
        await super().cancel(request)


@dataclass
class Scene:
    history: MemoryHistory = field(default_factory=MemoryHistory)
    jobs: Unreliable = field(default_factory=Unreliable)
    now: float = 1_000.0

    def __post_init__(self) -> None:
        self.conversations = Conversations(self.history, self.jobs, AuditLog())
        self.emptying = Emptying(self.history, self.jobs, kept_s=60.0, pause_s=0.01, clock=lambda: self.now)


async def test_a_deletion_stops_every_answer_in_it() -> None:
    scene = Scene()
    await scene.history.begin_turn(turn())
    await scene.history.begin_turn(turn("q2", "r2"))
    await scene.history.begin_turn(turn("q3", "r3"))
    await scene.history.finish_turn(completed("r2"))
    await scene.conversations.delete(ADA, "c1")
    assert scene.jobs.cancelled == ["r1", "r3"]
    assert [record.action for record in scene.history.records] == ["conversation.delete"]


async def test_what_cannot_be_stopped_now_is_stopped_later() -> None:
    """NATS may be away, or the answer may not be in its queue yet: the deletion is done all the same."""
    scene = Scene()
    await scene.history.begin_turn(turn())
    scene.jobs.away = True
    await scene.conversations.delete(ADA, "c1")
    with pytest.raises(NotFound):
        await scene.conversations.read(ADA, "c1")
    running = asyncio.create_task(scene.emptying.run())
    await asyncio.sleep(0.05)
    assert not running.done()
    scene.jobs.away = False
    await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert "r1" in scene.jobs.cancelled


async def test_a_deleted_conversation_is_kept_for_its_time() -> None:
    scene = Scene()
    for chat in ("c1", "c2", "c3"):
        await scene.history.begin_turn(turn(f"q-{chat}", f"r-{chat}", chat))
    await scene.conversations.delete(ADA, "c1")
    await scene.conversations.delete(ADA, "c2")
    for chat in ("c1", "c2"):
        scene.history.chats[chat].deleted_at = scene.now
    scene.now += 59.0
    await scene.emptying.once()
    assert (await scene.conversations.restore(ADA, "c2")).id == "c2"
    scene.now += 2.0
    await scene.emptying.once()
    assert set(scene.history.chats) == {"c2", "c3"}
    with pytest.raises(NotFound):
        await scene.conversations.restore(ADA, "c1")


async def test_a_change_says_what_it_changes() -> None:
    scene = Scene()
    await scene.history.begin_turn(turn())
    for title in ("", " \n ", None):
        with pytest.raises(InvalidRequest):
            await scene.conversations.update(ADA, "c1", title, None)
    changed = await scene.conversations.update(ADA, "c1", " Night\n shifts ", True)
    assert (changed.title, changed.pinned) == ("Night shifts", True)


async def test_what_is_too_long_for_one_file_is_refused() -> None:
    scene = Scene(history=MemoryHistory(messages_read=2))
    for number in range(6):
        await scene.history.begin_turn(turn(f"q{number}", f"r{number}"))
        await scene.history.finish_turn(completed(f"r{number}"))
        if number == 4:
            _, written = await scene.conversations.export(ADA, "c1", "markdown")
            assert written.count(b"\n## ") == 10
    with pytest.raises(TooLarge):
        await scene.conversations.export(ADA, "c1", "json")


async def test_a_query_without_a_word_is_not_looked_up() -> None:
    scene = Scene()
    await scene.history.begin_turn(turn())
    assert (await scene.conversations.search(ADA, "?!", 9, "nonsense")).matches == ()
    (match,) = (await scene.conversations.search(ADA, "Q1", 9, "")).matches
    assert (match.snippet, match.highlights) == ("q1?", ((0, 2),))
