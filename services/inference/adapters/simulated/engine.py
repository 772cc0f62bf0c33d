"""The clock that moves all simulated streams at once, as an engine's steps do."""

import asyncio
from collections import deque

import msgspec

from services.inference.adapters.mailbox import Mailbox
from services.inference.adapters.simulated.cache import PrefixCache
from services.inference.adapters.simulated.script import continued, prompt_tokens, read, write
from services.inference.adapters.simulated.stream import SimulatedStream
from services.inference.domain import formats
from services.inference.ports import EngineStats, Resume
from shared.errors import Cancelled, ContextLengthExceeded, EngineFailed, SluiceError
from shared.messages import ChatJob, Part, ServedModel, Started


class SimulatedOptions(msgspec.Struct, frozen=True, kw_only=True):
    slots: int = 256
    step_s: float = 0.02
    """0: as fast as it goes."""
    prefill_tokens_per_s: float = 0.0
    """0: prompts cost no time."""
    max_tokens: int = 128
    context_tokens: int = 8192
    cache_tokens: int = 0
    """What the prefix cache holds; 0: there is none."""
    shares_cache: bool = False
    """Also among users."""


class SimulatedEngine:
    """One task steps every running stream, so that a step's tokens leave together."""

    name = "simulated"
    resume: Resume = "ids"
    instructed = True

    def __init__(
        self, options: SimulatedOptions, *, worker: str, models: tuple[ServedModel, ...] = ()
    ) -> None:
        self._options = options
        self._worker = worker
        self.models = models or (ServedModel("simulated", options.context_tokens),)
        self._running: dict[str, SimulatedStream] = {}
        self._waiting: deque[SimulatedStream] = deque()
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._clock: asyncio.Task[None] | None = None
        self._cache = PrefixCache(options.cache_tokens) if options.cache_tokens else None

    async def start(self) -> None:
        self._clock = asyncio.create_task(self._tick())

    def stream(self, job: ChatJob, resume_ids: tuple[int, ...] = ()) -> Mailbox:
        mailbox = Mailbox(lambda: self._forget(job.request))
        if (refusal := formats.refusal(job, calls=True)) is not None:
            mailbox.close(refusal)
            return mailbox
        tokens = prompt_tokens(job)
        room = self._options.context_tokens - tokens
        if room < (job.sampling.max_tokens or 1):
            mailbox.close(ContextLengthExceeded(f"The model takes {self._options.context_tokens} tokens."))
            return mailbox
        length = self._length(job, tokens)
        scripts = tuple(write(job, choice, length) for choice in range(job.sampling.n))
        started = Started(self._worker, job.model, job.attempt, tokens)
        prompt = read(job) if self._cache is not None else ()
        shown = len(resume_ids) // job.sampling.n
        self._waiting.append(SimulatedStream(job, started, prompt, scripts, mailbox, shown))
        self._idle.clear()
        self._work.set()
        return mailbox

    def _length(self, job: ChatJob, tokens: int) -> int:
        """Of an answer, to a prompt of so many tokens."""
        if job.sampling.max_tokens is not None:
            return job.sampling.max_tokens
        return min(self._options.max_tokens, self._options.context_tokens - tokens)

    async def said(self, job: ChatJob, ids: tuple[int, ...]) -> tuple[Part, ...]:
        return write(job, 0, self._length(job, prompt_tokens(job))).said(len(ids))

    async def abort(self, request: str) -> None:
        self._forget(request, Cancelled("The request was aborted."))

    async def health(self) -> None:
        if self._clock is None or self._clock.done():
            raise EngineFailed("The clock stands still.")

    def stats(self) -> EngineStats:
        running, slots = len(self._running), self._options.slots
        return EngineStats(slots, running, len(self._waiting), kv_use=min(1.0, running / slots))

    async def drain(self) -> None:
        await self._idle.wait()

    async def stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            await asyncio.gather(self._clock, return_exceptions=True)
            self._clock = None
        for stream in [*self._running.values(), *self._waiting]:
            self._forget(stream.request, EngineFailed("The engine was stopped."))

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        next_at = loop.time()
        while True:
            if self._idle.is_set():
                self._work.clear()
                await self._work.wait()
                next_at = loop.time()
            self._admit(loop.time())
            self._step(loop.time())
            next_at = max(next_at + self._options.step_s, loop.time())
            await asyncio.sleep(next_at - loop.time())

    def _admit(self, now: float) -> None:
        rate = self._options.prefill_tokens_per_s
        while self._waiting and len(self._running) < self._options.slots:
            stream = self._waiting.popleft()
            if self._cache is not None:
                stream.cached_tokens = self._cache.cached(stream.prompt, self._salt(stream))
            stream.ready_at = now + ((stream.prompt_tokens - stream.cached_tokens) / rate if rate else 0.0)
            self._running[stream.request] = stream

    def _step(self, now: float) -> None:
        over: list[str] = []
        for stream in self._running.values():
            if now >= stream.ready_at:
                is_read = not stream.has_begun
                stream.step()
                if stream.over:
                    over.append(stream.request)
                if self._cache is not None and (is_read or stream.over):
                    self._cache.store(continued(stream.prompt, stream.said), self._salt(stream))
        for request in over:
            self._forget(request)

    def _salt(self, stream: SimulatedStream) -> str:
        return "" if self._options.shares_cache else stream.user

    def _forget(self, request: str, error: SluiceError | None = None) -> None:
        """Frees its slot. With an error, its reader is told."""
        stream = self._running.pop(request, None)
        if stream is None:
            stream = next((waiting for waiting in self._waiting if waiting.request == request), None)
            if stream is not None:
                self._waiting.remove(stream)
        if stream is not None and error is not None:
            stream.mailbox.close(error)
        if not self._running and not self._waiting:
            self._idle.set()
