"""NATS or PostgreSQL away: said within two seconds, nothing lost, and over when they return."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Literal
from urllib.parse import urlsplit

import msgspec
import pytest
import pytest_asyncio

from shared.errors import Unavailable
from shared.messages import ListDocuments
from tests.knowledge import ADA, HANDBOOK, LONG, Stack, running_knowledge, until
from tests.proxy import Proxy, proxied

How = Literal["gone", "silent"]
BOTH = pytest.mark.parametrize("how", ["gone", "silent"])


class Frail(msgspec.Struct):
    """Knowledge that reaches its parts over a network that can fail."""

    stack: Stack
    nats: Proxy
    postgres: Proxy


@pytest_asyncio.fixture
async def frail(nats_url: str, database_url: str) -> AsyncGenerator[Frail]:
    ports = [urlsplit(url).port or 0 for url in (nats_url, database_url)]
    async with proxied(ports[0]) as nats, proxied(ports[1]) as postgres:
        urls = (
            nats_url.replace(f":{ports[0]}", f":{nats.port}"),
            database_url.replace(f":{ports[1]}", f":{postgres.port}"),
        )
        async with running_knowledge(*urls) as stack:
            yield Frail(stack, nats, postgres)


async def searches(stack: Stack) -> bool:
    try:
        return bool(await stack.search("How many holidays do I get?"))
    except Unavailable:
        return False


@BOTH
async def test_postgresql_away(frail: Frail, how: How):
    stack = frail.stack
    await stack.ingested("Leave", HANDBOOK["Leave"])
    id = await stack.submit("Long", LONG)
    await until(lambda: stack.begun(id))
    await frail.postgres.become(how)
    for _ in range(2):
        for asked in (stack.search("How many holidays do I get?"), stack.ask(ListDocuments(user=ADA))):
            began = time.monotonic()
            with pytest.raises(Unavailable):
                await asked
            assert time.monotonic() - began < 2.1
    await frail.postgres.become("passing")
    await until(lambda: searches(stack), 10)
    document = await stack.over(id)
    assert (document.status, document.done) == ("ready", document.passages)


@BOTH
async def test_nats_away(frail: Frail, how: How):
    stack = frail.stack
    await stack.ingested("Leave", HANDBOOK["Leave"])
    id = await stack.submit("Long", LONG)
    await until(lambda: stack.begun(id))
    await frail.nats.become(how)
    await asyncio.sleep(3)
    await frail.nats.become("passing")
    await until(lambda: searches(stack), 10)
    document = await stack.over(id)
    assert (document.status, document.done) == ("ready", document.passages)
