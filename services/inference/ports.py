"""What serving needs from the outside: an engine, the queue, claims, receivers, a place to tell what happened."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from typing import Literal, Protocol, runtime_checkable

import msgspec

from services.inference.domain.attempts import Attempt
from services.inference.domain.claiming import Standing, Verdict
from services.inference.domain.ending import Ending
from services.inference.domain.resuming import Resume
from shared.messages import (
    ChatJob,
    Delta,
    Failure,
    LiveRequest,
    Part,
    ServedModel,
    Shown,
    Speculation,
    Usage,
    WorkerStatus,
)


class Output(msgspec.Struct, frozen=True, gc=False):
    """What an engine has made since its last output for one request.

    The first one brings `Started`; the last one `Finished` for each choice that is still open, and `usage`.
    An engine without token ids counts its pieces instead: each output with content has at least one id.
    """

    ids: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()
    usage: Usage | None = None
    replayed: tuple[Part, ...] = ()
    """First output of a resumed answer: what `resume_ids` say, for the stored answer; no part of the stream."""


class EngineStats(msgspec.Struct, frozen=True):
    slots: int
    """Requests that can run at once."""
    running: int = 0
    waiting: int = 0
    kv_use: float = 0.0
    """Share of the key-value cache in use, 0 to 1."""
    speculation: Speculation | None = None


class Outputs(Protocol):
    """One request's stream. Closing it, or cancelling whoever waits for it, aborts the request in the engine."""

    def __aiter__(self) -> AsyncIterator[Output]: ...
    def __anext__(self) -> Awaitable[Output]: ...
    def aclose(self) -> Awaitable[None]: ...


@runtime_checkable
class Pouring(Outputs, Protocol):
    def pour(self, take: Callable[[Output], None]) -> Awaitable[None]:
        """Instead of iterating: `take` gets each output in the very call that brings it. Returns at the end; raises
        what iterating would, and what `take` has raised."""
        ...


class Engine(Protocol):
    """Makes tokens. Four adapters exist; one contract suite, `tests/contract/test_engine.py`, holds them to this."""

    @property
    def name(self) -> str: ...
    @property
    def resume(self) -> Resume: ...
    @property
    def instructed(self) -> bool:
        """False for one that is no language model: it gets the passages themselves instead of a prompt."""
        ...

    @property
    def models(self) -> tuple[ServedModel, ...]: ...

    async def start(self) -> None:
        """Returns when it can serve. Raises `EngineFailed`. May be called again after `stop`."""
        ...

    def stream(self, job: ChatJob, resume_ids: tuple[int, ...] = ()) -> Outputs:
        """Raises, on the first output: `InvalidRequest`; `ContextLengthExceeded` when prompt and `max_tokens`
        (or one token, where none are asked for) do not fit; `EngineFailed` for `resume_ids` when `resume` is
        `none`. On any: `EngineFailed`, `Unavailable`, and `Cancelled` after `abort`."""
        ...

    async def said(self, job: ChatJob, ids: tuple[int, ...], /) -> tuple[Part, ...]:
        """What these ids, the beginning of an answer to `job` with one choice, say: without a slot, and nothing is
        generated. Empty where `resume` is `none`. Raises `EngineFailed`."""
        ...

    async def abort(self, request: str) -> None:
        """Frees its slot at once; its stream raises `Cancelled`. An unknown request is no error."""
        ...

    async def health(self) -> None:
        """Raises `EngineFailed` when only a new start helps, `Unavailable` when time may."""
        ...

    def stats(self) -> EngineStats: ...

    async def drain(self) -> None:
        """Returns when no request runs or waits."""
        ...

    async def stop(self) -> None:
        """Requests that still run fail with `EngineFailed`."""
        ...


