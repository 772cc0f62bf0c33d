"""Streams of the whole product on the simulated engine: what a client sees, and what it leaves behind."""

import asyncio
import json
import os
import signal
import time
import uuid

import httpx
import msgspec
import openai
import psutil
import pytest
from openai.types.chat import ChatCompletionUserMessageParam

from shared import subjects
from shared.broker import NatsBus
from shared.messages import WorkerStatus
from tests.e2e.person import Person, text_of
from tests.stack import Stack


@pytest.fixture(scope="module")
def token(simulated: Stack) -> str:
    return simulated.sign_in()


def chat_body(max_tokens: int) -> dict[str, object]:
    return {
        "messages": [{"role": "user", "content": "Tell me."}],
        "max_tokens": max_tokens,
        "model": "simulated",
    }


def test_the_same_question_has_the_same_answer_in_every_protocol(simulated: Stack, token: str) -> None:
    with Person(simulated.url, token) as person:
        ui = text_of(person.ask_ui("What is a sluice?", uuid.uuid4().hex, max_tokens=40))
        lines = person.ask_data("What is a sluice?", max_tokens=40)
        bare = {"messages": [{"role": "user", "content": "What is a sluice?"}], "max_tokens": 40}
        plain = person.http.post("/v1/chat?protocol=text", json=bare).text
    client = openai.OpenAI(base_url=f"{simulated.url}/v1", api_key=token)
    question: ChatCompletionUserMessageParam = {"role": "user", "content": "What is a sluice?"}
    whole = client.chat.completions.create(model="simulated", messages=[question], max_tokens=40)
    assert whole.usage is not None
    assert whole.usage.completion_tokens == 40
    answers = {
        ui,
        "".join(value for code, value in lines if code == "0"),
        plain,
        whole.choices[0].message.content,
    }
    assert len(answers) == 1
    assert len(ui.split()) > 10


async def test_a_client_that_goes_away_frees_its_slot(simulated: Stack, token: str) -> None:
    bus = await NatsBus.connect(simulated.nats_url, "watcher")
    running: dict[str, int] = {}

    async def heard(_: str, data: bytes) -> None:
        status = msgspec.msgpack.decode(data, type=WorkerStatus)
        running[status.worker] = status.running

    await bus.listen(subjects.STATUS, heard)

    async def until(count: int) -> None:
        deadline = time.monotonic() + 5
        while len(running) < 2 or sum(running.values()) != count:
            assert time.monotonic() < deadline, running
            await asyncio.sleep(0.02)

    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=simulated.url, headers=headers, timeout=20) as http:
        async with http.stream("POST", "/v1/chat", json=chat_body(3000)) as answer:
            assert answer.status_code == 200
            chunks = answer.aiter_bytes()  # dropping the iterator would close the connection
            await anext(chunks)
            await until(1)
        await until(0)
    await bus.close()


def test_history_keeps_what_was_said_before_the_client_went(simulated: Stack, token: str) -> None:
    chat = uuid.uuid4().hex
    with Person(simulated.url, token) as person:
        message = {"id": "m1", "role": "user", "parts": [{"type": "text", "text": "Tell me."}]}
        body = {"id": chat, "messages": [message], "trigger": "submit-message", "max_tokens": 3000}
        with person.http.stream("POST", "/v1/chat", json=body) as answer:
            seen = ""
            for line in answer.iter_lines():
                if '"text-delta"' in line:
                    seen += json.loads(line.removeprefix("data: "))["delta"]
                if len(seen) > 40:
                    break
        _, stored = person.history(chat, 2)
    assert stored["status"] == "cancelled"
    assert seen[:40] in str(stored)


@pytest.mark.slow
def test_without_a_worker_the_answer_is_503_until_one_is_back(simulated: Stack, token: str) -> None:
    workers = [
        child
        for child in psutil.Process(simulated.process.pid).children(recursive=True)
        if child.cmdline()[-1:] == ["services.inference"]
    ]
    for worker in workers:
        os.kill(worker.pid, signal.SIGSTOP)
    try:
        time.sleep(4)
        began = time.monotonic()
        answer = httpx.post(
            f"{simulated.url}/v1/chat",
            json=chat_body(5),
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )
        assert (answer.status_code, time.monotonic() - began < 2.5) == (503, True)
        assert int(answer.headers["retry-after"]) >= 1
    finally:
        for worker in workers:
            os.kill(worker.pid, signal.SIGCONT)
    deadline = time.monotonic() + 15
    while True:
        answer = httpx.post(
            f"{simulated.url}/v1/chat",
            json=chat_body(5),
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )
        if answer.status_code == 200:
            break
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.2)
