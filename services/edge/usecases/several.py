"""Several answers to one caller, who asked several things at once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import msgspec

from services.edge.domain.chat import Question
from services.edge.domain.identity import Principal
from services.edge.ports.chat import Write
from services.edge.usecases.answers import AnswerStream
from services.edge.usecases.chat import Chat
from shared.errors import Cancelled
from shared.messages import ChatJob, Delta, End, Part, Piece, Started, Text, Usage, end_of


class SeveralAnswers:
    """As one `AnswerStream`: choices are counted through, and it ends with the last answer, or the first that fails."""

    def __init__(self, answers: Sequence[AnswerStream]) -> None:
        self._answers = answers

    @property
    def job(self) -> ChatJob:
        """The first one's."""
        return self._answers[0].job

    @property
    def choices(self) -> int:
        return sum(answer.choices for answer in self._answers)

    @property
    def known(self) -> int:
        return sum(answer.known for answer in self._answers)

    async def first(self, timeout_s: float | None = None) -> None:
        """The first answer's: the others may wait for the slot that it has."""
        await self._answers[0].first(timeout_s)

    def __aiter__(self) -> AsyncIterator[list[Piece]]:
        return self._merged()

    async def pour(self, write: Write) -> None:
        async for pieces in self:
            if (full := write(pieces)) is not None:
                await full

    async def leave(self, *, may_return: bool = False) -> None:  # noqa: ARG002 - nobody can
        """All are settled before any wait, as `AnswerStream.leave` has it."""
        for answer in self._answers:
            if not answer.is_over:
                answer.give_up(Cancelled("Its reader has gone."))
        await asyncio.gather(*(answer.leave() for answer in self._answers))

    async def _merged(self) -> AsyncGenerator[list[Piece]]:
        usage = Usage()
        reading = {asyncio.ensure_future(anext(answer)): at for at, answer in enumerate(self._answers)}
        try:
            while reading:
                done, _ = await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    at = reading.pop(task)
                    pieces = task.result()
                    end = end_of(pieces)
                    if end is None:
                        reading[asyncio.ensure_future(anext(self._answers[at]))] = at
                    else:
                        usage = _sum(usage, end.usage)
                        end = End(usage, end.failure) if end.failure or not reading else None
                    yield _counted(pieces, self._first_choice(at), end)
                    if end is not None:
                        return
        finally:
            for task in reading:
                task.cancel()
            await asyncio.gather(*reading, return_exceptions=True)

    def _first_choice(self, at: int) -> int:
        return sum(answer.choices for answer in self._answers[:at])


async def ask_all(chat: Chat, principal: Principal, questions: Sequence[Question]) -> SeveralAnswers:
    """All of them or none. Raises as `Chat` does."""
    answers: list[AnswerStream] = []
    try:
        for question in questions:
            answers.append(await chat(principal, question))  # noqa: PERF401 - what was asked is left when one fails
    except BaseException:
        await SeveralAnswers(answers).leave()
        raise
    return SeveralAnswers(answers)


def _counted(pieces: list[Piece], first: int, end: End | None) -> list[Piece]:
    """`pieces` with choices from `first` on, and with `end` in place of their own."""
    counted: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str):
            counted.append(Delta(0, 0, 0, parts=(Text(piece, first),)) if first else piece)
        else:
            parts = tuple(_with_choice(part, first) for part in piece.parts)
            counted.append(msgspec.structs.replace(piece, parts=parts, end=end if piece.end else None))
    return counted


def _with_choice(part: Part, first: int) -> Part:
    return part if isinstance(part, Started) else msgspec.structs.replace(part, choice=part.choice + first)


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        *(a + b for a, b in zip(msgspec.structs.astuple(one), msgspec.structs.astuple(other), strict=True))
    )
