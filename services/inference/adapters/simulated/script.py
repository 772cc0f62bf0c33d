"""What the simulated engine says: words drawn by a seed, so that a test knows each token beforehand."""

import hashlib
import random

import msgspec

from services.inference.adapters.simulated.acting import acted
from services.inference.domain.saying import merged
from services.inference.domain.words import count, pieces
from shared.messages import ChatJob, FinishReason, Part, Text, ToolCall

TEXT = (
    "water flows through the open gate and a slow wheel turns below it while every keeper counts light steps "
    "along this quiet channel where boats wait for morning rain under old stone walls near green fields that "
    "drink from small streams until evening wind brings cold air over hills then birds cross wide river bends"
)
WORDS = tuple(TEXT.split())
SENTENCE_WORDS = 12
MESSAGE_TOKENS = 4
"""What a chat template adds to each message."""


class Script(msgspec.Struct, frozen=True):
    """One choice, whole: for each id a part that is `acted`, and then a piece of text."""

    ids: tuple[int, ...]
    pieces: tuple[str, ...]
    reason: FinishReason
    acted: tuple[Part, ...] = ()

    def part(self, place: int, choice: int) -> Part:
        before = len(self.acted)
        return self.acted[place] if place < before else Text(self.pieces[place - before], choice)

    def said(self, places: int) -> tuple[Part, ...]:
        """Of the first choice."""
        return merged([self.part(place, 0) for place in range(min(places, len(self.ids)))])


def prompt_tokens(job: ChatJob) -> int:
    prompt = count(job.prompt) if isinstance(job.prompt, str) else 0
    return prompt + sum(MESSAGE_TOKENS + count(message.text) for message in job.messages)


def read(job: ChatJob) -> tuple[str, ...]:
    """The prompt, token by token: as many as `prompt_tokens` says."""
    prompt = pieces(job.prompt) if isinstance(job.prompt, str) else []
    return (
        *prompt,
        *(token for message in job.messages for token in _message(message.role, message.text)),
    )


def continued(prompt: tuple[str, ...], answer: str) -> tuple[str, ...]:
    """As the beginning of the conversation's next prompt."""
    return (*prompt, *_message("assistant", answer))


def _message(role: str, content: str) -> list[str]:
    return [*[f"<{role}>"] * MESSAGE_TOKENS, *pieces(content)]


def write(job: ChatJob, choice: int, length: int) -> Script:
    """`length` tokens: the same for the same messages, seed and choice. A `stop` string ends it, unsaid."""
    rng = random.Random(_seed(job, choice))  # noqa: S311 - it shall be foreseeable
    ids = tuple(rng.choices(range(len(WORDS)), k=length))
    reason: FinishReason = "stop" if job.sampling.max_tokens is None else "length"
    did = acted(job, choice)
    if not did:
        said = tuple(_piece(id, place) for place, id in enumerate(ids))
        return _cut(Script(ids, said, reason), job.sampling.stop)
    if isinstance(did[-1], ToolCall):
        return Script(ids[: len(did)], (), "tool_calls" if len(did) <= length else "length", did[:length])
    rest = ids[len(did) :]
    said = tuple(_piece(id, place) for place, id in enumerate(rest))
    cut = _cut(Script(rest, said, reason), job.sampling.stop)
    return Script((*ids[: len(did)], *cut.ids), cut.pieces, cut.reason, did[:length])


def _piece(id: int, place: int) -> str:
    in_sentence = place % SENTENCE_WORDS
    word = WORDS[id].capitalize() if in_sentence == 0 else WORDS[id]
    end = "." if in_sentence == SENTENCE_WORDS - 1 else ""
    return f"{' ' if place else ''}{word}{end}"


def _seed(job: ChatJob, choice: int) -> bytes:
    told: list[object] = [(message.role, message.text) for message in job.messages]
    if job.prompt is not None:
        told.append(job.prompt)
    return hashlib.sha256(msgspec.msgpack.encode([told, job.sampling.seed, choice])).digest()


def _cut(script: Script, stops: tuple[str, ...]) -> Script:
    text = "".join(script.pieces)
    places = [place for stop in stops if (place := text.find(stop)) >= 0]
    if not places:
        return script
    left, said = min(places), list[str]()
    for piece in script.pieces:
        said.append(piece[:left])
        left -= len(piece)
        if left <= 0:
            break
    return Script(script.ids[: len(said)], tuple(said), "stop")
