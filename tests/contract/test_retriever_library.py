"""The ports `Catalog` and `Intake`, on PostgreSQL and in memory alike."""

from collections.abc import AsyncGenerator
from typing import Protocol
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio

from services.retriever.adapters.postgres import Database, PostgresCatalog, PostgresIntake
from services.retriever.domain.chunking import Chunk
from services.retriever.domain.words import asked
from services.retriever.migrations.__main__ import migrate
from services.retriever.ports import Catalog, Found, Intake, Vector
from shared.errors import Conflict, InvalidRequest, NotFound
from shared.messages import IngestJob
from tests.fakes.retriever import MemoryLibrary, letters


class Library(Protocol):
    @property
    def catalog(self) -> Catalog: ...
    @property
    def intake(self) -> Intake: ...


class Both(msgspec.Struct, frozen=True):
    catalog: Catalog
    intake: Intake


@pytest_asyncio.fixture(params=["memory", "postgres"])
async def library(request: pytest.FixtureRequest) -> AsyncGenerator[Library]:
    if request.param == "memory":
        memory = MemoryLibrary()
        yield Both(memory, memory)
        return
    url: str = request.getfixturevalue("database_url")
    await migrate(url)
    database = Database.at(url, connections=2, deadline_s=5.0)
    yield Both(PostgresCatalog(database), PostgresIntake(database))
    await database.close()


def job(user: str = "ada", title: str = "Notes") -> IngestJob:
    return IngestJob(document=uuid4().hex, user=user, title=title, media_type="text/plain", size=10)


TEXTS = ("zebra zebra", "moon", "fig")


def cut(texts: tuple[str, ...] = TEXTS) -> tuple[list[Chunk], list[Vector]]:
    found = [Chunk(text, n * 100, n * 100 + len(text), 2) for n, text in enumerate(texts)]
    return found, [letters(text) for text in texts]


async def ready(library: Library, of: IngestJob, texts: tuple[str, ...] = TEXTS) -> None:
    await library.catalog.register(of, 1.0)
    await library.intake.begin(of)
    assert await library.intake.finish(of.document, *cut(texts))


async def test_registered_documents_are_queued_and_registering_again_changes_nothing(library: Library):
    mine = job()
    first = await library.catalog.register(mine, 1763820000.123456)
    assert (first.status, first.passages, first.done, first.error) == ("queued", 0, 0, "")
    assert first.created_at == 1763820000.123456
    again = await library.catalog.register(msgspec.structs.replace(mine, title="Other"), 2.0)
    assert again == first == await library.catalog.get("ada", mine.document)


async def test_anothers_document_is_not_there(library: Library):
    mine = job()
    await ready(library, mine)
    with pytest.raises(NotFound):
        await library.catalog.get("ben", mine.document)
    with pytest.raises(NotFound):
        await library.catalog.delete("ben", mine.document)
    with pytest.raises(Conflict):
        await library.catalog.register(msgspec.structs.replace(mine, user="ben"), 1.0)
    assert (await library.catalog.list("ben", 10, "")).documents == ()
    assert await library.catalog.search("ben", letters("zebra"), asked("zebra moon"), 10) == Found([], [])
    assert await library.intake.begin(msgspec.structs.replace(mine, user="ben")) is None


