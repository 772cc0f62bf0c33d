"""Staying signed in, over HTTP."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from tests.edge import PASSWORD, RunningEdge, add_user, running_edge


@pytest.fixture
async def edge(nats_url: str, database_url: str, tmp_path: Path) -> AsyncGenerator[RunningEdge]:
    await add_user(database_url)
    async with running_edge(nats_url, database_url, tmp_path, refresh_grace_s=1) as running:
        yield running


async def sign_in(edge: RunningEdge) -> str:
    answer = await edge.http.post("/login", json={"username": "ada", "password": PASSWORD})
    return answer.json()["refresh_token"]


async def refresh(edge: RunningEdge, token: str) -> httpx.Response:
    return await edge.http.post("/refresh", json={"refresh_token": token})


async def test_two_tabs_that_refresh_at_once_stay_signed_in(edge: RunningEdge) -> None:
    token = await sign_in(edge)
    tabs = await asyncio.gather(refresh(edge, token), refresh(edge, token))
    assert [tab.status_code for tab in tabs] == [200, 200]
    successors = [tab.json()["refresh_token"] for tab in tabs]
    assert len({token, *successors}) == 3
    await asyncio.sleep(1.1)
    for tab, successor in zip(tabs, successors, strict=True):
        headers = {"Authorization": f"Bearer {tab.json()['access_token']}"}
        assert (await edge.http.get("/v1/conversations", headers=headers)).status_code == 200
        assert (await refresh(edge, successor)).status_code == 200


async def test_reuse_after_the_grace_ends_the_family(edge: RunningEdge) -> None:
    first = await sign_in(edge)
    latest = (await refresh(edge, first)).json()["refresh_token"]
    await asyncio.sleep(1.1)
    assert (await refresh(edge, first)).status_code == 401
    assert (await refresh(edge, latest)).status_code == 401
    assert (await refresh(edge, await sign_in(edge))).status_code == 200
