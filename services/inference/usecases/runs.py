"""The jobs that this worker has in hand."""

import asyncio
from collections.abc import Iterator

from services.inference.domain.attempts import Attempt
from services.inference.domain.audience import Audience
from services.inference.ports import Claim, Engine, Output, Outputs, Ticket
from shared.errors import SluiceError


class ClaimLost(Exception):
    """Another worker has this request now: show nothing more, store nothing."""


class Moved(Exception):
    """Another worker shall go on with it: this one has to go, or its engine has died."""

    def __init__(self, *, has_died: bool = False) -> None:
        super().__init__()
        self.has_died = has_died


Interruption = SluiceError | ClaimLost | Moved


class Run:
    """One job in hand. `interruption` is why it shall not go on, once there is a reason."""

    def __init__(self, ticket: Ticket, now: float) -> None:
        self.ticket = ticket
        self.audience = Audience(ticket.job.inbox, ticket.job.stream, now)
        self.claim: Claim | None = None
        self.attempt: Attempt | None = None
        self.opening: asyncio.Task[tuple[Output, Outputs]] | None = None
        self.outputs: Outputs | None = None
        self.interruption: Interruption | None = None
        self.is_poison = False
        self.knows_readers = False
        """From its claim on; where it was another worker's, when all who may read it were asked."""
        self.known: tuple[int, ...] = ()
        """The ids that its readers had when it was claimed."""
        self.is_unsure = False
        """It was another worker's, and no reader says what that one has shown."""

    @property
    def request(self) -> str:
        return self.ticket.job.request

    @property
    def is_unread(self) -> bool:
        """Nobody is left to read it, and it shall not be made for nobody."""
        return self.knows_readers and self.audience.is_empty and self.ticket.job.on_orphan == "cancel"

    def raise_if_interrupted(self) -> None:
        if self.interruption is not None:
            raise self.interruption


class Runs:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._runs: dict[str, Run] = {}
        self.finished = 0
        """Answers that have ended, in whatever way."""

    def __iter__(self) -> Iterator[Run]:
        return iter(list(self._runs.values()))

    def find(self, request: str) -> Run | None:
        return self._runs.get(request)

    def open(self, ticket: Ticket) -> Run:
        run = self._runs[ticket.job.request] = Run(ticket, asyncio.get_running_loop().time())
        return run

    def close(self, run: Run) -> None:
        del self._runs[run.request]

    async def interrupt(self, run: Run, why: Interruption) -> None:
        """Frees its slot at once. A claim that is lost stays lost, and what was stopped is not moved.

        One that is closed meanwhile has nothing to free: the engine may have the request's next attempt by now.
        """
        if self._runs.get(run.request) is not run:
            return
        if not (isinstance(run.interruption, ClaimLost) or (run.interruption and isinstance(why, Moved))):
            run.interruption = why
        await self._engine.abort(run.request)
