"""The engine port on `AsyncLLM`."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import suppress

import psutil
import structlog
from vllm.exceptions import VLLMValidationError
from vllm.v1.engine.async_llm import AsyncLLM
from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

from services.inference.adapters.vllm.arguments import chat_template
from services.inference.adapters.vllm.options import VllmOptions, engine_args, is_on_cpu, replays
from services.inference.adapters.vllm.outputs import ABORTED, OutputReader
from services.inference.adapters.vllm.processes import below, effort, engine_processes, kill, reap
from services.inference.adapters.vllm.prompts import PromptMaker, refusal
from services.inference.adapters.vllm.watch import SchedulerWatch
from services.inference.domain.hanging import HangWatch
from services.inference.ports import EngineStats, Output, Resume
from shared.errors import Cancelled, EngineFailed, SluiceError
from shared.messages import ChatJob, ServedModel

log = structlog.get_logger()

SHUTDOWN_S = 30.0
LOAD_POLL_S = 0.2


class VllmEngine:
    name = "vllm"
    instructed = True

    def __init__(self, options: VllmOptions, *, worker: str, model: str) -> None:
        self._args = engine_args(options)
        self._chat_template = chat_template(options.chat_template)
        self._hang_s = options.hang_s
        self.resume: Resume = "replay" if replays(self._args) else "ids"
        self._worker = worker
        self._model = model
        self._llm: AsyncLLM | None = None
        self._prompts: PromptMaker | None = None
        self._processes: list[psutil.Process] = []
        self._watch = SchedulerWatch()
        self._hang = self._hang_watch()
        self._open: set[str] = set()
        self._ended: dict[str, SluiceError] = {}
        """Requests that the engine has let go, and why; their readers may not have noticed yet."""
        self._idle = asyncio.Event()
        self._idle.set()
        self._slots = 0
        self._loading: asyncio.Task[AsyncLLM] | None = None
        self.models = (ServedModel(model, 0),)

    async def start(self) -> None:
        """In a thread: loading a model takes a minute, and the bus must not wait for it."""
        self._watch = SchedulerWatch()
        load = asyncio.to_thread(AsyncLLM.from_engine_args, self._args, stat_loggers=[self._watcher])
        self._loading = asyncio.create_task(load)
        try:
            llm = await asyncio.shield(self._loading)
        except Exception as error:
            log.exception("vllm.start_failed", model=self._args.model)
            raise EngineFailed(f"vLLM could not load {self._args.model}: {error}") from error
        self._llm, self._loading = llm, None
        self._processes = engine_processes(llm)
        self._hang = self._hang_watch()
        self._prompts = PromptMaker(llm.model_config, llm.renderer, chat_template=self._chat_template)
        self._slots = llm.vllm_config.scheduler_config.max_num_seqs
        self.models = (ServedModel(self._model, llm.model_config.max_model_len),)
        if self._chat_template is not None:
            await self._prompts.try_template()

    async def stream(self, job: ChatJob, resume_ids: tuple[int, ...] = ()) -> AsyncGenerator[Output, None]:
        self._open.add(job.request)
        self._idle.clear()
        try:
            async for output in self._generate(job, resume_ids):
                yield output
        except EngineDeadError as error:
            raise EngineFailed("The engine has died.") from error
        except EngineGenerateError as error:
            raise EngineFailed("The engine gave up on this request.") from error
        except (VLLMValidationError, ValueError) as error:
            raise refusal(error, job.sampling) from error
        finally:
            self._let_go(job.request)
            self._ended.pop(job.request, None)

    async def text(self, _job: ChatJob, ids: tuple[int, ...]) -> str:
        if self._prompts is None:
            raise EngineFailed("The engine is not running.")
        return self._prompts.text(ids)

    async def abort(self, request: str) -> None:
        await self._end(request, Cancelled("The request was aborted."))

    async def health(self) -> None:
        """An engine that is found to hang is killed: its streams learn of its death as of any other."""
        if (llm := self._llm) is None:
            raise EngineFailed("The engine is not running.")
        try:
            await llm.check_health()
        except EngineDeadError as error:
            raise EngineFailed("The engine has died.") from error
        if self._hang.look(self._watch.steps, is_busy=llm.output_processor.has_unfinished_requests()):
            if killed := kill(self._processes):
                log.error("vllm.hung", processes=len(killed), steps=self._watch.steps)
            raise EngineFailed("The engine hung, and was killed.")

    def stats(self) -> EngineStats:
        waiting = min(self._watch.waiting, len(self._open))
        kv_use = self._watch.kv_use if self._open else 0.0
        return EngineStats(self._slots, len(self._open) - waiting, waiting, kv_use, self._watch.speculation())

    async def drain(self) -> None:
        await self._idle.wait()

    async def stop(self) -> None:
        """vLLM's `shutdown` blocks for seconds, so it gets a thread; its output task goes first, or it complains."""
        llm, self._llm = self._llm, None
        if self._loading is not None:
            llm = await self._give_up(self._loading)
            self._loading = None
        if llm is None:
            return
        for request in list(self._open):
            with suppress(EngineDeadError):
                await self._end(request, EngineFailed("The engine was stopped."), llm)
        if llm.output_handler is not None:
            llm.output_handler.cancel()
        try:
            await asyncio.wait_for(asyncio.to_thread(llm.shutdown), SHUTDOWN_S)
        except TimeoutError:
            log.warning("vllm.shutdown_slow", after_s=SHUTDOWN_S)
        if left := await asyncio.to_thread(reap, self._processes):
            log.warning("vllm.reaped", processes=left)

    async def _give_up(self, loading: "asyncio.Task[AsyncLLM]") -> AsyncLLM | None:
        """A model that is being loaded is of no use any more, and nothing but the death of its processes ends that.
        It returns what was loaded just then."""
        deadline = time.monotonic() + SHUTDOWN_S
        while not loading.done() and time.monotonic() < deadline:
            await asyncio.to_thread(reap, below())
            await asyncio.wait({loading}, timeout=LOAD_POLL_S)
        if not loading.done():
            log.warning("vllm.still_loading", after_s=SHUTDOWN_S)
            return None
        return None if loading.cancelled() or loading.exception() is not None else loading.result()

    async def _generate(self, job: ChatJob, resume_ids: tuple[int, ...]) -> AsyncGenerator[Output, None]:
        llm, prompts = self._llm, self._prompts
        if llm is None or prompts is None:
            raise EngineFailed("The engine is not running.")
        prompt = await prompts.make(job, resume_ids)
        self._raise_if_ended(job.request)
        reader = OutputReader(job, self._worker, prompt, len(resume_ids))
        if prompt.over is not None:
            yield reader.over(prompt.over)
            return
        async for given in llm.generate(prompt.input, prompt.params, job.request):
            if any(choice.finish_reason == ABORTED for choice in given.outputs):
                self._raise_if_ended(job.request)
                raise EngineFailed("The engine aborted this request.")
            if (output := reader.output(given)) is not None:
                yield output

    async def _end(self, request: str, why: SluiceError, llm: AsyncLLM | None = None) -> None:
        if request not in self._open:
            return
        self._ended[request] = why
        if (running := llm or self._llm) is not None:
            await running.abort(request)
        self._let_go(request)

    def _let_go(self, request: str) -> None:
        self._open.discard(request)
        if not self._open:
            self._idle.set()

    def _raise_if_ended(self, request: str) -> None:
        if (why := self._ended.get(request)) is not None:
            raise why

    def _hang_watch(self) -> HangWatch:
        return HangWatch(self._hang_s, effort(self._processes, is_on_cpu=is_on_cpu()), clock=time.monotonic)

    def _watcher(self, *_: object) -> SchedulerWatch:
        return self._watch
