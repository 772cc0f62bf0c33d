"""The engine port on `AsyncLLM`."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import psutil
import structlog
from vllm.v1.engine.async_llm import AsyncLLM
from vllm.v1.engine.exceptions import EngineDeadError

from services.inference.adapters.guard import Guard
from services.inference.adapters.mailbox import Mailbox
from services.inference.adapters.vllm.announced import announced
from services.inference.adapters.vllm.arguments import chat_template
from services.inference.adapters.vllm.link import OwnerLink
from services.inference.adapters.vllm.options import VllmOptions, engine_args, is_on_cpu, parsers, replays
from services.inference.adapters.vllm.processes import below, effort, engine_processes, kill, reap
from services.inference.adapters.vllm.prompts import PromptMaker
from services.inference.adapters.vllm.streams import VllmStreams
from services.inference.adapters.vllm.watch import SchedulerWatch, spare_statistics
from services.inference.domain.hanging import HangWatch
from services.inference.ports import EngineStats, Resume
from shared.errors import Cancelled, EngineFailed
from shared.messages import ChatJob, Part, ServedModel

log = structlog.get_logger()

SHUTDOWN_S = 30.0
LOAD_POLL_S = 0.2


class VllmEngine:
    name = "vllm"
    instructed = True

    def __init__(
        self,
        options: VllmOptions,
        *,
        worker: str,
        models: tuple[ServedModel, ...],
        owner: OwnerLink | None = None,
    ) -> None:
        """`models`: the model itself, then its adapters. `owner`: another process has the engine, and this one is one
        of its front ends."""
        self._options = options
        self._args = engine_args(options)
        self._adapters = options.adapters
        self._chat_template = chat_template(options.chat_template)
        self._hang_s = options.hang_s
        self.resume: Resume = "replay" if replays(self._args) else "ids"
        self._owner = owner
        self._worker = worker
        self._llm: AsyncLLM | None = None
        self._prompts: PromptMaker | None = None
        self._processes: list[psutil.Process] = []
        self._guard = Guard()
        self._watch = SchedulerWatch()
        self._hang = self._hang_watch()
        self._streams: VllmStreams | None = None
        self._slots = 0
        self._loading: asyncio.Task[AsyncLLM] | None = None
        self.models = models

    async def start(self) -> None:
        """In a thread: loading a model takes a minute, and the bus must not wait for it."""
        self._watch = SchedulerWatch()
        self._loading = asyncio.create_task(asyncio.to_thread(await self._way()))
        try:
            llm = await asyncio.shield(self._loading)
        except Exception as error:
            log.exception("vllm.start_failed", model=self._args.model)
            raise EngineFailed(f"vLLM could not load {self._args.model}: {error}") from error
        self._llm, self._loading = llm, None
        self._processes = engine_processes(llm)
        if self._processes:
            await self._guard.watch(self._processes)
        self._hang = self._hang_watch()
        spare_statistics(llm)
        self._prompts = self._prompt_maker(llm)
        if self._chat_template is not None:
            await self._prompts.try_template()
        self._streams = VllmStreams(llm, self._prompts, self._adapters, self._worker)
        seats = llm.vllm_config.scheduler_config.max_num_seqs
        self._slots = seats if self._owner is None else self._owner.slots(seats)
        await self._adapters.load(llm)
        self.models = announced(self.models, llm.model_config, tools=self._prompts.calls)

    def stream(self, job: ChatJob, resume_ids: tuple[int, ...] = ()) -> Mailbox:
        if self._streams is None:
            return _failed(EngineFailed("The engine is not running."))
        return self._streams.open(job, resume_ids)

    async def said(self, job: ChatJob, ids: tuple[int, ...]) -> tuple[Part, ...]:
        if self._prompts is None:
            raise EngineFailed("The engine is not running.")
        return await self._prompts.said(job, ids)

    async def abort(self, request: str) -> None:
        if self._streams is not None:
            await self._streams.end(request, Cancelled("The request was aborted."))

    async def health(self) -> None:
        """An engine that is found to hang is killed: its streams learn of its death as of any other."""
        if (llm := self._llm) is None:
            raise EngineFailed("The engine is not running.")
        try:
            await llm.check_health()
        except EngineDeadError as error:
            raise EngineFailed("The engine has died.") from error
        is_busy = llm.output_processor.has_unfinished_requests()
        if self._owner is not None:  # it sees what all front ends see, and judges by that
            await self._owner.beat(self._watch.steps, is_busy=is_busy)
        elif self._hang.look(self._watch.steps, is_busy=is_busy):
            if killed := kill(self._processes):
                log.error("vllm.hung", processes=len(killed), steps=self._watch.steps)
            raise EngineFailed("The engine hung, and was killed.")

    def stats(self) -> EngineStats:
        open_ = 0 if self._streams is None else len(self._streams)
        waiting = min(self._watch.waiting, open_)
        kv_use = self._watch.kv_use if open_ else 0.0
        return EngineStats(self._slots, open_ - waiting, waiting, kv_use, self._watch.speculation())

    async def drain(self) -> None:
        if self._streams is not None:
            await self._streams.drain()

    async def stop(self) -> None:
        """vLLM's `shutdown` blocks for seconds, so it gets a thread; its output task goes first, or it complains."""
        llm, self._llm = self._llm, None
        if self._owner is not None:
            self._owner.close()
            self._processes = self._owner.inherit()
        if self._loading is not None:
            llm = await self._give_up(self._loading)
            self._loading = None
        if llm is None:
            return
        if self._streams is not None:
            await self._streams.end_all(EngineFailed("The engine was stopped."))
            self._streams = None
        if llm.output_handler is not None:
            llm.output_handler.cancel()
        try:
            await asyncio.wait_for(asyncio.to_thread(llm.shutdown), SHUTDOWN_S)
        except TimeoutError:
            log.warning("vllm.shutdown_slow", after_s=SHUTDOWN_S)
        if left := await asyncio.to_thread(reap, self._processes):
            log.warning("vllm.reaped", processes=left)
        await self._guard.close()

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

    def _prompt_maker(self, llm: AsyncLLM) -> PromptMaker:
        """Raises `EngineFailed` for parsers that vLLM does not have, or that do not suit the model's tokens."""
        own_template = getattr(llm.renderer.tokenizer, "chat_template", None)
        chosen = parsers(self._options, self._args, self._chat_template or str(own_template or ""))
        try:
            return PromptMaker(
                llm.model_config,
                llm.renderer,
                chat_template=self._chat_template,
                shares_cache=self._options.shares_cache,
                tool_parser=chosen.tools,
                reasoning_parser=chosen.reasoning,
            )
        except (TypeError, ValueError) as error:
            raise EngineFailed(f"vLLM's parsers: {error}") from error

    async def _way(self) -> Callable[[], AsyncLLM]:
        """How to load it."""
        loggers: list[Any] = [lambda *_: self._watch]
        if (owner := self._owner) is None:
            return partial(AsyncLLM.from_engine_args, self._args, stat_loggers=loggers)
        return partial(owner.load, self._args, await owner.attach(), loggers)

    def _hang_watch(self) -> HangWatch:
        return HangWatch(self._hang_s, effort(self._processes, is_on_cpu=is_on_cpu()), clock=time.monotonic)


def _failed(error: EngineFailed) -> Mailbox:
    mailbox = Mailbox(lambda: None)
    mailbox.close(error)
    return mailbox
