"""One attempt at an answer, from its claim to its end."""

from collections import defaultdict
from typing import Literal

from shared.messages import (
    Answer,
    ChatJob,
    Delta,
    End,
    Failure,
    Finished,
    FinishReason,
    Part,
    Reasoning,
    Started,
    Text,
    Usage,
)

State = Literal["opening", "streaming", "complete", "cancelled", "failed", "lost"]

_NEXT: dict[State, frozenset[State]] = {
    "opening": frozenset({"streaming", "cancelled", "failed", "lost"}),
    "streaming": frozenset({"complete", "cancelled", "failed", "lost"}),
    "complete": frozenset({"cancelled", "lost"}),  # until it is stored, others may still have a say
    "failed": frozenset({"cancelled", "lost"}),
    "cancelled": frozenset({"cancelled", "lost"}),
    "lost": frozenset({"lost"}),
}


class IllegalTransition(Exception):
    """An attempt cannot go from this state to that one: a bug of ours."""


class Attempt:
    """Turns an engine's output into deltas and keeps the answer, so that it can be stored without a reader.

    `fence` is the revision of the claim; `index` counts the token ids of the whole answer, those of earlier
    attempts included.
    """

    def __init__(self, job: ChatJob, fence: int) -> None:
        self.job = job
        self.fence = fence
        self.state: State = "opening"
        self.index = len(job.resume_ids)
        self.failure: Failure | None = None
        self._started: Started | None = None
        self._usage: Usage | None = None
        self._texts = defaultdict[int, list[str]](list)
        self._reasoning = defaultdict[int, list[str]](list)
        self._reasons: dict[int, FinishReason] = {}

    @property
    def usage(self) -> Usage:
        """The engine's own word, or what was counted until the answer was cut off."""
        if self._usage is not None:
            return self._usage
        prompt, cached = (
            (self._started.prompt_tokens, self._started.cached_tokens) if self._started else (0, 0)
        )
        return Usage(prompt, self.index, cached)

    def become(self, state: State, failure: Failure | None = None) -> None:
        if state not in _NEXT[self.state]:
            raise IllegalTransition(f"{self.state} → {state}")
        self.state = state
        self.failure = failure

    def begin(self, replayed: str) -> None:
        """`replayed`: what the ids of earlier attempts say; part of the answer, but shown already."""
        self.become("streaming")
        if replayed:
            self._texts[0].append(replayed)

    def delta(self, ids: tuple[int, ...], parts: tuple[Part, ...], usage: Usage | None = None) -> Delta:
        for part in parts:
            self._keep(part)
        if usage is not None:
            self._usage = usage
        delta = Delta(self.job.stream, self.fence, self.index, ids, parts)
        self.index += len(ids)
        return delta

    def end(self) -> Delta:
        """The terminal delta."""
        return Delta(self.job.stream, self.fence, self.index, end=End(self.usage, self.failure))

    def answers(self) -> tuple[Answer, ...]:
        """All choices, as far as they have come."""
        cut: FinishReason = "cancelled" if self.state == "cancelled" else "error"
        return tuple(
            Answer(
                text="".join(self._texts.get(choice, ())),
                reasoning="".join(self._reasoning.get(choice, ())),
                finish_reason=self._reasons.get(choice, cut),
            )
            for choice in range(self.job.sampling.n)
        )

    def _keep(self, part: Part) -> None:
        """Text first: it is what nearly every step of every stream brings."""
        if isinstance(part, Text):
            self._texts[part.choice].append(part.text)
        elif isinstance(part, Reasoning):
            self._reasoning[part.choice].append(part.text)
        elif isinstance(part, Finished):
            self._reasons[part.choice] = part.reason
        elif isinstance(part, Started):
            self._started = part
