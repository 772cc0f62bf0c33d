"""Both histories, for the contract that they share, and what is told to them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from services.edge.adapters.postgres import Database, PostgresHistory
from services.edge.adapters.postgres.transcripts import MESSAGES_READ
from services.edge.domain.conversations import Turn
from services.edge.migrations.__main__ import migrate
from services.edge.ports.history import History
from shared.messages import Answer, AuditRecord, ChatCompleted, Passage, Usage
from tests.fakes.history import MemoryHistory

KINDS = ("memory", "postgres")
SOURCE = Passage(document="d1", title="notes.md", number=0, text="On call: Ada.", start=0, end=13, score=0.7)
GONE = AuditRecord("a1", 1.0, "ada", "conversation.delete", "c1")
BACK = AuditRecord("a2", 2.0, "ada", "conversation.restore", "c1")


@asynccontextmanager
async def opened(
    kind: str, database_url: str, messages_read: int = MESSAGES_READ
) -> AsyncGenerator[MemoryHistory | PostgresHistory]:
    if kind == "memory":
        yield MemoryHistory(messages_read)
        return
    await migrate(database_url)
    await migrate(database_url)  # a second time changes nothing
    database = Database.at(database_url, connections=5)
    yield PostgresHistory(database, messages_read)
    await database.close()


def turn(
    question: str = "q1", request: str = "r1", chat: str = "c1", user: str = "ada", at: float = 1.0
) -> Turn:
    return Turn(
        user=user,
        chat=chat,
        question_id=question,
        text=f"{question}?",
        title=f"About {question}",
        at=at,
        request=request,
        message_id=f"answer-{request}",
    )


def completed(
    request: str = "r1", chat: str = "c1", user: str = "ada", text: str = "Yes.", at: float = 9.0
) -> ChatCompleted:
    return ChatCompleted(
        request=request,
        user=user,
        model="m",
        answers=(Answer(text, "stop", reasoning="hm"),),
        usage=Usage(3, 2),
        at=at,
        chat=chat,
        passages=(SOURCE,),
    )


async def texts(history: History, user: str = "ada", chat: str = "c1") -> list[str]:
    return [message.text for message in (await history.read(user, chat)).messages]
