"""The jobs that this worker has in hand."""

from services.inference.domain.attempts import Attempt
from services.inference.ports import Claim, Outputs, Ticket
from shared.errors import SluiceError


class ClaimLost(Exception):
    """Another worker has this request now: show nothing more, store nothing."""


Interruption = SluiceError | ClaimLost


class Run:
    """One job in hand. `interruption` is why it shall not go on, once there is a reason."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self.claim: Claim | None = None
        self.attempt: Attempt | None = None
        self.outputs: Outputs | None = None
        self.interruption: Interruption | None = None

    @property
    def request(self) -> str:
        return self.ticket.job.request

    def raise_if_interrupted(self) -> None:
        if self.interruption is not None:
            raise self.interruption
