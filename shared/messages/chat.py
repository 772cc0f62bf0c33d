"""What is asked of a model: the job that edges and clients publish, and workers pull."""

from typing import Annotated, Literal

from msgspec import Meta

from .base import Message, Name, Record


class ChatMessage(Record, frozen=True):
    """One turn. `content` is plain text; roles are OpenAI's."""

    role: Literal["system", "user", "assistant"]
    content: str


class JsonFormat(Record, frozen=True):
    """The answer is one JSON text. `name` and `strict` are the caller's, for a model's server that asks for them."""

    schema: Annotated[str, Meta(max_length=32_768)] = ""
    """A JSON Schema as JSON text, so that properties keep their order. Empty: any object."""
    name: Annotated[str, Meta(max_length=64)] = ""
    strict: bool = False


class Sampling(Record, frozen=True):
    """How to sample: OpenAI's names and ranges, `None` where the engine's own default holds."""

    max_tokens: Annotated[int, Meta(ge=1, le=1_048_576)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    n: Annotated[int, Meta(ge=1, le=16)] = 1
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    stop: tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...] = ()
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] = 0.0
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] = 0.0
    logprobs: bool = False
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] = 0
    json_format: JsonFormat | None = None
    """None: text, as the model likes."""


class Passage(Record, frozen=True):
    """A piece of a document, found for a question. `start` and `end` are character offsets in its text."""

    document: Name
    title: str
    number: int
    text: str
    start: int
    end: int
    score: float = 0.0
    """Cosine similarity to the query, -1 to 1."""


class ChatJob(Message, frozen=True):
    """One attempt at one answer. Published on `subjects.job(…)` or, from the second attempt on, `resume(…)`."""

    request: Name
    user: Name
    model: Name
    messages: tuple[ChatMessage, ...]
    inbox: Name
    """The receiver's: deltas go to `tokens.<inbox>`."""
    stream: int
    """The receiver's number for this answer; counts up and is never used again."""
    created_at: float
    deadline: float
    """A job that is still waiting then is dropped."""
    sampling: Sampling = Sampling()
    passages: tuple[Passage, ...] = ()
    """The worker shows them to the model as numbered, delimited data."""
    chat: str = ""
    message_id: str = ""
    priority: Literal["interactive", "batch"] = "interactive"
    on_orphan: Literal["cancel", "finish"] = "cancel"
    attempt: int = 1
    resume_ids: tuple[int, ...] = ()
    """Token ids that the caller has seen of earlier attempts; the answer goes on after them."""
    previous_sequence: int = 0
    """Where the attempt before this one lies in its stream, for this one's claimant to delete."""
    fruitless: int = 0
    """Attempts in a row, the newest last, that gave no new token."""
    engine_deaths: int = 0
    """Engines that died while they ran it; others may have been to blame."""
    requested_model: str = ""
    """What the caller asked for, where that is another name for `model`."""


class JobId(Record, frozen=True):
    """What identifies a job to those that only need that much of it."""

    request: Name
    attempt: int = 1
