"""Search by meaning, each user in their own documents, with the real model, NATS and PostgreSQL."""

import asyncio
import time
from collections.abc import AsyncGenerator

import msgspec
import pytest
import pytest_asyncio

from shared import subjects
from shared.errors import NotFound, Unavailable
from shared.messages import (
    DeleteDocument,
    GetDocument,
    GetPassage,
    ListDocuments,
    PassageReply,
)
from tests.knowledge import ADA, BEN, HANDBOOK, Stack, running_knowledge

QUESTIONS = {
    "How many holidays do I get?": "Leave",
    "Which steps bring the data back after the disk was lost?": "Backups",
    "What must I do when the water pressure is too low?": "Pumps",
    "How hot should the oven be?": "Bread",
}


@pytest_asyncio.fixture
async def stack(nats_url: str, database_url: str) -> AsyncGenerator[Stack]:
    async with running_knowledge(nats_url, database_url) as stack:
        yield stack


async def test_the_passage_that_means_the_same_comes_first(stack: Stack):
    for title, text in HANDBOOK.items():
        document = await stack.ingested(title, text)
        assert (document.status, document.done) == ("ready", document.passages)
    for question, title in QUESTIONS.items():
        first, *others = await stack.search(question)
        assert first.title == title, question
        assert HANDBOOK[title][first.start : first.end] == first.text
        assert 1 >= first.score > max(other.score for other in others)


async def test_chinese_is_found_by_its_own_words(stack: Stack):
    """all-MiniLM-L6-v2 is an English model: of Chinese it knows some hundred characters and no words."""
    texts = {
        "年假": "每位员工每年有三十天带薪年假。年底没有休完的年假可以保留到第二年三月底。",
        "水泵": "冷却水泵每两周检查一次。水压低于两巴时，请手动关闭水箱后面的阀门。",
        "大学": "东京大学和北京大学在山上共同建立了天文中心，中心主任是小林一郎。",
    }
    for title, text in texts.items():
        assert (await stack.ingested(title, text)).status == "ready"
    questions = {
        "员工每年有多少天年假？": "年假",
        "水压低于两巴时怎么办？": "水泵",
        "东京大学的天文中心在山上吗？": "大学",
    }
    for question, title in questions.items():
        first = (await stack.search(question))[0]
        assert first.title == title, question
        assert texts[title][first.start : first.end] == first.text


async def test_a_code_is_found_among_others_like_it(stack: Stack):
    for code in ("FP-20240317", "FP-20240371", "FP-20240713"):
        await stack.ingested(code, f"Invoice {code} was paid on the third of May. 发票 {code} 已付。")
    for code in ("FP-20240713", "FP-20240317", "FP-20240371"):
        for question in (code, f"Was {code} paid?", f"发票 {code} 付了吗？"):
            assert (await stack.search(question))[0].title == code


async def test_a_long_document_becomes_passages_with_exact_offsets_and_one_is_found(stack: Stack):
    filler = "\n\n".join(
        f"Section {n}. Nothing of note happened in the week with number {n}." * 3 for n in range(150)
    )
    half = len(filler) // 2
    text = (
        filler[:half] + "\n\nThe vault's combination is written on the back of the clock.\n\n" + filler[half:]
    )
    document = await stack.ingested("Diary", "\ufeff" + text)
    assert document.passages > 20
    first = (await stack.search("Where do I find the code of the safe?"))[0]
    assert "back of the clock" in first.text
    assert text[first.start : first.end] == first.text
    asked = GetPassage(user=ADA, document=document.id, number=first.number)
    read = await stack.bus.request(subjects.PASSAGES, asked, PassageReply)
    assert msgspec.structs.replace(first, score=0.0) == read.passage
    assert text.startswith(read.before, first.start - len(read.before))
    assert text.startswith(read.after, first.end)
    assert min(len(read.before), len(read.after)) > 100
    with pytest.raises(NotFound):
        await stack.bus.request(subjects.PASSAGES, msgspec.structs.replace(asked, user=BEN), PassageReply)


async def test_users_see_and_search_their_own_documents_alone(stack: Stack):
    mine = await stack.ingested("Leave", HANDBOOK["Leave"])
    assert await stack.search("How many holidays do I get?", BEN) == ()
    for request in (GetDocument(user=BEN, document=mine.id), DeleteDocument(user=BEN, document=mine.id)):
        with pytest.raises(NotFound):
            await stack.ask(request)
    assert (await stack.ask(ListDocuments(user=BEN))).documents == ()
    assert (await stack.ask(ListDocuments(user=ADA))).documents == (mine,)
    assert (await stack.search("How many holidays do I get?"))[0].document == mine.id


async def test_without_an_embedder_search_says_so_and_ingestion_waits(stack: Stack):
    await stack.ingested("Pumps", HANDBOOK["Pumps"])
    await stack.end("embedder")
    id = await stack.submit("Leave", HANDBOOK["Leave"])
    began = time.monotonic()
    with pytest.raises(Unavailable) as refused:
        await stack.search("How many holidays do I get?")
    assert time.monotonic() - began < 2
    assert refused.value.retry_after_s
    await asyncio.sleep(0.5)
    assert (await stack.document(id)).status in ("queued", "processing")
    await stack.start("embedder")
    assert (await stack.over(id)).status == "ready"
    assert (await stack.search("How many holidays do I get?"))[0].document == id
