"""One request, two readers, two workers, a queue, an entry in LIVE: every step that any of them may take next.

What decides is the product's own code (`Cursor`, `claiming`, `resuming`, `next_attempt`); what only carries, as
queue and wires do, is modelled. Each attempt draws other tokens, so that whatever mixes two of them shows. A process
that is not scheduled for long is one that was paused.
"""

from typing import Literal

import msgspec

from services.inference.domain.claiming import Verdict as Claim
from shared.messages import ChatJob, ChatMessage, Delta, End, Failure, LiveRequest, Usage

Phase = Literal[
    "idle", "pulled", "read", "claimed", "running", "decided", "stored", "told", "acknowledged", "dead"
]
WORKERS = ("a", "b")
STOPPED = Failure("cancelled", "")
INBOXES = ("one", "two")
"""Of the edge that asked, and of one that attached later."""


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
    asks_every_reader: bool = True
    goes_on_after_the_furthest: bool = True
    counts_readers_anew: bool = True
    counts_readers_first: bool = True
    detaches_one: bool = True
    attaches_to_the_claim: bool = True
    carries_what_a_stop_leaves: bool = True
    closes_by_the_next_attempt: bool = True


class Budget(msgspec.Struct, frozen=True, cache_hash=True):
    """Faults that may still happen, at any moment: for all that a process knows, time passes as it likes."""

    crashes: int = 1
    losses: int = 1
    lapses: int = 1
    rescues: int = 2
    """-1: readers that never lose patience, since they are gone or do not mind to wait."""
    seconds: int = 0
    """A second reader attaches."""
    both: int = 0
    """It has attached before anybody began."""
    leaves: int = 0
    """A reader leaves for good: `Detach`."""
    stops: int = 0
    tokens: int = 2
    """No fault: how long each attempt makes the answer."""


class Queued(msgspec.Struct, frozen=True, cache_hash=True):
    sequence: int
    job: ChatJob
    deliveries: int = 0
    holder: str = ""


class Worker(msgspec.Struct, frozen=True, cache_hash=True):
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
    is_cut: bool = False
    """It is to go no further: stopped, or unread."""
    unsure: bool = False
    """Its job was another worker's, and no reader says what that one has shown."""
    audience: tuple[str, ...] = ()
    wires: tuple[tuple[Delta, ...], ...] = ((),) * len(INBOXES)
    """On its way to each reader, in order."""

    @property
    def end(self) -> End:
        return End(Usage(), STOPPED if self.is_cut else None)

    def send(self, delta: Delta, *inboxes: str) -> "Worker":
        wires = tuple(
            (*wire, delta) if inbox in inboxes else wire
            for inbox, wire in zip(INBOXES, self.wires, strict=True)
        )
        return msgspec.structs.replace(self, wires=wires)

    def rewired(self, inbox: str, wire: tuple[Delta, ...]) -> "Worker":
        place = INBOXES.index(inbox)
        return msgspec.structs.replace(self, wires=(*self.wires[:place], wire, *self.wires[place + 1 :]))

    def over(self) -> "Worker":
        return Worker(self.name, wires=self.wires)


class Reader(msgspec.Struct, frozen=True, cache_hash=True):
    inbox: str
    job: ChatJob | None = None
    """The newest attempt that it published itself; the asker's first one, too."""
    fence: int = -1
    ids: tuple[int, ...] = ()
    rescue: tuple[int, LiveRequest] | None = None
    """The entry that it has looked at, and is about to act on."""
    held: bool = False
    """It believes that somebody writes to it."""
    state: Literal["away", "opening", "reading", "complete", "contradicted", "stopped", "left"] = "reading"


class World(msgspec.Struct, frozen=True, cache_hash=True):
    readers: tuple[Reader, ...]
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
    deserted: bool = False
    """A worker cancelled as unread what somebody read."""

    def with_worker(self, worker: Worker, **changes: object) -> "World":
        workers = tuple(worker if each.name == worker.name else each for each in self.workers)
        return msgspec.structs.replace(self, workers=workers, **changes)

    def with_reader(self, reader: Reader, **changes: object) -> "World":
        readers = tuple(reader if each.inbox == reader.inbox else each for each in self.readers)
        return msgspec.structs.replace(self, readers=readers, **changes)

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
    one, two = INBOXES
    job = ChatJob("r", "u", "m", (ChatMessage("user", "x"),), one, 1, 0.0, 1e9)
    second = Reader(two, state="reading" if budget.both else "away")
    return World((Reader(one, job), second), budget=budget).publish(job)
