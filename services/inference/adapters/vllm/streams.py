"""The requests of one start of vLLM, from their prompts to their ends."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress

from vllm.v1.engine.async_llm import AsyncLLM
from vllm.v1.engine.exceptions import EngineDeadError

from services.inference.adapters.mailbox import Mailbox
from services.inference.adapters.vllm.lora import Adapters
from services.inference.adapters.vllm.outputs import OutputReader
from services.inference.adapters.vllm.prompts import PromptMaker
from services.inference.adapters.vllm.tap import Tap, failure
from shared.errors import Cancelled, SluiceError
from shared.messages import ChatJob


class _Stream:
    def __init__(self) -> None:
        self.mailbox: Mailbox
        self.name = ""
        """vLLM's own for the request, once it has it: the next attempt at the same request has another."""
        self.why: SluiceError | None = None
        """Why it shall end, once there is a reason: its reader may not have noticed yet."""


class VllmStreams:
    def __init__(self, llm: AsyncLLM, prompts: PromptMaker, adapters: Adapters, worker: str) -> None:
        self._llm = llm
        self._prompts = prompts
        self._adapters = adapters
        self._worker = worker
        self._open: dict[str, _Stream] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    def __len__(self) -> int:
        return len(self._open)

    def open(self, job: ChatJob, resume_ids: tuple[int, ...]) -> Mailbox:
        stream = _Stream()
        stream.mailbox = Mailbox(lambda: self._left(job.request, stream))
        self._open[job.request] = stream
        self._idle.clear()
        self._hold(self._begin(job, resume_ids, stream))
        return stream.mailbox

    async def end(self, request: str, why: SluiceError) -> None:
        """Its slot is free at once; its reader is told `why`. An unknown request is no error."""
        if (stream := self._open.get(request)) is None:
            return
        stream.why = why
        self._let_go(request, stream)
        await self._abort(stream)
        stream.mailbox.close(why)

    async def end_all(self, why: SluiceError) -> None:
        for request in list(self._open):
            await self.end(request, why)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def drain(self) -> None:
        await self._idle.wait()

    async def _begin(self, job: ChatJob, resume_ids: tuple[int, ...], stream: _Stream) -> None:
        request = job.request
        try:
            prompt = await self._prompts.make(job, resume_ids)
            if stream.why is not None:
                return
            reader = OutputReader(job, self._worker, prompt, len(resume_ids))
            if prompt.over is not None:
                stream.mailbox.put(reader.over(prompt.over))
                stream.mailbox.close()
                self._let_go(request, stream)
                return
            tap = Tap(
                stream.mailbox,
                reader,
                ended=lambda: self._let_go(request, stream),
                broke=lambda: self._left(request, stream),
                why=lambda: stream.why,
            )
            stream.name = await tap.open(self._llm, prompt, request, self._adapters.of(job.model))
            if stream.why is not None:  # it was told so before vLLM had it
                await self._abort(stream)
        except Exception as error:  # noqa: BLE001 the reader's to hear
            self._let_go(request, stream)
            stream.mailbox.close(failure(error, job))

    def _left(self, request: str, stream: _Stream) -> None:
        """Nobody reads it any more."""
        if self._open.get(request) is stream:
            stream.why = Cancelled("Its reader has left.")
            self._let_go(request, stream)
            self._hold(self._abort(stream))

    async def _abort(self, stream: _Stream) -> None:
        if stream.name:
            with suppress(EngineDeadError):  # then nothing runs any more
                await self._llm.abort(stream.name, internal=True)

    def _let_go(self, request: str, stream: _Stream) -> None:
        if self._open.get(request) is stream:
            del self._open[request]
            if not self._open:
                self._idle.set()

    def _hold(self, deed: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(deed)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