async def test_pages_are_newest_first_without_gap_or_repeat(library: Library):
    jobs = [job(title=str(n)) for n in range(7)]
    for n, of in enumerate(jobs):
        await library.catalog.register(of, 100.0 + n // 2)  # pairs at the same time
    await library.catalog.register(job("ben"), 100.0)
    seen: list[str] = []
    cursor = ""
    while True:
        page = await library.catalog.list("ada", 3, cursor)
        seen += [document.id for document in page.documents]
        cursor = page.next_cursor
        if not cursor:
            break
    wanted = sorted(jobs, key=lambda of: (100.0 + jobs.index(of) // 2, of.document), reverse=True)
    assert seen == [of.document for of in wanted]


async def test_a_cursor_of_somebody_elses_making_is_refused(library: Library):
    with pytest.raises(InvalidRequest) as refused:
        await library.catalog.list("ada", 3, "nonsense!")
    assert refused.value.param == "cursor"


async def test_passages_are_found_nearest_first_and_only_once_ready(library: Library):
    mine = job()
    await library.catalog.register(mine, 1.0)
    await library.intake.begin(mine)
    await library.intake.report(mine.document, 2, 3)
    halfway = await library.catalog.get("ada", mine.document)
    assert (halfway.status, halfway.done, halfway.passages) == ("processing", 2, 3)
    assert await library.catalog.search("ada", letters("zebra"), asked("zebra"), 10) == Found([], [])
    assert await library.intake.finish(mine.document, *cut())
    found = (await library.catalog.search("ada", letters("zebra"), (), 2)).by_meaning
    assert [passage.text for passage in found] == ["zebra zebra", "moon"]
    assert found[0].score == pytest.approx(1.0, abs=1e-6)
    assert found[1].score == pytest.approx(0.0, abs=1e-6)
    first = msgspec.structs.replace(found[0], score=0)
    assert (first.document, first.title, first.number, first.start, first.end) == (
        mine.document,
        "Notes",
        1,
        0,
        11,
    )
    done = await library.catalog.get("ada", mine.document)
    assert (done.status, done.done, done.passages) == ("ready", 3, 3)


async def by_words(library: Library, question: str, depth: int = 10) -> list[tuple[str, float]]:
    found = await library.catalog.search("ada", letters("x"), asked(question), depth)
    assert all(passage.title == "Notes" for passage in found.by_words)
    return [(passage.text, passage.score) for passage in found.by_words]


FLEET = (
    "Pump P-7 is red.",
    "Pump P-9 is red.",
    "Pump P-17 is blue, O'Brien says.",
    "Valve V-3 is red.",
    "七号水泵每九十天检修一次。",
    "九号水泵由夜班检修。",
)


async def test_passages_are_found_by_most_of_the_questions_words_the_rare_ones_first(library: Library):
    await ready(library, job(), FLEET)
    await ready(library, job("ben"), FLEET * 2)  # another's passages make no word common
    ((text, score),) = await by_words(library, "Is pump P-7 very red?")
    assert text == FLEET[0]
    assert score == pytest.approx(0.5258, abs=1e-4)
    whole = await by_words(library, "red pump")
    assert [text for text, _ in whole][:2] == list(FLEET[:2])
    assert [score for _, score in whole][:2] == [pytest.approx(1.0)] * 2
    assert await by_words(library, "red pump", depth=1) == whole[:1]
    assert (await by_words(library, "七号水泵多久检修？"))[0][0] == FLEET[4]
    assert [text for text, _ in await by_words(library, "o'brien")] == [FLEET[2]]


@pytest.mark.parametrize(
    "question", ["", "What is it?", "请问是什么？", "green tank", "' | \\ & ! <-> :* ()", "P-8"]
)
async def test_without_a_word_in_common_nothing_is_found_by_words(library: Library, question: str):
    await ready(library, job(), FLEET)
    assert await by_words(library, question) == []


async def test_passages_are_read_by_their_numbers_and_by_their_owner(library: Library):
    mine, other = job(), job()
    await ready(library, mine)
    await ready(library, other, ("other",))
    found = await library.catalog.passages("ada", mine.document, 2, 9)
    assert [(passage.number, passage.text, passage.start) for passage in found] == [
        (2, "moon", 100),
        (3, "fig", 200),
    ]
    assert {(passage.document, passage.title) for passage in found} == {(mine.document, "Notes")}
    assert await library.catalog.passages("ben", mine.document, 1, 9) == []
    assert await library.catalog.passages("ada", "nothing", 1, 9) == []
    assert await library.catalog.passages("ada", mine.document, 4, 9) == []
    waiting = job()
    await library.catalog.register(waiting, 1.0)
    assert await library.catalog.passages("ada", waiting.document, 0, 9) == []


async def test_attempts_count_unless_postponed(library: Library):
    mine = job()
    await library.catalog.register(mine, 1.0)
    counts: list[int] = []
    for postponed in (True, False, False):
        begun = await library.intake.begin(mine)
        assert begun is not None
        assert begun.document.status == "processing"
        counts.append(begun.attempts)
        if postponed:
            await library.intake.postpone(mine.document)
            assert (await library.catalog.get("ada", mine.document)).status == "queued"
    assert counts == [1, 1, 2]


async def test_what_is_over_stays_as_it_is(library: Library):
    good, bad = job(), job()
    await ready(library, good)
    await library.catalog.register(bad, 1.0)
    assert await library.intake.fail(bad.document, "It is empty.")
    for mine, status in ((good, "ready"), (bad, "failed")):
        begun = await library.intake.begin(mine)
        assert begun is not None
        assert begun.document.status == status
        assert not await library.intake.report(mine.document, 0, 9)
        assert not await library.intake.finish(mine.document, *cut(("other",)))
        assert not await library.intake.fail(mine.document, "Other.")
        await library.intake.postpone(mine.document)
        assert (await library.catalog.get("ada", mine.document)).status == status
    assert len((await library.catalog.search("ada", letters("zebra"), (), 10)).by_meaning) == 3
    assert (await library.catalog.get("ada", bad.document)).error == "It is empty."


async def test_a_deleted_document_takes_its_passages_and_its_ingestion_ends(library: Library):
    done, working = job(), job()
    await ready(library, done)
    await library.catalog.delete("ada", done.document)
    assert await library.catalog.search("ada", letters("zebra"), asked("zebra"), 10) == Found([], [])
    await library.catalog.register(working, 1.0)
    await library.intake.begin(working)
    await library.catalog.delete("ada", working.document)
    assert not await library.intake.report(working.document, 0, 9)
    assert not await library.intake.finish(working.document, *cut())
    assert not await library.intake.fail(working.document, "Too late.")
    assert await library.intake.begin(working) is None
    assert await library.catalog.search("ada", letters("zebra"), asked("zebra"), 10) == Found([], [])
    with pytest.raises(NotFound):
        await library.catalog.delete("ada", working.document)
