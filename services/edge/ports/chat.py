"""What chat needs: the workers that are there, the jobs that they take, passages, and a place to keep turns.

`Passages` and `Turns` are what chat uses of the ports `Knowledge` and `History`.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from services.edge.domain.conversations import Beginning, GoingOn, Turn
from services.edge.domain.live import LiveAnswer
from services.edge.domain.parts import MessagePart
from shared.errors import SluiceError
from shared.messages import ChatCompleted, ChatJob, Passage, Piece, ServedModel

Write = Callable[[list[Piece]], Awaitable[None] | None]
"""Takes pieces at once; what it returns, if anything, has to be awaited before it takes more."""


class Workers(Protocol):
    """Who serves what at this moment."""

    async def resolve(self, model: str) -> ServedModel:
        """The model of that name or alias; the default one for the empty name.

        Raises `ModelNotFound` for a name that nobody knows, `Unavailable` when no worker takes work for it.
        """
        ...

    def serves(self, model: str) -> bool:
        """Is a worker there that takes work for the model, named as `resolve` has it?"""
        ...

    def models(self) -> list[ServedModel]: ...
    def drain_rate(self) -> float:
        """Answers that end a second, over all workers; 0 when that is not known."""
        ...


class Incoming(Protocol):
    """One answer as it comes in."""

    @property
    def number(self) -> int:
        """Goes into the job, so that its worker can name this answer."""
        ...

    @property
    def worker(self) -> str:
        """Who writes it; empty while nobody does."""
        ...

    @property
    def known(self) -> int:
        """How many of its tokens have come."""
        ...

    async def next(self) -> list[Piece]:
        """Waits for a piece; all that have come by then. The last of an answer has an `end`.

        Raises what it was made to `fail` with, `Unavailable` when the answer broke off.
        """
        ...

    async def pour(self, write: Write) -> Awaitable[None] | None:
        """Hands pieces to `write` in the very call that brings them, without waking this task.

        Returns what `write` wants awaited; or None, where there is something for `next`: what had come before, the end
        of the answer, or an error. Raises what `write` raises.
        """
        ...

    def fail(self, error: SluiceError) -> None:
        """Ends it here: `next` raises, once it has handed out what had come."""
        ...

    def close(self) -> None: ...


class Jobs(Protocol):
    @property
    def inbox(self) -> str:
        """Where workers send the deltas of jobs submitted here."""
        ...

    def open(self, request: str) -> Incoming: ...

    async def submit(self, job: ChatJob, notices: tuple[str, ...] = (), *, goes_on: bool = False) -> None:
        """`notices`: codes, for whoever reads the answer later. `goes_on`: that reader wants what was there before,
        too. Raises `QueueFull`, `TooLarge` or `Unavailable`; nothing will run then."""
        ...

    async def cancel(self, request: str) -> None:
        """Stops it wherever it is: waiting or running. One that is over is no error. Raises `Unavailable`."""
        ...

    async def find(self, chat: str) -> LiveAnswer | None:
        """The newest answer in a conversation, unless it is over. Raises `Unavailable`."""
        ...

    async def attach(self, live: LiveAnswer) -> Incoming | None:
        """All of an answer that is being written, as it comes; its asker can know that somebody else wants it, too.
        None: it is over by now. Raises `Unavailable`."""
        ...

    async def is_shared(self, job: ChatJob) -> bool:
        """Raises `Unavailable`."""
        ...

    async def detach(self, request: str, stream: int) -> None:
        """This stream has no reader any more; an answer that nobody else reads is cancelled by its worker.
        Raises `Unavailable`."""
        ...


class Passages(Protocol):
    async def search(self, user: str, query: str, limit: int, min_score: float) -> tuple[Passage, ...]:
        """Best first, of the user's own documents. Raises `Unavailable`."""
        ...


class Turns(Protocol):
    async def begin_turn(self, turn: Turn) -> None:
        """Raises `NotFound` for another user's conversation, or `Unavailable`."""
        ...

    async def go_on(self, going: GoingOn) -> Beginning:
        """Raises `NotFound`, `InvalidRequest`, `Conflict` while it is being written, or `Unavailable`."""
        ...

    async def beginning(self, user: str, chat: str, message_id: str) -> tuple[MessagePart, ...]:
        """Raises `NotFound`, or `Unavailable`."""
        ...

    async def finish_turn(self, event: ChatCompleted) -> object: ...
    async def require(self, user: str, chat: str) -> None:
        """Raises `NotFound` unless it is a conversation of this user's, or `Unavailable`."""
        ...