class Ticket(Protocol):
    """A job as it came from the queue; exactly one of `ack`, `nak` and `term` settles it."""

    @property
    def job(self) -> ChatJob: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def handle(self) -> str:
        """Names it to the queue, whoever says it: another worker may settle it by that."""
        ...

    @property
    def sequence(self) -> int: ...
    @property
    def deliveries(self) -> int: ...
    async def ack(self) -> None: ...
    async def nak(self, delay_s: float = 0.0) -> None: ...
    async def term(self) -> None: ...
    async def in_progress(self) -> None: ...


Lane = Literal["resumes", "new"]


class Queue(Protocol):
    """Where the jobs for one name wait. Each returns the empty list when none came in time; `timeout_s` 0 asks for
    what lies there. Raises `Unavailable`."""

    async def resumes(self, limit: int, timeout_s: float) -> list[Ticket]: ...
    async def interactive(self, limit: int, timeout_s: float) -> list[Ticket]: ...
    async def batch(self, limit: int, timeout_s: float) -> list[Ticket]: ...
    async def reopen(self, lane: Lane) -> None:
        """After trouble with it: make anew what may be gone."""
        ...

    async def pass_on(self, job: ChatJob) -> None:
        """The next attempt, of a job for any name, for whichever worker of that is free first; once, however often it
        is said. Raises `TooLarge`."""
        ...


class Peers(Protocol):
    """The workers that are there, this one included."""

    def serving(self, model: str) -> Mapping[str, int]:
        """Those that take work for it, with their slots; without those that have refused some just now."""
        ...

    def shares_cache(self, worker: str) -> bool:
        """Whatever that worker has in its cache this one has, too: they are one, or have one engine."""
        ...

    async def offer(self, worker: str, ticket: Ticket) -> bool:
        """True: that worker has it from now on. False: it has no slot, or does not answer. Never raises."""
        ...


class Claim(msgspec.Struct):
    """This worker's hold on a request. `fence` is the revision at which it was claimed, `revision` the newest."""

    request: str
    fence: int
    revision: int
    live: LiveRequest
    found: Verdict = "take"
    """What is to be done with it. Nothing was written for `close` and `leave`: the entry stays as it is."""
    had_worker: bool = False
    """Somebody has run it before, and may have shown some of it."""
    lapses: int = 0
    """Deliveries of the same job that their workers did not survive."""


class Claims(Protocol):
    """All raise `Unavailable`."""

    async def claim(self, ticket: Ticket) -> Claim | None:
        """None: the request is over, or this is a copy of its job."""
        ...

    async def finishing(self, claim: Claim, whole: Delta) -> Standing:
        """The answer is decided, if it is still held: whoever claims it afterwards finds it, and makes no other.
        Safe to repeat."""
        ...

    async def standing(self, claim: Claim) -> Standing: ...
    async def done(self, claim: Claim) -> None: ...


class Outbox(Protocol):
    """Deltas to receivers; never waits, never fails: what gets lost is the receiver's to notice."""

    def send(self, inbox: str, delta: Delta) -> None: ...


class Receivers(Protocol):
    async def shown(self, job: ChatJob, fence: int) -> Mapping[str, Shown]:
        """What the readers have, who from now on believe nobody with a lower fence, by their inboxes. Without those
        that do not answer in time."""
        ...


class Journal(Protocol):
    """Durable word of how an answer ended, for history and audit; once a request, however often it is told."""

    async def ended(self, job: ChatJob, claim: Claim, ending: Ending) -> None: ...
    async def buried(self, job: ChatJob, failure: Failure) -> None:
        """A job that is tried no more, for a person to look at; once an attempt."""
        ...


class Announcements(Protocol):
    async def status(self, status: WorkerStatus) -> None: ...


class RequestSpan(Protocol):
    def ended(self, attempt: Attempt) -> None: ...


class Observer(Protocol):
    """Logs and traces: a span a request, nothing a token."""

    def serving(self, ticket: Ticket) -> AbstractContextManager[RequestSpan]: ...
    def note(self, event: str, **fields: object) -> None: ...
    def crashed(self, error: BaseException, **fields: object) -> None: ...
