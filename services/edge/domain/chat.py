"""A question as the chat use case takes it, and the rules that it must meet."""

import msgspec

from services.edge.domain.parts import MessagePart, Outcomes
from shared.errors import InvalidRequest, TooLarge
from shared.messages import ChatMessage, ReasoningEffort, Sampling, Tools
from shared.messages.turns import MAX_PICTURES_BYTES

TITLE_CHARACTERS = 80
UNTITLED = "?"
MAX_TURNS = 4_096
"""Calls and their results included: what a job takes."""
QUERY_CHARACTERS = 2_000
"""How much of a long question is looked up: the embedder reads no more of it."""


class ChatRules(msgspec.Struct, frozen=True, kw_only=True):
    """What one request may take."""

    max_messages: int = 256
    """Without calls and their results."""
    max_characters: int = 200_000
    """Of all messages together; four bytes a character still fit one message of the bus."""
    max_streams: int = 4_096
    """Answers that one edge follows at a time."""
    max_streams_per_user: int = 64
    """The same, of one user's."""
    turns_at_a_time: int = 8
    """Questions that are being stored; fewer than the database has connections, since others need some, too."""
    patience_s: float = 10.0
    """How long a question waits for that in a burst."""
    deadline_s: float = 600.0
    retrieval_limit: int = 6
    retrieval_min_score: float = 0.2
    """A cosine similarity; passages below it would only mislead."""
    resume_grace_s: float = 15.0
    """How long an answer is kept for a reader who has gone and can come back."""
    worker_return_s: float = 30.0
    """How long an answer that has begun waits for a worker when its model has none left."""
    queue_jobs: int = 10_000
    """What the queue holds at most, the jobs that are running included."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What to answer, whoever asked and however it came in."""

    model: str
    """A served name or an alias; empty: the edge's default."""
    messages: tuple[ChatMessage, ...] = ()
    sampling: Sampling = Sampling()
    prompt: str | tuple[int, ...] | None = None
    """To be gone on with as it is, in place of messages: text, or token ids."""
    tools: Tools | None = None
    reasoning_effort: ReasoningEffort | None = None
    chat_template_kwargs: str = ""
    """A JSON object."""
    retrieve: bool = False
    """Look the last message up in the user's documents."""
    chat: str = ""
    """The conversation to store it in; empty: none."""
    question_id: str = ""
    """The last message's id in that conversation."""
    before: tuple[str, ...] | None = None
    """The ids of the messages before it, nearest first; None where the client names none."""
    beside: bool = False
    """Asked again, it keeps its older answers."""
    asked: str | None = None
    """The last message in the user's own words, where there is more in it: without what is in `files`."""
    files: tuple[MessagePart, ...] = ()
    """The last message's."""
    outcomes: Outcomes | None = None
    """Of calls in the answer before the question; or in the answer that goes on."""
    goes_on: bool = False
    """Nothing new is asked: an answer goes on with its calls' results."""
    needs_tools: bool = True
    """False: a model that cannot call functions shall answer without."""


class Notice(msgspec.Struct, frozen=True):
    """Something the reader should know about an answer that comes all the same."""

    code: str
    message: str


NO_SOURCES = Notice(
    "retrieval_unavailable", "Your documents could not be searched, so this answer does not use them."
)
NOTICES = {notice.code: notice for notice in (NO_SOURCES,)}
"""By their codes, which are what edges tell one another."""


def check(question: Question, rules: ChatRules) -> None:
    """Raises `InvalidRequest` or `TooLarge`, naming the field."""
    messages = question.messages
    if question.prompt is not None:
        _check_prompt(question.prompt, rules)
        return
    if not messages:
        raise InvalidRequest("There are no messages.", param="messages")
    said = sum(message.role != "tool" and not message.tool_calls for message in messages)
    if said > rules.max_messages or len(messages) > MAX_TURNS:
        raise InvalidRequest(f"There are more than {rules.max_messages} messages.", param="messages")
    if sum(map(_characters, messages)) > rules.max_characters:
        raise TooLarge(f"The messages have more than {rules.max_characters} characters.", param="messages")
    if sum(len(picture.data) for message in messages for picture in message.images) > MAX_PICTURES_BYTES:
        raise TooLarge(
            f"The conversation's pictures have more than {MAX_PICTURES_BYTES} bytes together.",
            param="messages",
        )
    if question.chat and not _can_be_answered(messages[-1]):
        raise InvalidRequest("The last message must be the user's, with some text.", param="messages")


def _can_be_answered(last: ChatMessage) -> bool:
    """A question, or what came of a call."""
    return last.role == "tool" or (last.role == "user" and bool(last.text.strip() or last.images))


def _characters(message: ChatMessage) -> int:
    called = sum(len(call.name) + len(call.arguments) for call in message.tool_calls)
    return len(message.text) + len(message.reasoning) + called


def _check_prompt(prompt: str | tuple[int, ...], rules: ChatRules) -> None:
    """A token id is at least a character of somebody's prompt."""
    if not prompt:
        raise InvalidRequest("The prompt is empty.", param="prompt")
    if len(prompt) > rules.max_characters:
        raise TooLarge(f"The prompt has more than {rules.max_characters} characters.", param="prompt")


def words_of(question: Question) -> str:
    """What is asked, in the user's own words."""
    return question.messages[-1].text if question.asked is None else question.asked


def title_of(question: Question) -> str:
    """A conversation's first title: the beginning of its first question, on one line; of a file alone its name."""
    names = (str(file.filename) for file in question.files if file.filename)
    line = " ".join((words_of(question).strip() or next(names, UNTITLED)).split())
    return line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 1].rstrip() + "…"


def query_of(question: Question) -> str:
    """What to look up: the newest thing that the user said."""
    if question.asked is not None:
        return question.asked.strip()[:QUERY_CHARACTERS]
    said = (message.text for message in reversed(question.messages) if message.role == "user")
    return next(said, "").strip()[:QUERY_CHARACTERS]
