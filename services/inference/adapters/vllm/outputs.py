"""vLLM's outputs as ours. Runs for each step of each stream: no work that a token does not need."""

from typing import Any

from vllm.outputs import CompletionOutput, RequestOutput

from services.inference.adapters.vllm.prompts import Prompt
from services.inference.ports import Output
from shared.errors import EngineFailed
from shared.messages import (
    ChatJob,
    Finished,
    FinishReason,
    Logprobs,
    Part,
    Started,
    Text,
    TokenLogprob,
    Usage,
)

_REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length"}
ABORTED = "abort"


class OutputReader:
    def __init__(self, job: ChatJob, worker: str, prompt: Prompt, shown: int) -> None:
        self._prompt = prompt
        self._job = job
        self._worker = worker
        self._unseen = prompt.held
        self._speeches = prompt.speeches
        self._mute = prompt.mute
        self._completed = shown
        self._has_begun = False

    def output(self, given: RequestOutput) -> Output | None:
        """None: nothing new in it."""
        parts: list[Part] = []
        ids: tuple[int, ...] = ()
        for choice in given.outputs:
            fresh = self._fresh(choice)
            ids += fresh
            self._read(choice, fresh, parts)
        self._completed += len(ids)
        if not (ids or parts or given.finished):
            return None
        replayed: tuple[Part, ...] = ()
        if not self._has_begun:
            self._has_begun = True
            replayed = self._prompt.replayed
            parts.insert(0, self._started(given.num_cached_tokens or 0))
        usage = self._usage(given.num_cached_tokens or 0) if given.finished else None
        return Output(ids, tuple(parts), usage, replayed)

    def over(self, reason: FinishReason) -> Output:
        """The answer was whole already."""
        if self._speeches:
            reason = self._speeches[0].finish_reason(reason)
        return Output((), (self._started(0), Finished(reason)), self._usage(0), self._prompt.replayed)

    def _fresh(self, choice: CompletionOutput) -> tuple[int, ...]:
        """Without the ids that the caller has seen already."""
        ids = tuple(choice.token_ids)
        if not self._unseen:
            return ids
        skipped = min(self._unseen, len(ids))
        self._unseen -= skipped
        return ids[skipped:]

    def _fresh_text(self, text: str) -> str:
        muted = min(self._mute, len(text))
        self._mute -= muted
        return text[muted:]

    def _read(self, choice: CompletionOutput, fresh: tuple[int, ...], parts: list[Part]) -> None:
        reason = choice.finish_reason
        if self._speeches:
            parts += self._speeches[choice.index].hear(fresh, reason, choice.stop_reason)
        elif text := self._fresh_text(choice.text) if self._mute else choice.text:
            parts.append(Text(text, choice.index))
        if choice.logprobs and fresh:
            told = [_logprobs(found, id) for found, id in zip(choice.logprobs, choice.token_ids, strict=True)]
            parts.append(Logprobs(tuple(told[-len(fresh) :]), choice.index))
        if reason is not None and reason != ABORTED:
            if reason == "error":
                raise EngineFailed("The engine gave up on this request.")
            parts.append(Finished(self._reason(reason, choice.index), choice.index))

    def _reason(self, reason: str, choice: int) -> FinishReason:
        ours = _REASONS.get(reason, "stop")
        return self._speeches[choice].finish_reason(ours) if self._speeches else ours

    def _started(self, cached: int) -> Started:
        return Started(self._worker, self._job.model, self._job.attempt, self._prompt.tokens, cached)

    def _usage(self, cached: int) -> Usage:
        thought = sum(speech.reasoning_tokens() for speech in self._speeches)
        return Usage(self._prompt.tokens, self._completed, min(cached, self._prompt.tokens), thought)


def _logprobs(found: dict[int, Any] | None, id: int) -> tuple[TokenLogprob, ...]:
    """Its own first, then the likeliest ones', by rank."""
    if found is None:
        return ()
    own = found[id]
    others = sorted((each for key, each in found.items() if key != id), key=lambda each: each.rank or 0)
    return tuple(
        TokenLogprob(each.decoded_token or "", each.logprob, tuple((each.decoded_token or "").encode()))
        for each in (own, *others)
    )
