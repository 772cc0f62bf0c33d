"""A conversation as a file: Markdown for people, of the branch that was gone on with last; JSON with all there is."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from services.edge.domain.conversations import StoredMessage, Transcript
from services.edge.domain.parts import MessagePart, said
from shared.messages import Passage

Format = Literal["markdown", "json"]
ENDINGS: dict[Format, str] = {"markdown": ".md", "json": ".json"}

NAME_CHARACTERS = 80
UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+')
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices."""

FENCED = r"^(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^(?P=fence)[`~]*[ \t]*$|\Z)"
INLINE = r"(?P<ticks>`+)(?!`)[^\n]+?(?<!`)(?P=ticks)(?!`)"
CITATION = r"\[(?P<number>\d{1,3})\](?![(:])"
CODE_OR_CITATION = re.compile(f"{FENCED}|{INLINE}|{CITATION}", re.MULTILINE | re.DOTALL)
SHOWN_CHARACTERS = 4_000
"""Of what a tool was given, and of what it gave."""
QUOTED_CHARACTERS = 500
"""Of a source in its footnote."""


def filename_of(title: str, format: Format) -> str:  # noqa: A002 - as in the API
    """Safe on every system, and still the title."""
    name = " ".join(UNSAFE.sub(" ", title).split())[:NAME_CHARACTERS].strip(" .")
    if not name or RESERVED.fullmatch(name):
        name = f"conversation {name}".strip()
    return name + ENDINGS[format]


def branch(transcript: Transcript) -> list[StoredMessage]:
    """From the first message to `current`."""
    by_id = {message.id: message for message in transcript.messages}
    line: list[StoredMessage] = []
    following = by_id.get(transcript.current)
    while following is not None:
        line.append(following)
        following = by_id.get(following.parent)
    return line[::-1]


def as_json(transcript: Transcript) -> bytes:
    whole = {
        "conversation": transcript.conversation,
        "current": transcript.current,
        "messages": transcript.messages,
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def as_markdown(transcript: Transcript) -> bytes:
    conversation = transcript.conversation
    times = f"*{_time(conversation.created_at)} – {_time(conversation.updated_at)}*"
    blocks = [f"# {conversation.title}", times]
    notes: list[str] = []
    for place, message in enumerate(branch(transcript), start=1):
        blocks += _said(message, place, notes)
    return ("\n\n".join([*blocks, *notes]) + "\n").encode("utf-8", "replace")


def _said(message: StoredMessage, place: int, notes: list[str]) -> list[str]:
    """Adds its footnotes to `notes`."""
    name = f"Assistant ({message.model})" if message.model else "Assistant"
    who = "You" if message.role == "user" else name
    blocks = [f"## {who} · {_time(message.created_at)}"]
    for part in message.parts or said(message.text):
        if part.type == "text" and isinstance(part.text, str):
            blocks.append(_footnoted(part.text.strip(), message.sources, place, notes))
        elif part.type == "file":
            blocks.append(f"*Attached: {_line(str(part.filename or part.media_type or 'a file'))}*")
        elif part.type.startswith("tool-"):
            blocks += _called(part)
    if message.status == "cancelled":
        blocks.append("*This answer was stopped.*")
    elif message.status == "failed":
        blocks.append(f"*This answer broke off: {_line(message.error)}*")
    return blocks


def _called(part: MessagePart) -> list[str]:
    """What a tool was given, and what it gave."""
    blocks = [f"*Called `{part.type.removeprefix('tool-')}`*", _fenced(part.input)]
    if isinstance(part.error_text, str):
        blocks.append(f"*It failed: {_line(part.error_text)}*")
    elif part.output is not msgspec.UNSET:
        blocks.append(_fenced(part.output))
    return blocks


def _fenced(value: object) -> str:
    text = (
        value
        if isinstance(value, str)
        else msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    )
    shown = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
    longest = max((len(ticks) for ticks in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}json\n{shown}\n{fence}"


def _footnoted(text: str, sources: Sequence[Passage], place: int, notes: list[str]) -> str:
    """`[1]` outside of code becomes a footnote of the whole file, if there is such a source."""
    cited: dict[int, None] = {}

    def refer(found: re.Match[str]) -> str:
        number = int(found["number"] or 0)
        if not 1 <= number <= len(sources):
            return found[0]
        cited[number] = None
        return f"[^{place}-{number}]"

    shown = CODE_OR_CITATION.sub(refer, text)
    found = {f"[^{place}-{number}]: {_source(sources[number - 1])}": None for number in sorted(cited)}
    notes += [note for note in found if note not in notes]
    return shown


def _source(passage: Passage) -> str:
    text = _line(passage.text)
    quoted = text if len(text) <= QUOTED_CHARACTERS else text[: QUOTED_CHARACTERS - 1].rstrip() + "…"
    return f"{_line(passage.title)}, characters {passage.start}–{passage.end}: “{quoted}”"


def _line(text: str) -> str:
    return " ".join(text.split())


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
