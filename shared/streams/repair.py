"""What a receiver does about tokens that do not come: ask for them, then have another worker go on."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

import structlog

from shared import subjects
from shared.broker.ports import Bus
from shared.errors import Cancelled, SluiceError, Unavailable
from shared.messages import Attach, Lease

from .incoming import Incoming
from .rescue import Rescue

log = structlog.get_logger()

TICK_S = 0.1
LATE_S = 0.4
"""A look that comes so much later than it was to is one of a process that stood still."""
ANSWER_S = 0.3
"""How long an `Attach` may stay without an answer."""
ALIVE_S = 2.0
"""The same, of a worker that is heard meanwhile: it has much to do, and to ask others for its answers makes more."""
PATIENT_S = 1.0
"""The same, where nobody need have the answer at the moment."""
INSIST_S = 5.0
"""Somebody took the answer over, and is silent, too."""
LEASE_S = 1.0
ASKS_AT_A_TIME = 256
"""The others wait for their turn: ten thousand at once would take longer to answer than any of them may wait."""
RESCUES_AT_A_TIME = 32


@dataclass(slots=True)
class Ask:
    """An `Attach` that is outstanding."""

    known: int
    """How many ids there were."""
    sent_at: float = 0.0
    """0: not yet."""
    patient_since: float = 0.0
    """Since when somebody else has it, or will: no need to hurry."""
    revision: int = 0
    """Of the request's entry, since then. Another one is that of somebody who has just begun, and is heard out."""
    is_retry: bool = False
    """Nobody could take over."""
    told_done: bool = False
    """It is over, but may have been begun and ended since we asked: its worker still has the tape."""


