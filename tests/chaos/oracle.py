"""What must hold of every stream, whatever was done to the processes behind it.

Text as an undisturbed engine says it, one terminal event, one message id, one stored answer that is equal to it, one
usage record, and where audit runs one `chat.start` and one `chat.end`.
"""

import asyncio
import time
from collections.abc import Sequence

from services.inference.adapters.simulated.script import write
from shared.messages import ChatCompleted, ChatJob, ChatMessage
from tests.chaos.cluster import Cluster
from tests.chaos.http import ask
from tests.chaos.reading import Reading
from tests.chaos.records import audit_records, usage_records

AT_A_TIME = 32
SHOWN_FAULTS = 12

Faults = list[str]


def expected(question: str, tokens: int) -> str:
    """What the simulated engine says to it when nothing happens."""
    asked = ChatMessage(role="user", content=question)
    job = ChatJob("-", "-", "simulated", (asked,), "-", 0, 0.0, 0.0)
    return "".join(write(job, 0, tokens).pieces)


def said_of(reading: Reading) -> str:
    return reading.undisturbed or expected(reading.question, reading.max_tokens)


async def judge(
    cluster: Cluster, readings: Sequence[Reading], token: str, *, edge: int = 0, within_s: float = 10.0
) -> None:
    """All of them were to be answered whole; fails with what was not. `within_s`: for what is stored behind them."""
    found = [fault for reading in readings for fault in shown_faults(reading)]
    found += await stored_faults(cluster.ports[edge], readings, token, within_s)
    found += await usage_faults(cluster, readings)
    if "audit" in cluster.shape.services:
        found += await audit_faults(cluster, readings, within_s)
    assert not found, f"{len(found)} faults:\n" + "\n".join(found[:SHOWN_FAULTS])


def shown_faults(reading: Reading) -> Faults:
    """Of one stream, as its reader saw it."""
    said, name = said_of(reading), f"{reading.question!r} ({reading.chat})"
    found = [f"{name}: {error}" for error in reading.errors]
    if reading.status != 200:
        return [f"{name}: {reading.status} {reading.refusal}"]
    if reading.over_meanwhile:
        if not said.startswith(reading.text):
            found.append(f"{name}: shown was no beginning of the answer")
        return found
    if reading.text != said:
        found.append(f"{name}: {difference(reading.text, said)}")
    if reading.ends != ["finish"]:
        found.append(f"{name}: terminal events {reading.ends}")
    if len(reading.message_ids) != 1:
        found.append(f"{name}: message ids {reading.message_ids}")
    return found


def difference(text: str, said: str) -> str:
    """Where a text leaves the other one."""
    at = next((n for n, (one, other) in enumerate(zip(text, said, strict=False)) if one != other), None)
    if at is None:
        return f"{len(text)} of {len(said)} characters"
    return f"at {at} of {len(said)}: {text[at : at + 40]!r}, not {said[at : at + 40]!r}"


async def stored_faults(port: int, readings: Sequence[Reading], token: str, within_s: float) -> Faults:
    """The history has each answer once, whole, with the id that was shown."""
    few = asyncio.Semaphore(AT_A_TIME)

    async def look(reading: Reading) -> Faults:
        async with few:
            return await _stored(port, reading, token, within_s)

    return [fault for found in await asyncio.gather(*map(look, readings)) for fault in found]


async def _stored(port: int, reading: Reading, token: str, within_s: float) -> Faults:
    name, give_up_at = f"{reading.question!r} ({reading.chat})", time.monotonic() + within_s
    said = said_of(reading).replace("\0", "\ufffd")  # PostgreSQL's text holds no NUL
    while True:
        status, body = await ask(port, "GET", f"/v1/conversations/{reading.chat}", token=token)
        answers = [message for message in body.get("messages", ()) if message["role"] == "assistant"]
        if status == 200 and [one["text"] for one in answers] == [said]:
            break
        if time.monotonic() > give_up_at:
            texts = [difference(one["text"], said) for one in answers]
            return [f"{name}: stored {status}, {len(answers)} answers {texts}"]
        await asyncio.sleep(0.1)
    found = [f"{name}: stored as {one['status']}" for one in answers if one["status"] != "complete"]
    if reading.message_ids and answers[0]["id"] not in reading.message_ids:
        found.append(f"{name}: stored as message {answers[0]['id']}, shown as {reading.message_ids}")
    return found


async def usage_faults(cluster: Cluster, readings: Sequence[Reading]) -> Faults:
    """One usage record an answer, of all its tokens."""
    by_chat: dict[str, list[ChatCompleted]] = {}
    for event in await usage_records(cluster.nats.url):
        by_chat.setdefault(event.chat, []).append(event)
    found: Faults = []
    for reading in readings:
        told = [
            (type(event).__name__, event.usage.completion_tokens) for event in by_chat.get(reading.chat, ())
        ]
        if told != [("ChatCompleted", reading.tokens or reading.max_tokens)]:
            found.append(f"{reading.question!r} ({reading.chat}): usage records {told}")
    return found


async def audit_faults(cluster: Cluster, readings: Sequence[Reading], within_s: float) -> Faults:
    """One start and one end each."""
    give_up_at = time.monotonic() + within_s
    wanted = {(reading.chat, action): 1 for reading in readings for action in ("chat.start", "chat.end")}
    while True:
        counted = await audit_records(cluster.postgres.url)
        wrong = {key: counted[key] for key, count in wanted.items() if counted[key] != count}
        if not wrong or time.monotonic() > give_up_at:
            return [f"{chat}: {count} audit records {action}" for (chat, action), count in wrong.items()]
        await asyncio.sleep(0.2)
