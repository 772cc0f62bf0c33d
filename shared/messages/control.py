"""What receivers and workers tell one another, and the state of a request that is live."""

from typing import Literal

from .base import Message, Name, Record
from .chat import Passage


class CancelJob(Message, frozen=True):
    """Receiver → every worker: stop this request, and free its slot."""

    request: Name


class Attach(Message, frozen=True):
    """Receiver → every worker: whoever owns this request sends it here, from this token on."""

    request: Name
    inbox: Name
    stream: int
    from_index: int
    fence: int


class Lease(Message, frozen=True):
    """Receiver → every worker, each second: I am alive."""

    inbox: Name
    sent_at: float


Control = CancelJob | Attach | Lease


class ShownRequest(Message, frozen=True):
    """Worker → one receiver: which token ids of this request has the caller seen?"""

    request: Name


class Shown(Message, frozen=True):
    request: Name
    ids: tuple[int, ...]


class ServedModel(Record, frozen=True):
    """A model as its worker announces it."""

    name: Name
    context_tokens: int
    aliases: tuple[str, ...] = ()
    created_at: float = 0.0


class WorkerStatus(Message, frozen=True):
    """Worker → whoever listens, each second."""

    worker: Name
    engine: str
    models: tuple[ServedModel, ...]
    slots: int
    running: int
    waiting: int = 0
    kv_use: float = 0.0
    """Share of the key-value cache in use, 0 to 1."""
    ready: bool = True
    draining: bool = False
    resume: Literal["ids", "restart", "none"] = "none"
    instructed: bool = True
    """False for engines that are no language model and only quote passages."""


class LiveRequest(Message, frozen=True):
    """The value of `request.<id>` in the bucket LIVE; its revision at the claim is the fence."""

    user: Name
    state: Literal["queued", "running", "finishing", "done", "cancelled"] = "queued"
    chat: str = ""
    message_id: str = ""
    passages: tuple[Passage, ...] = ()
    attempt: int = 1
    job_sequence: int = 0
    worker: str = ""
