"""One request, one reader, two workers, a queue, an entry in LIVE: every step that any of them may take next.

What decides is the product's own code (`Cursor`, `claiming`, `resuming`, `next_attempt`); what only carries, as
queue and wires do, is modelled. Each attempt draws other tokens, so that whatever mixes two of them shows. A worker
that is not scheduled for long is one that was paused.
"""

from typing import Literal

import msgspec

from services.inference.domain.claiming import Verdict as Claim
from shared.messages import ChatJob, ChatMessage, Delta, LiveRequest

Phase = Literal[
    "idle", "pulled", "read", "claimed", "running", "decided", "stored", "told", "acknowledged", "dead"
]
ANSWER_IDS = 2
WORKERS = ("a", "b")


class Rules(msgspec.Struct, frozen=True):
    """All true in the product; the test takes one out at a time."""

    fences: bool = True
    seals: bool = True
    asks_shown: bool = True
    finishing_decides: bool = True
    adopts: bool = True
    claims_by_compare_and_set: bool = True
    tells_after_storing: bool = True
    leaves_what_others_have: bool = True


class Budget(msgspec.Struct, frozen=True):
    """Faults that may still happen, at any moment: for all that a process knows, time passes as it likes."""

    crashes: int = 1
    losses: int = 1
    lapses: int = 1
    rescues: int = 2
    """-1: a reader that never loses patience, since it is gone or does not mind to wait."""


class Queued(msgspec.Struct, frozen=True):
    sequence: int
    job: ChatJob
    deliveries: int = 0
    holder: str = ""


class Worker(msgspec.Struct, frozen=True):
    name: str
    phase: Phase = "idle"
    queued: Queued | None = None
    seen: LiveRequest | None = None
    seen_revision: int = 0
    verdict: Claim = "drop"
    fence: int = 0
    revision: int = 0
    live: LiveRequest | None = None
    made: tuple[int, ...] = ()
    wire: tuple[Delta, ...] = ()
    """On its way to the reader, in order."""


class Reader(msgspec.Struct, frozen=True):
    job: ChatJob
    """What it asked for: the newest attempt that it published itself."""
    fence: int = -1
    ids: tuple[int, ...] = ()
    rescue: tuple[int, LiveRequest] | None = None
    """The entry that it has looked at, and is about to act on."""
    state: Literal["reading", "complete", "contradicted"] = "reading"


class World(msgspec.Struct, frozen=True):
    reader: Reader
    workers: tuple[Worker, ...] = tuple(Worker(name) for name in WORKERS)
    live: LiveRequest = LiveRequest(user="u")
    revision: int = 1
    queue: tuple[Queued, ...] = ()
    last_sequence: int = 0
    published: tuple[str, ...] = ()
    """Message ids that the queues have stored."""
    stored: tuple[tuple[int, ...], ...] = ()
    """The answers of the terminal events, as they were published; only the first counts."""
    budget: Budget = Budget()
    excused: bool = False
    """A reader's word on what it had seen was lost: an answer may then have to fail."""

    def with_worker(self, worker: Worker, **changes: object) -> "World":
        workers = tuple(worker if each.name == worker.name else each for each in self.workers)
        return msgspec.structs.replace(self, workers=workers, **changes)

    def spend(self, fault: str) -> "World":
        left = msgspec.structs.replace(self.budget, **{fault: getattr(self.budget, fault) - 1})
        return msgspec.structs.replace(self, budget=left)

    def publish(self, job: ChatJob) -> "World":
        """Once by its message id."""
        id = f"{job.request}:{job.attempt}"
        if id in self.published:
            return self
        sequence = self.last_sequence + 1
        return msgspec.structs.replace(
            self,
            queue=(*self.queue, Queued(sequence, job)),
            last_sequence=sequence,
            published=(*self.published, id),
        )

    def without(self, sequence: int) -> "World":
        return msgspec.structs.replace(
            self, queue=tuple(each for each in self.queue if each.sequence != sequence)
        )


def first_world(budget: Budget) -> World:
    job = ChatJob("r", "u", "m", (ChatMessage("user", "x"),), "inbox", 1, 0.0, 1e9)
    return World(Reader(job), budget=budget).publish(job)
