"""Chunks of an upstream's stream, as outputs."""

from collections.abc import Iterator

from services.inference.adapters.openai.wire import (
    Chunk,
    ChunkChoice,
    ChunkUsage,
    TokenLogprobs,
    finish_reason,
)
from services.inference.domain.words import count
from services.inference.ports import Output
from shared.errors import EngineFailed
from shared.messages import (
    ChatJob,
    Finished,
    Logprobs,
    Part,
    Reasoning,
    Started,
    Text,
    TokenLogprob,
    ToolCall,
    Usage,
)


class ChunkReader:
    """Counts pieces, since the upstream tells no ids, and keeps the finish reasons for the last output.

    How long the prompt is, only the upstream knows, and says it at the end: until then ours is a guess.
    """

    def __init__(self, job: ChatJob, worker: str) -> None:
        guess = sum(count(message.text) for message in job.messages)
        self._parts: list[Part] = [Started(worker, job.model, job.attempt, guess)]
        self._pieces = 0
        self._choices = job.sampling.n
        self._finished: dict[int, Finished] = {}
        self._usage: ChunkUsage | None = None

    def output(self, chunk: Chunk) -> Output | None:
        """None: nothing to show yet."""
        if (text := _plain(chunk)) and not self._parts:
            self._pieces += 1
            return Output((self._pieces - 1,), (Text(text),))
        if chunk.error is not None:
            raise EngineFailed(f"The upstream gave up: {chunk.error.message}")
        if chunk.usage is not None:
            self._usage = chunk.usage
        parts = [part for choice in chunk.choices for part in self._parts_of(choice)]
        if not parts:
            return None
        self._pieces += 1
        begun, self._parts = self._parts, []
        return Output((self._pieces - 1,), (*begun, *parts))

    def last(self) -> Output:
        """Raises `EngineFailed` when the stream broke off before every choice was complete."""
        if len(self._finished) < self._choices:
            raise EngineFailed("The upstream's answer broke off.")
        usage = self._usage or ChunkUsage(completion_tokens=self._pieces)
        details = usage.prompt_tokens_details
        cached = (details.cached_tokens or 0) if details is not None else 0
        thought = usage.completion_tokens_details
        reasoning = (thought.reasoning_tokens or 0) if thought is not None else 0
        total = Usage(usage.prompt_tokens, usage.completion_tokens, cached, reasoning)
        return Output((), (*self._parts, *self._finished.values()), total)

    def _parts_of(self, choice: ChunkChoice) -> Iterator[Part]:
        delta, index = choice.delta, choice.index
        if reasoning := delta.reasoning_content or delta.reasoning:
            yield Reasoning(reasoning, index)
        if delta.content:
            yield Text(delta.content, index)
        for call in delta.tool_calls or ():
            function = call.function
            name, arguments = (function.name or "", function.arguments or "") if function else ("", "")
            yield ToolCall(call.index, call.id or "", name, arguments, index)
        if choice.logprobs is not None and choice.logprobs.content:
            yield Logprobs(tuple(_logprobs(token) for token in choice.logprobs.content), index)
        if choice.finish_reason is not None:
            self._finished[index] = Finished(finish_reason(choice.finish_reason), index)


def _plain(chunk: Chunk) -> str | None:
    """The text of a chunk that is nothing else, as nearly all are."""
    if len(chunk.choices) != 1 or chunk.usage is not None or chunk.error is not None:
        return None
    choice = chunk.choices[0]
    delta = choice.delta
    if choice.index or choice.finish_reason is not None or choice.logprobs is not None:
        return None
    is_more = delta.reasoning_content or delta.reasoning or delta.tool_calls
    return None if is_more else delta.content


def _logprobs(token: TokenLogprobs) -> tuple[TokenLogprob, ...]:
    return tuple(
        TokenLogprob(each.token, each.logprob, tuple(each.bytes or each.token.encode()))
        for each in (token, *token.top_logprobs)
    )
