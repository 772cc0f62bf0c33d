"""What is asked of a model: the job that edges and clients publish, and workers pull."""

from typing import Annotated, Literal

from msgspec import Meta

from .base import Key, Message, Name, OptionalKey, Record
from .sampling import MAX_TOKENS, Sampling, TokenId
from .turns import MAX_TEXT, ChatMessage, ReasoningEffort, Tools


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

    request: Key
    user: Name
    model: Name
    messages: Annotated[tuple[ChatMessage, ...], Meta(max_length=4_096)]
    """Empty where there is a `prompt`."""
    inbox: Name
    """The receiver's: deltas go to `tokens.<inbox>`."""
    stream: int
    """The receiver's number for this answer; counts up and is never used again."""
    created_at: float
    deadline: float
    """A job that is still waiting then is dropped."""
    sampling: Sampling = Sampling()
    prompt: (
        Annotated[str, Meta(max_length=MAX_TEXT)]
        | Annotated[tuple[TokenId, ...], Meta(max_length=MAX_TOKENS)]
        | None
    ) = None
    """To be gone on with as it is, in place of `messages`: text, or token ids."""
    tools: Tools | None = None
    reasoning_effort: ReasoningEffort | None = None
    """For chat templates that know it."""
    chat_template_kwargs: Annotated[str, Meta(max_length=4_096)] = ""
    """What the model's chat template takes beside the messages, as in `{"enable_thinking": false}`: a JSON object."""
    passages: tuple[Passage, ...] = ()
    """The worker shows them to the model as numbered, delimited data."""
    chat: OptionalKey = ""
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
