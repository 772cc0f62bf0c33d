"""Where answers come from: the workers that are there, and the jobs that they take."""

from typing import Protocol

from shared.messages import ChatJob, Delta, ServedModel


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


class Incoming(Protocol):
    """One answer as it comes in."""

    @property
    def number(self) -> int:
        """Goes into the job, so that its worker can name this answer."""
        ...

    async def next(self) -> list[Delta]:
        """Waits for a delta; all that have come by then. The last of an answer has `end`.

        Raises `Unavailable` when the answer broke off, or was made to `fail`.
        """
        ...

    def fail(self, message: str) -> None:
        """Ends it here: `next` raises, once it has handed out what had come."""
        ...

    def close(self) -> None: ...


class Jobs(Protocol):
    @property
    def inbox(self) -> str:
        """Where workers send the deltas of jobs submitted here."""
        ...

    def open(self) -> Incoming: ...

    async def submit(self, job: ChatJob) -> None:
        """Raises `QueueFull`, `TooLarge` or `Unavailable`; nothing will run then."""
        ...

    async def cancel(self, job: ChatJob) -> None:
        """Stops it wherever it is: waiting or running. One that is over is no error. Raises `Unavailable`."""
        ...
