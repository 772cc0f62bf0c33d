"""What receivers and workers tell one another, and the state of a request that is live."""

from typing import Annotated, Literal

from msgspec import Meta

from .base import Failure, Message, Name, Record
from .chat import ChatJob, Passage
from .tokens import Delta


class CancelJob(Message, frozen=True):
    """Receiver → every worker: stop this request, and free its slot."""

    request: Name


class Attach(Message, frozen=True):
    """Receiver → every worker: whoever owns this request sends it here, from this token on, and goes on doing so.

    `fence` is the highest that the receiver believes; an owner with a lower one has been replaced.
    """

    request: Name
    inbox: Name
    stream: int
    from_index: int
    fence: int


class Detach(Message, frozen=True):
    """Receiver → every worker: nobody reads this stream any more. An answer without readers is cancelled."""

    request: Name
    inbox: Name
    stream: int


class Lease(Message, frozen=True):
    """Receiver → every worker, each second: I am alive."""

    inbox: Name
    sent_at: float


Control = CancelJob | Attach | Detach | Lease


class ShownRequest(Message, frozen=True):
    """Worker → one receiver: which token ids of this request has the caller seen?

    The worker holds the claim by `fence`: from now on the receiver believes nobody with a lower one.
    """

    request: Name
    fence: int
    worker: Name


class Shown(Message, frozen=True):
    """`known` is false where the receiver does not follow this request, or not any more. `ids` are those of whichever
    of its `streams` has the most."""

    request: Name
    ids: tuple[int, ...] = ()
    known: bool = True
    streams: tuple[int, ...] = ()
    """All that read it here: whoever takes over writes to these, and to no other of this inbox."""


Modality = Literal["text", "image", "audio", "video"]


class Offer(Message, frozen=True):
    """Worker → one worker: a job that I was given, and that you may have the beginning of in your cache."""

    job: ChatJob
    handle: Annotated[str, Meta(pattern=r"^\$JS\.ACK(\.[^.\s]+){7,}$", max_length=512)]
    """Names its delivery to the queue: whoever has it may settle it."""
    headers: dict[str, str]
    """As they came with the job."""


class OfferReply(Message, frozen=True):
    """`taken`: it is the answering worker's from now on."""

    taken: bool


class ServedModel(Record, frozen=True):
    """A model as its worker announces it; an adapter is a model of its own, whose `parent` it was trained on."""

    name: Name
    """What jobs for it are published under."""
    context_tokens: int
    aliases: tuple[Name, ...] = ()
    """Other names for it."""
    created_at: float = 0.0
    modalities: tuple[Modality, ...] = ("text",)
    """What a question may consist of."""
    parent: str = ""
    tools: bool = True
    """False: jobs with functions to call are refused."""


class Speculation(Record, frozen=True):
    """How well an engine guesses ahead, counted since it started; absent where it does not."""

    drafts: int
    """Steps of a request in which drafted tokens were checked. Each gives one token more than was accepted."""
    drafted_tokens: int
    accepted_tokens: int

    @property
    def acceptance_rate(self) -> float:
        return self.accepted_tokens / self.drafted_tokens if self.drafted_tokens else 0.0

    @property
    def tokens_per_step(self) -> float:
        """Of steps with a draft; the others give one."""
        return 1 + self.accepted_tokens / self.drafts if self.drafts else 1.0


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
    resume: Literal["ids", "replay", "restart", "none"] = "none"
    instructed: bool = True
    """False for engines that are no language model and only quote passages."""
    finished: int = 0
    """Answers that have ended since the worker started, in whatever way."""
    speculation: Speculation | None = None
    cache: str = ""
    """Whose prefix cache it reads from: front ends of one engine name the same. Empty: its own."""


class LiveRequest(Message, frozen=True):
    """The value of `request.<id>` in the bucket LIVE; its revision at the claim is the fence.

    `finishing` is the point of no return: the answer is decided, and lies in `answer`, so that whoever comes after
    its worker tells the end of that one and generates no other.
    """

    user: Name
    state: Literal["queued", "running", "finishing", "done", "cancelled"] = "queued"
    chat: str = ""
    message_id: str = ""
    passages: tuple[Passage, ...] = ()
    notices: tuple[str, ...] = ()
    """Codes of what the reader was told at the beginning; the edges know what they mean."""
    attempt: int = 1
    job_sequence: int = 0
    """Where the newest attempt's job lies in its stream; 0 until that is known."""
    worker: str = ""
    model: str = ""
    created_at: float = 0.0
    deadline: float = 0.0
    choices: int = 1
    goes_on: bool = False
    """An answer that was there before, and has got results of calls since."""
    answer: Delta | None = None
    """From `finishing` until `done`: everything, from index 0 to the end. Absent when it is too large for an entry."""


class LiveChat(Message, frozen=True):
    """The value of `chat.<id>` in the bucket LIVE: the newest answer in a conversation."""

    request: Name
    resumed: bool = False
    """Somebody else than its asker reads it, too, or waits for it."""
    inboxes: tuple[Name, ...] = ()
    """Of the receivers that read it, or did: a worker that takes over asks each what it has shown."""


class DeadLetter(Message, frozen=True):
    """A job that nobody will try again by itself."""

    job: ChatJob
    failure: Failure
    worker: str
    at: float
