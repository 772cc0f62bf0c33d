"""Search by meaning and by words together, with the real model and PostgreSQL: better than either alone."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from uuid import uuid4

import msgspec
import pytest_asyncio

from services.embedder.adapters.minilm import MiniLM
from services.retriever.adapters.postgres import Database, PostgresCatalog, PostgresIntake
from services.retriever.domain.chunking import Chunk
from services.retriever.domain.fusion import DEPTH, fuse
from services.retriever.domain.words import asked
from services.retriever.migrations.__main__ import migrate
from services.retriever.ports import Found, Vector
from services.retriever.usecases.search import Search
from shared.messages import IngestJob, Passage, SearchRequest
from tests.passages import PASSAGES, QUESTIONS, UNANSWERED

MIN_SCORE = 0.2
"""The edge's default."""


class Model:
    def __init__(self, encoder: MiniLM) -> None:
        self._encoder = encoder

    async def query(self, text: str) -> Vector:
        return (await self.embed([text]))[0]

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        return [encoding.vector for encoding in await self._encoder.encode(texts)]


class Shelf(msgspec.Struct, frozen=True):
    model: Model
    catalog: PostgresCatalog
    intake: PostgresIntake

    async def add(self, user: str, title: str, text: str) -> None:
        job = IngestJob(document=uuid4().hex, user=user, title=title, media_type="text/plain", size=1)
        await self.catalog.register(job, 1.0)
        await self.intake.begin(job)
        chunk = Chunk(text, 0, len(text), 1)
        assert await self.intake.finish(job.document, [chunk], await self.model.embed([text]))

    async def found(self, question: str, user: str = "ada") -> Found:
        return await self.catalog.search(user, await self.model.query(question), asked(question), DEPTH)

    async def search(self, question: str, user: str = "ada") -> list[str]:
        request = SearchRequest(user=user, query=question, min_score=MIN_SCORE)
        return titles((await Search(self.model, self.catalog).search(request)).passages)


def titles(passages: Sequence[Passage]) -> list[str]:
    return [passage.title for passage in passages]


@pytest_asyncio.fixture
async def shelf(database_url: str) -> AsyncGenerator[Shelf]:
    await migrate(database_url)
    database = Database.at(database_url, connections=2, deadline_s=10.0)
    encoder = await asyncio.to_thread(MiniLM.load)
    shelf = Shelf(Model(encoder), PostgresCatalog(database), PostgresIntake(database))
    for title, text in PASSAGES.items():
        await shelf.add("ada", title, text)
    yield shelf
    encoder.close()
    await database.close()


Ranking = Callable[[Found], Sequence[Passage]]
RANKINGS: dict[str, Ranking] = {
    "meaning": lambda found: found.by_meaning,
    "words": lambda found: found.by_words,
    "both": lambda found: fuse(found.by_meaning, found.by_words),
}
LEAST = {
    "English, other words": 7,
    "names, numbers, codes": 17,
    "Chinese": 17,
    "Chinese with a code": 4,
}
"""Questions of which the fused search must bring the right passage first."""


async def test_both_rankings_together_find_more_than_either(shelf: Shelf):
    first = {ranking: dict.fromkeys(QUESTIONS, 0) for ranking in RANKINGS}
    for kind, questions in QUESTIONS.items():
        for question, title in questions.items():
            found = await shelf.found(question)
            for name, ranking in RANKINGS.items():
                first[name][kind] += titles(ranking(found))[:1] == [title]
            assert title in titles(fuse(found.by_meaning, found.by_words))[:6], question
    assert all(first["both"][kind] >= least for kind, least in LEAST.items()), first
    total = {name: sum(counts.values()) for name, counts in first.items()}
    assert total["both"] >= max(total["meaning"], total["words"]) + 5, first


async def test_what_is_not_there_is_not_found_by_words(shelf: Shelf):
    for question in UNANSWERED:
        assert (await shelf.found(question)).by_words == [], question


async def test_nothing_is_found_where_neither_meaning_nor_words_are_near(shelf: Shelf):
    for question in ("Who won the world cup in 1998?", "How far away is the moon?"):
        assert await shelf.search(question) == []


async def test_a_name_that_the_model_takes_for_another_is_found(shelf: Shelf):
    """Its nearest passages are about other numbers."""
    for question, title in (("Was invoice 2024-171 paid?", "inv171"), ("数据库怎样恢复？", "备份")):
        assert titles((await shelf.found(question)).by_meaning)[0] != title
        assert (await shelf.search(question))[0] == title


async def test_another_users_passages_are_in_neither_ranking(shelf: Shelf):
    await shelf.add("ben", "mine", "ERR-4012: ask Ben. 七号水泵归本管。")
    for question in ("ERR-4012", "七号水泵"):
        assert await shelf.search(question, "ben") == ["mine"]
        found = await shelf.found(question)
        assert "mine" not in titles([*found.by_meaning, *found.by_words])
    assert await shelf.found("ERR-4012", "eve") == Found([], [])
