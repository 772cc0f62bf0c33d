"""A lane: requests in line, first come, first served, a block of texts at a time."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

R = TypeVar("R")


class Waiting(Generic[R]):
    """A request's texts, and their results as they come in, in order."""

    def __init__(self, texts: Sequence[str], deadline: float) -> None:
        self.texts = texts
        self.deadline = deadline
        """On the lane's clock; by then its first text has left the lane, or never will."""
        self.taken = 0
        self.results: list[R] = []
        self.done: asyncio.Future[list[R]] = asyncio.get_running_loop().create_future()

    def give(self, result: R) -> None:
        self.results.append(result)
        if len(self.results) == len(self.texts) and not self.done.done():
            self.done.set_result(self.results)

    def fail(self, error: BaseException) -> None:
        if not self.done.done():
            self.done.set_exception(error)

    @property
    def over(self) -> bool:
        """Answered, failed, or nobody waits for it any more."""
        return self.done.done()


class Lane(Generic[R]):
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.texts = 0
        """Texts in line; those of requests that are over count until their turn comes."""
        self._line: deque[Waiting[R]] = deque()

    def has_room(self, texts: int) -> bool:
        """One request is always taken, however long, when the lane is empty."""
        return self.texts == 0 or self.texts + texts <= self.limit

    def join(self, request: Waiting[R]) -> None:
        self._line.append(request)
        self.texts += len(request.texts)

    def take(self, most: int, now: float) -> tuple[list[tuple[Waiting[R], str]], list[Waiting[R]]]:
        """Up to `most` texts, and the requests that came too late to be begun, which have left the line."""
        block: list[tuple[Waiting[R], str]] = []
        late: list[Waiting[R]] = []
        while self._line and len(block) < most:
            request = self._line[0]
            if request.over or (request.taken == 0 and now > request.deadline):
                late.append(request)
                self._leave(request)
                continue
            texts = request.texts[request.taken : request.taken + most - len(block)]
            block += [(request, text) for text in texts]
            request.taken += len(texts)
            self.texts -= len(texts)
            if request.taken == len(request.texts):
                self._line.popleft()
        return block, late

    def clear(self) -> list[Waiting[R]]:
        left = list(self._line)
        self._line.clear()
        self.texts = 0
        return left

    def _leave(self, request: Waiting[R]) -> None:
        self._line.popleft()
        self.texts -= len(request.texts) - request.taken