class Repair:
    def __init__(
        self, inbox: str, publisher: str, streams: dict[int, Incoming], *, silence_s: float = 1.2
    ) -> None:
        self._inbox = inbox
        self._publisher = publisher
        self._streams = streams
        self._silence_s = silence_s
        self._heard_at: dict[str, float] = {}
        self._asks: dict[int, Ask] = {}
        self._wake = asyncio.Event()
        self._silent_since: dict[str, float] = {}
        self._rescues: set[asyncio.Task[None]] = set()

    def heard(self, worker: str, now: float) -> None:
        self._heard_at[worker] = now
        if self._silent_since:
            self._silent_since.pop(worker, None)

    def lost(self, worker: str) -> None:
        """A frame of this worker has not come: any of its streams may miss something, were it only its end."""
        for incoming in self._streams.values():
            if incoming.worker == worker:
                self.ask(incoming)

    def ask(self, incoming: Incoming) -> None:
        if incoming.number not in self._asks:
            self._asks[incoming.number] = Ask(len(incoming.cursor.ids))
            self._wake.set()

    def look_again(self) -> None:
        """At what was asked for, and nobody had begun as far as we know."""
        for incoming in self._streams.values():
            if incoming.job is not None and not incoming.worker:
                self.ask(incoming)

    def expect(self, incoming: Incoming, worker: str) -> None:
        """This worker takes over; it is given as much time as one that has just been heard."""
        incoming.worker = worker
        now = time.monotonic()
        self.heard(worker, now)
        self._asks[incoming.number] = Ask(len(incoming.cursor.ids), patient_since=now)
        self._wake.set()

    def forget(self, number: int) -> None:
        self._asks.pop(number, None)

    async def run(self, bus: Bus) -> None:
        leases = asyncio.create_task(self._lease(bus))
        try:
            await self._watch(bus, Rescue(bus, self._inbox, self._publisher))
        finally:
            tasks = [leases, *self._rescues]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, bus: Bus, rescue: Rescue) -> None:
        """The clock stops while the bus is away, and when we were late ourselves."""
        while True:
            slept_at = time.monotonic()
            limit_s = self._quiet_s(slept_at) if bus.connected else TICK_S
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), limit_s)
            self._wake.clear()
            now = time.monotonic()
            if not bus.connected or now - slept_at > limit_s + LATE_S:
                self._heard_at = dict.fromkeys((*self._heard_at, *self._silent_since), now)
                self._silent_since.clear()
                for ask in self._asks.values():
                    ask.sent_at = 0.0
                continue
            if limit_s <= TICK_S:  # in a longer wait we may have stood still, and frames lie unread
                self._suspect(now)
            await self._pursue_all(bus, rescue, now)

    async def _pursue_all(self, bus: Bus, rescue: Rescue, now: float) -> None:
        room = ASKS_AT_A_TIME - sum(ask.sent_at > 0 for ask in self._asks.values())
        for number, ask in list(self._asks.items()):
            if not ask.sent_at and not self._is_dead(number, ask, now):
                if room <= 0:
                    continue
                room -= 1
            with suppress(Unavailable):  # the bus has gone this moment: the next turn comes soon
                await self._pursue(bus, rescue, number, ask, now)

    def _quiet_s(self, now: float) -> float:
        """How long nothing can be due that would not wake us. A look each tick would be half of what an idle edge
        costs, and a twentieth of one with 64 streams."""
        if self._asks:
            return TICK_S
        longest_unheard = now - min(self._heard_at.values(), default=now)
        return max(TICK_S, self._silence_s - longest_unheard - TICK_S)

    def _suspect(self, now: float) -> None:
        silent = {worker for worker, at in self._heard_at.items() if now - at > self._silence_s}
        for worker in silent:
            del self._heard_at[worker]
            self._silent_since[worker] = now
        if silent:
            for incoming in self._streams.values():
                if incoming.worker in silent:
                    self.ask(incoming)

    async def _pursue(self, bus: Bus, rescue: Rescue, number: int, ask: Ask, now: float) -> None:
        incoming = self._streams.get(number)
        if incoming is None or len(incoming.cursor.ids) > ask.known:
            self.forget(number)
        elif incoming.choked and incoming.pieces:
            return  # its reader has to catch up first
        elif not ask.sent_at and not self._is_dead(number, ask, now):
            await self._attach(bus, incoming, ask, now)
        elif self._overdue(incoming, ask, now) and len(self._rescues) < RESCUES_AT_A_TIME:
            ask.sent_at = now
            self._hold(asyncio.create_task(self._rescue(rescue, incoming, ask)))

    def _is_dead(self, number: int, ask: Ask, now: float) -> bool:
        """Its worker was silent, and said nothing when it was asked for others: no need to ask once more."""
        incoming = None if ask.is_retry else self._streams.get(number)
        silent_since = self._silent_since.get(incoming.worker) if incoming is not None else None
        return silent_since is not None and now - silent_since > ANSWER_S

    def _overdue(self, incoming: Incoming, ask: Ask, now: float) -> bool:
        if ask.patient_since:
            return now - ask.sent_at > PATIENT_S
        is_alive = self._heard_at.get(incoming.worker, 0.0) > ask.sent_at
        return now - ask.sent_at > (ALIVE_S if is_alive else ANSWER_S)

    async def _attach(self, bus: Bus, incoming: Incoming, ask: Ask, now: float) -> None:
        cursor = incoming.cursor
        ask.sent_at, ask.known, incoming.choked = now, len(cursor.ids), False
        message = Attach(
            request=incoming.request,
            inbox=self._inbox,
            stream=incoming.number,
            from_index=len(cursor.ids),
            fence=max(0, cursor.fence),
        )
        await bus.publish(subjects.CONTROL, message)

    async def _rescue(self, rescue: Rescue, incoming: Incoming, ask: Ask) -> None:
        """Nobody has answered. Somebody else must go on, unless it is over or has not begun. Whoever has it then shall
        send it here, and so shall the silent one, if it cannot be replaced now."""
        try:
            await self._move(rescue, incoming, ask)
        finally:
            ask.sent_at, ask.is_retry = 0.0, True
            if self._asks.pop(incoming.number, None) is not None:
                self._asks[incoming.number] = ask  # behind those that wait for their turn

    async def _move(self, rescue: Rescue, incoming: Incoming, ask: Ask) -> None:
        now = time.monotonic()
        insist = bool(ask.patient_since) and now - ask.patient_since > INSIST_S
        fate, revision = await rescue.move(incoming, silent=ask.revision if insist else 0)
        if fate in ("waiting", "unknown") and not incoming.begun and not incoming.attached:
            self.forget(incoming.number)  # its job names this stream: what comes, comes here by itself
            return
        if fate in ("moved", "running"):
            if fate == "moved":
                log.warning("answer.moved", request=incoming.request, worker=incoming.worker)
                incoming.worker = ""
            if insist or not ask.patient_since or revision != ask.revision:
                ask.patient_since, ask.revision = now, revision
        elif fate == "done" and not ask.told_done:
            ask.told_done = True
        elif fate in ("done", "unknown"):
            self._end(incoming, Unavailable("The answer is over, and its end was lost."))
        elif fate == "cancelled":
            self._end(incoming, Cancelled("The answer was stopped."))

    def _end(self, incoming: Incoming, error: SluiceError) -> None:
        incoming.close()
        incoming.fail(error)

    def _hold(self, task: asyncio.Task[None]) -> None:
        self._rescues.add(task)
        task.add_done_callback(self._rescued)

    def _rescued(self, task: asyncio.Task[None]) -> None:
        self._rescues.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("answer.not_moved", reason=str(error))  # asked again by the watch

    async def _lease(self, bus: Bus) -> None:
        """Tells workers that whoever they write for is alive."""
        while True:
            with suppress(Unavailable):  # without the bus there is nobody to tell
                await bus.publish(subjects.CONTROL, Lease(self._inbox, time.time()))
            await asyncio.sleep(LEASE_S)
