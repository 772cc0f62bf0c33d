"""A client of the UI message stream that keeps note of everything it was shown, and comes back where it is cut off."""

import asyncio
import time
import uuid
from dataclasses import dataclass, field

from tests.chaos.http import Answer, BrokenOff, Json, events, send

RETRY_S = 0.05
COMES_BACK_FOR_S = 15.0
TERMINAL = ("finish", "abort")
"""What ends a stream; an `error` comes before its `finish`."""


@dataclass
class Reading:
    """One question, and what its reader has seen of the answer."""

    question: str
    max_tokens: int
    chat: str = field(default_factory=lambda: uuid.uuid4().hex)
    model: str = "simulated"
    undisturbed: str = ""
    """The whole answer; empty: what the simulated engine says."""
    tokens: int = 0
    """Of the whole answer; 0: as many as may be."""
    status: int = 0
    refusal: str = ""
    retry_after: str = ""
    message_ids: set[str] = field(default_factory=set[str])
    text: str = ""
    ends: list[str] = field(default_factory=list[str])
    ended_at: float = 0.0
    errors: list[str] = field(default_factory=list[str])
    notices: list[str] = field(default_factory=list[str])
    asked_at: float = 0.0
    answered_at: float = 0.0
    arrivals: list[float] = field(default_factory=list[float])
    """When new text came (monotonic seconds); text that was shown before is not new."""
    cuts: list[float] = field(default_factory=list[float])
    """When the connection broke."""
    regained: list[float] = field(default_factory=list[float])
    """When, after each cut, all that was shown before had been shown again."""
    over_meanwhile: bool = False
    """A 204 to one that came back: the answer ended while nobody watched; the history has it."""

    @property
    def longest_gap_s(self) -> float:
        pairs = zip(self.arrivals, self.arrivals[1:], strict=False)
        return max((after - before for before, after in pairs), default=0.0)


def question_body(reading: Reading) -> Json:
    """As AI SDK 5 sends it; the oracle knows the answer only where no document is searched."""
    parts = [{"type": "text", "text": reading.question}]
    return {
        "id": reading.chat,
        "messages": [{"id": f"q-{reading.chat}", "role": "user", "parts": parts}],
        "trigger": "submit-message",
        "max_tokens": reading.max_tokens,
        "retrieval": False,
        "model": reading.model,
        "temperature": 0,
    }


class Client:
    """Signed in. `ports`: of the edges, where the first is asked and the next ones are turned to."""

    def __init__(self, ports: list[int], token: str, *, comes_back: bool = True) -> None:
        self.ports = ports
        self.token = token
        self._comes_back = comes_back

    async def read(self, reading: Reading, edge: int = 0) -> None:
        """From the question to the end, or to a refusal. What went wrong stands in `reading`."""
        reading.asked_at = time.monotonic()
        try:
            answer = await self.post(reading, edge)
            reading.answered_at = time.monotonic()
            if answer.status != 200:
                await self._refused(reading, answer)
                return
            if await self._follow(reading, answer):
                return
        except BrokenOff as error:
            reading.refusal = repr(error)
            return
        if self._comes_back:
            await self._come_back(reading, edge)

    async def watch(self, reading: Reading, edge: int = 0) -> None:
        """An answer that is being written already: a second tab."""
        answer = await self.resume(reading, edge)
        reading.status = answer.status
        if answer.status != 200:
            await self._refused(reading, answer)
        elif not await self._follow(reading, answer):
            reading.errors.append("the stream was cut")

    async def post(self, reading: Reading, edge: int) -> Answer:
        body = question_body(reading)
        answer = await send(self.ports[edge], "POST", "/v1/chat", token=self.token, body=body)
        reading.status = answer.status
        return answer

    async def resume(self, reading: Reading, edge: int) -> Answer:
        path = f"/v1/chat/{reading.chat}/stream"
        return await send(self.ports[edge], "GET", path, token=self.token)

    async def _refused(self, reading: Reading, answer: Answer) -> None:
        reading.refusal = (await answer.body()).decode()
        reading.retry_after = answer.headers.get("retry-after", "")
        answer.close()

    async def _follow(self, reading: Reading, answer: Answer) -> bool:
        """Whether it came to its end; the text begins anew with each connection, and may not become another."""
        before, text = reading.text, ""
        try:
            async for event in events(answer):
                if event["type"] == "text-delta":
                    text += event["delta"]
                    if len(text) > len(before):
                        self._shown(reading, before, text)
                    elif not before.startswith(text):
                        reading.errors.append(f"the replay says {text[-40:]!r}, not what was shown")
                else:
                    _note(reading, event)
        except BrokenOff:
            reading.cuts.append(time.monotonic())
            return False
        finally:
            answer.close()
        return True

    def _shown(self, reading: Reading, before: str, text: str) -> None:
        now = time.monotonic()
        if len(reading.regained) < len(reading.cuts):
            reading.regained.append(now)
            if not text.startswith(before):
                reading.errors.append("the replay differs from what was shown")
        reading.text = text
        reading.arrivals.append(now)

    async def _come_back(self, reading: Reading, edge: int) -> None:
        give_up_at = time.monotonic() + COMES_BACK_FOR_S
        while time.monotonic() < give_up_at:
            edge = (edge + 1) % len(self.ports)
            try:
                answer = await self.resume(reading, edge)
            except BrokenOff:
                await asyncio.sleep(RETRY_S)
                continue
            if answer.status == 204:
                reading.over_meanwhile = True
                answer.close()
                return
            if answer.status == 200:
                if await self._follow(reading, answer):
                    return
                give_up_at = time.monotonic() + COMES_BACK_FOR_S
            else:
                answer.close()
            await asyncio.sleep(RETRY_S)
        reading.errors.append(f"came back for {COMES_BACK_FOR_S:.0f} s in vain")


def _note(reading: Reading, event: Json) -> None:
    match event["type"]:
        case "start":
            reading.message_ids.add(event["messageId"])
        case "error":
            reading.errors.append(event["errorText"])
        case "data-notice":
            reading.notices.append(event["data"]["code"])
        case kind if kind in TERMINAL:
            reading.ends.append(kind)
            reading.ended_at = time.monotonic()
        case _:
            pass
