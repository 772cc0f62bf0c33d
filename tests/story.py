"""A user of the history over HTTP, and whoever asks and answers in their conversations."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec

from services.edge.adapters.postgres import Database, PostgresHistory
from services.edge.domain.conversations import Turn
from shared import subjects
from shared.broker import NatsBus
from shared.messages import Answer, ChatCompleted, Message, Passage, Usage
from tests.edge import RunningEdge, add_user, running_edge

SOURCE = Passage(document="d1", title="notes.md", number=0, text="On call: Ada.", start=0, end=13, score=0.7)


class Teller(msgspec.Struct):
    """Asks and answers as the chat use case and the workers do."""

    user: str
    history: PostgresHistory
    bus: NatsBus

    async def ask(self, text: str, *, chat: str = "c1") -> Turn:
        turn = Turn(
            user=self.user, chat=chat, question_id=uuid.uuid4().hex, text=text, title=text, at=1.0,
            request=uuid.uuid4().hex, message_id=uuid.uuid4().hex,
        )  # fmt: skip
        await self.history.begin_turn(turn)
        return turn

    async def answer(self, turn: Turn, text: str) -> None:
        event = ChatCompleted(
            request=turn.request, user=turn.user, model="m", answers=(Answer(text, "stop"),), usage=Usage(),
            at=2.0, chat=turn.chat, message_id=turn.message_id, passages=(SOURCE,),
        )  # fmt: skip
        await self.tell("completed", event)

    async def tell(self, kind: str, event: Message) -> None:
        await self.bus.append(subjects.event(kind, self.user), event, id=uuid.uuid4().hex)


class Story(msgspec.Struct):
    edge: RunningEdge
    teller: Teller
    headers: dict[str, str]

    async def get(self, path: str, **options: object) -> httpx.Response:
        return await self.edge.http.get(path, headers=self.headers, params=options)  # pyright: ignore[reportArgumentType]

    async def texts(self, chat: str = "c1") -> list[str]:
        answer = await self.get(f"/v1/conversations/{chat}")
        assert answer.status_code == 200, answer.text
        return [message["text"] for message in answer.json()["messages"]]

    async def until_texts(self, expected: list[str], chat: str = "c1", within_s: float = 5) -> None:
        async with asyncio.timeout(within_s):
            while await self.texts(chat) != expected:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def told(
    nats_url: str, database_url: str, keys: Path, *, kept_s: float = 3600.0
) -> AsyncGenerator[Story]:
    ada = await add_user(database_url, "ada")
    await add_user(database_url, "eve")
    database = Database.at(database_url, connections=2)
    async with running_edge(nats_url, database_url, keys, deleted_kept_s=kept_s) as edge:
        bus = await NatsBus.connect(nats_url, "test")
        yield Story(edge, Teller(ada.id, PostgresHistory(database), bus), await edge.sign_in())
        await bus.close()
    await database.close()
