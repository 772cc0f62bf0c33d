"""One attempt at an answer, from its claim to its end."""

from typing import Literal

from services.inference.domain.tape import Tape
from shared.messages import ChatJob, Delta, End, Failure, Finished, FinishReason, Part, Started, Usage

State = Literal["opening", "streaming", "complete", "moved", "cancelled", "failed", "lost"]

_NEXT: dict[State, frozenset[State]] = {
    "opening": frozenset({"streaming", "moved", "cancelled", "failed", "lost"}),
    "streaming": frozenset({"complete", "moved", "cancelled", "failed", "lost"}),
    "complete": frozenset({"cancelled", "lost"}),  # until it is stored, others may still have a say
    "moved": frozenset({"cancelled", "failed", "lost"}),
    "failed": frozenset({"cancelled", "lost"}),
    "cancelled": frozenset({"cancelled", "lost"}),
    "lost": frozenset({"lost"}),
}


class IllegalTransition(Exception):
    """An attempt cannot go from this state to that one: a bug of ours."""


class Attempt:
    """Keeps what an engine says, so that it can be shown again and stored without a reader.

    `fence` is the revision of the claim. `given` are the ids of earlier attempts that it goes on after, `known` how
    many ids its reader had when it began, and `fruitless` how many attempts before it gave nothing.
    """

    def __init__(
        self, job: ChatJob, fence: int, given: tuple[int, ...] = (), *, known: int = 0, fruitless: int = 0
    ) -> None:
        self.job = job
        self.fence = fence
        self.given = given
        self.known = max(known, len(given))
        self.fruitless = fruitless
        self.state: State = "opening"
        self.failure: Failure | None = None
        self.tape = Tape(fence)
        self._started: Started | None = None
        self._usage: Usage | None = None
        self._reasons: dict[int, FinishReason] = {}

    @property
    def usage(self) -> Usage:
        """The engine's own word, or what was counted until the answer was cut off."""
        if self._usage is not None:
            return self._usage
        prompt, cached = (
            (self._started.prompt_tokens, self._started.cached_tokens) if self._started else (0, 0)
        )
        return Usage(prompt, len(self.made), cached)

    @property
    def made(self) -> tuple[int, ...]:
        """All ids of the answer so far, those of earlier attempts included."""
        return tuple(self.tape.ids) or self.given

    @property
    def finish_reasons(self) -> list[FinishReason]:
        cut: FinishReason = "cancelled" if self.state == "cancelled" else "error"
        return [self._reasons.get(choice, cut) for choice in range(self.job.sampling.n)]

    def become(self, state: State, failure: Failure | None = None) -> None:
        if state not in _NEXT[self.state]:
            raise IllegalTransition(f"{self.state} → {state}")
        self.state = state
        self.failure = failure

    def begin(self, replayed: tuple[Part, ...]) -> None:
        """`replayed`: what the given ids say; part of the answer, but shown already."""
        self.become("streaming")
        self.tape.add(self.given, replayed)

    def add(self, ids: tuple[int, ...], parts: tuple[Part, ...], usage: Usage | None = None) -> int:
        """What a step has made; returns the index at which it begins. Runs for each step of each stream."""
        index = len(self.tape.ids)
        if not self.tape.add(ids, parts):
            self._keep(parts)
        if usage is not None:
            self._usage = usage
        return index

    def recall(self, ids: tuple[int, ...], said: tuple[Part, ...]) -> None:
        """It ends before it has come as far as its readers had seen: that is its answer."""
        self.tape = Tape(self.fence)
        self.tape.add(ids, said)

    def whole(self) -> Delta:
        """The answer with its end, once it is decided."""
        if not self.tape.ids and self.given:  # it ended before it began
            self.tape.add(self.given, ())
        return self.tape.whole(self.job.stream, End(self.usage, self.failure))

    def _keep(self, parts: tuple[Part, ...]) -> None:
        for part in parts:
            if isinstance(part, Finished):
                self._reasons[part.choice] = part.reason
            elif isinstance(part, Started):
                self._started = part
