"""Signing in and out, on the real server, NATS and PostgreSQL."""

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import jwt
import msgspec
import pytest

from services.edge import users
from shared import subjects
from shared.broker import NatsBus
from shared.messages import AuditRecord
from tests.edge import PASSWORD, RunningEdge, add_user, running_edge
from tests.worker import running_worker


@pytest.fixture
async def edge(nats_url: str, database_url: str, tmp_path: Path) -> AsyncGenerator[RunningEdge]:
    await add_user(database_url, "ada")
    async with running_edge(nats_url, database_url, tmp_path / "keys") as running:
        yield running


async def login(edge: RunningEdge, name: str, password: str) -> httpx.Response:
    return await edge.http.post("/login", json={"username": name, "password": password})


async def run_users(edge: RunningEdge, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The command as an operator runs it, in a thread, since it has a loop of its own."""
    monkeypatch.setenv("SLUICE_NATS_URL", edge.settings.nats_url)
    monkeypatch.setenv("SLUICE_DATABASE_URL", edge.settings.database_url)
    return await asyncio.to_thread(users.main, arguments)


async def test_a_token_pair_lets_in(edge: RunningEdge) -> None:
    answer = await login(edge, "ada", PASSWORD)
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == 600
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await edge.http.get("/v1/conversations", headers=headers)).status_code == 200
    assert answer.headers["cache-control"] == "no-store"


async def test_the_key_set_verifies_the_token_anywhere(edge: RunningEdge) -> None:
    token = (await login(edge, "ada", PASSWORD)).json()["access_token"]
    keys = jwt.PyJWKSet.from_dict((await edge.http.get("/.well-known/jwks.json")).json())
    kid = jwt.get_unverified_header(token)["kid"]
    claims = jwt.decode(token, keys[kid].key, algorithms=["EdDSA"], audience="sluice", issuer="sluice")
    assert claims["name"] == "ada"
    assert claims["exp"] - claims["iat"] == 600


async def test_refused_sign_ins_look_alike(edge: RunningEdge) -> None:
    wrong, unknown = await login(edge, "ada", "no"), await login(edge, "nobody", "no")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.headers["content-type"] == "application/problem+json"
    assert wrong.headers["www-authenticate"] == "Bearer"


async def test_known_and_unknown_users_take_the_same_time(
    nats_url: str, database_url: str, tmp_path: Path
) -> None:
    await add_user(database_url, "ada")
    async with running_edge(nats_url, database_url, tmp_path, login_attempts=1000) as edge:
        times: dict[str, list[float]] = {"ada": [], "nobody": []}
        for _ in range(12):
            for name, taken in times.items():
                began = time.perf_counter()
                await login(edge, name, "no")
                taken.append(time.perf_counter() - began)
        known, unknown = (statistics.median(taken) for taken in times.values())
        assert 0.6 < known / unknown < 1.6
        assert unknown > 0.01  # a hash was computed


MALFORMED: tuple[tuple[bytes, str | int | None], ...] = (
    (b'{"username": "ada"}', "password"),
    (b'{"password": "x"}', "username"),
    (b'{"username": "", "password": "x"}', "username"),
    (b'{"username": 7, "password": {}}', None),
    (b'{"username": "ada", "password": ""}', "password"),
    (b'{"username": "\\u0000", "password": "x"}', 401),
    (b"[]", "body"),
    (b"", None),
    (b"{", None),
    (b'"\xff"', None),
    (b'{"username": "\\ud800", "password": "\\udfff"}', None),
    (b"[" * 5000, None),
    (b'{"username": ' + b"[" * 200_000, None),
)


async def test_malformed_bodies_are_the_clients_mistake(edge: RunningEdge) -> None:
    """What is expected: the field that is named, or another status than 400."""
    for body, expected in MALFORMED:
        answer = await edge.http.post("/login", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == (expected if isinstance(expected, int) else 400), (
            body[:50],
            answer.text,
        )
        if isinstance(expected, str):
            assert answer.json()["param"] == expected
            assert answer.json()["errors"][0]["field"] == expected


async def test_logout_ends_the_token_and_the_family(edge: RunningEdge) -> None:
    pair = (await login(edge, "ada", PASSWORD)).json()
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    answer = await edge.http.post("/logout", json={"refresh_token": pair["refresh_token"]}, headers=headers)
    assert answer.status_code == 204
    await until_refused(edge, headers, within_s=1)
    assert (
        await edge.http.post("/refresh", json={"refresh_token": pair["refresh_token"]})
    ).status_code == 401
    other = await edge.sign_in()
    assert (await edge.http.get("/v1/conversations", headers=other)).status_code == 200
    assert (await edge.http.post("/logout", headers=other)).status_code == 204
    await until_refused(edge, other, within_s=1)


async def until_refused(edge: RunningEdge, headers: dict[str, str], within_s: float) -> None:
    give_up_at = time.monotonic() + within_s
    while (status := (await edge.http.get("/v1/conversations", headers=headers)).status_code) != 401:
        assert status == 200
        assert time.monotonic() < give_up_at, "the token still works"
        await asyncio.sleep(0.01)


async def test_a_revoked_user_is_out_on_every_edge_within_a_second(
    edge: RunningEdge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pair = (await login(edge, "ada", PASSWORD)).json()
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    settings = edge.settings
    async with running_edge(
        settings.nats_url, settings.database_url, tmp_path / "keys", instance="2"
    ) as second:
        assert (await second.http.get("/v1/conversations", headers=headers)).status_code == 200
        assert await run_users(edge, monkeypatch, "revoke", "ada") == 0
        for one in (edge, second):
            await until_refused(one, headers, within_s=1)
            refreshed = await one.http.post("/refresh", json={"refresh_token": pair["refresh_token"]})
            assert refreshed.status_code == 401
            assert (await login(one, "ada", PASSWORD)).status_code == 401
    async with running_edge(
        settings.nats_url, settings.database_url, tmp_path / "keys", instance="3"
    ) as late:
        assert (await late.http.get("/v1/conversations", headers=headers)).status_code == 401
    assert await run_users(edge, monkeypatch, "restore", "ada") == 0
    assert (await login(edge, "ada", PASSWORD)).status_code == 200


async def test_the_users_command(
    edge: RunningEdge, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run_users(edge, monkeypatch, "add", "grace", "--role", "admin", "--generate-password") == 0
    password = capsys.readouterr().out.strip()
    assert (await login(edge, "grace", password)).status_code == 200
    assert await run_users(edge, monkeypatch, "add", "grace", "--generate-password") == 3
    assert await run_users(edge, monkeypatch, "add", "../x", "--generate-password") == 2
    assert await run_users(edge, monkeypatch, "revoke", "nobody") == 4
    assert await run_users(edge, monkeypatch, "list") == 0
    assert "grace\tadmin\tactive" in capsys.readouterr().out


async def test_guessing_is_slowed_down_for_known_and_unknown_accounts(edge: RunningEdge) -> None:
    for name in ("ada", "nobody"):
        answers = await asyncio.gather(*(login(edge, name, f"guess {n}") for n in range(20)))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [401] * 10 + [429] * 10
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert 1 <= int(refused.headers["retry-after"]) <= 300
    assert (await login(edge, "ada", PASSWORD)).status_code == 429


async def test_more_sign_ins_than_the_threads_take_are_refused(
    nats_url: str, database_url: str, tmp_path: Path
) -> None:
    await add_user(database_url)
    async with running_edge(
        nats_url, database_url, tmp_path, password_threads=1, passwords_waiting=2
    ) as edge:
        answers = await asyncio.gather(*(login(edge, f"user{n}", "guess") for n in range(20)))
        assert {answer.status_code for answer in answers} == {401, 503}
        assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 503)


async def test_without_a_valid_token_nobody_comes_in(edge: RunningEdge) -> None:
    for value in ("", "Bearer", "Basic YTpi", "Bearer x.y.z", "Bearer " + "a" * 5000):
        answer = await edge.http.get("/v1/conversations", headers={"Authorization": value} if value else {})
        assert answer.status_code == 401
        assert answer.json()["code"] == "unauthorized"


async def test_only_named_routes_are_public(edge: RunningEdge) -> None:
    """Every route of the OpenAPI document that does not say otherwise refuses a stranger."""
    document = (await edge.http.get("/schema/openapi.json")).json()
    public: set[str] = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            concrete = path.replace("{number}", "1").replace("{", "").replace("}", "")
            answer = await edge.http.request(method.upper(), concrete, content=b"{}")
            if operation.get("security") == [{}]:
                public.add(path)
            else:
                assert answer.status_code == 401, (method, path)
    assert public == {
        "/login",
        "/refresh",
        "/.well-known/jwks.json",
        "/health/live",
        "/health/ready",
        "/metrics",
    }


async def test_an_open_stream_ends_when_its_reader_is_revoked(
    edge: RunningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer alone would take a minute. Its worker's slot is free as well."""
    async with running_worker(edge.settings.nats_url, sim_step_ms=100, sim_max_tokens=600) as worker:
        headers = await edge.sign_in()
        body = {"messages": [{"role": "user", "content": "Tell me."}], "model": "simulated"}
        async with edge.http.stream("POST", "/v1/chat?protocol=data", json=body, headers=headers) as answer:
            lines = answer.aiter_lines()
            while not (await anext(lines)).startswith("0:"):
                pass
            assert await run_users(edge, monkeypatch, "revoke", "ada") == 0
            async with asyncio.timeout(2):
                rest = [line async for line in lines]
        assert any(line.startswith("3:") for line in rest)
        async with asyncio.timeout(2):
            while worker.slots.running:
                await asyncio.sleep(0.02)


async def test_the_callers_trace_goes_on_in_the_audit_record(edge: RunningEdge) -> None:
    bus = await NatsBus.connect(edge.settings.nats_url, "test")
    consumer = await bus.consume("AUDIT", "test", subjects.AUDIT, ack_wait_s=5)
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    body = {"username": "ada", "password": "wrong"}
    await edge.http.post("/login", json=body, headers={"traceparent": traceparent})
    (delivery,) = await consumer.fetch(1, 2)
    record = msgspec.msgpack.decode(delivery.data, type=AuditRecord)
    assert (record.action, record.outcome) == ("user.login", "refused")
    assert record.trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert b"wrong" not in delivery.data
    assert (await edge.http.post("/login", json=body, headers={"traceparent": "nonsense"})).status_code == 401
    await bus.close()
