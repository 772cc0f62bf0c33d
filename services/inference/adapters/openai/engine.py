"""The engine whose model runs behind somebody else's OpenAI-compatible server."""

import asyncio
import time
from collections.abc import Coroutine, Mapping

import msgspec

from services.inference.adapters.mailbox import Mailbox
from services.inference.adapters.openai.call import Call
from services.inference.adapters.openai.chunks import ChunkReader
from services.inference.adapters.openai.pool import SILENCE_S, Pool
from services.inference.adapters.openai.status import status
from services.inference.adapters.openai.target import Target
from services.inference.adapters.openai.wire import request_body
from services.inference.ports import EngineStats, Resume
from shared.errors import Cancelled, EngineFailed, InvalidRequest, SluiceError, Unavailable
from shared.messages import ChatJob, Part, ServedModel

HEALTHY_S, UNHEALTHY_S = 10.0, 1.0
"""How old an opinion on the upstream's health may be."""


class OpenAIOptions(msgspec.Struct, frozen=True, kw_only=True):
    base_url: str
    """With its version, as OpenAI's own clients take it: `https://api.example.com/v1`."""
    api_key: str = ""
    upstream: Mapping[str, str]
    """By the name that we serve it by, what the upstream calls it."""
    slots: int = 64
    silence_s: float = SILENCE_S


class OpenAIEngine:
    """A request is one streaming POST; to leave it is to close its connection, which stops any decent upstream."""

    name = "openai"
    resume: Resume = "none"
    instructed = True

    def __init__(self, options: OpenAIOptions, *, worker: str, models: tuple[ServedModel, ...]) -> None:
        self._options = options
        self._worker = worker
        self.models = models
        self._target = Target(options.base_url, options.api_key)
        self._pool: Pool | None = None
        self._calls: dict[str, Call] = {}
        self._asking: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._checked_at = 0.0
        self._trouble: Unavailable | None = None

    async def start(self) -> None:
        """Whether the upstream is there is for `health` to say: it may come later."""
        self._pool = Pool(self._target, keep=self._options.slots, silence_s=self._options.silence_s)
        self._checked_at = 0.0

    def stream(self, job: ChatJob, resume_ids: tuple[int, ...] = ()) -> Mailbox:
        mailbox = Mailbox(lambda: self._leave(job.request))
        if self._pool is None:
            mailbox.close(EngineFailed("The engine is not running."))
        elif resume_ids:
            why = "The model's server cannot go on with an answer that was begun elsewhere."
            mailbox.close(EngineFailed(why))
        elif len(self._calls) >= 2 * self._options.slots:
            mailbox.close(
                Unavailable("The worker asks its model's server too much already.", retry_after_s=1.0)
            )
        else:
            try:
                request = self._request(job)
            except InvalidRequest as error:
                mailbox.close(error)
                return mailbox
            reader = ChunkReader(job, self._worker)
            call = Call(
                self._pool,
                request,
                reader,
                mailbox,
                spawn=self._spawn,
                on_end=lambda call: self._ended(job.request, call),
            )
            self._calls[job.request] = call
            self._idle.clear()
        return mailbox

    def _request(self, job: ChatJob) -> bytes:
        if job.prompt is not None:
            raise InvalidRequest("This model takes conversations, not prompts.", param="prompt")
        body = msgspec.json.encode(request_body(job, self._options.upstream[job.model]))
        return self._target.post("/chat/completions", body)

    async def said(self, _job: ChatJob, _ids: tuple[int, ...]) -> tuple[Part, ...]:
        """Its ids are counted here and mean nothing to anybody."""
        return ()

    async def abort(self, request: str) -> None:
        self._leave(request, Cancelled("The request was aborted."))

    async def health(self) -> None:
        """Asks the upstream now and then; any answer that is no refusal of ours proves that it lives."""
        fresh_s = UNHEALTHY_S if self._trouble else HEALTHY_S
        if time.monotonic() - self._checked_at > fresh_s:
            self._trouble = await self._ask_health()
            self._checked_at = time.monotonic()
        if self._trouble is not None:
            raise self._trouble

    def stats(self) -> EngineStats:
        return EngineStats(self._options.slots, running=len(self._calls))

    async def drain(self) -> None:
        await self._idle.wait()

    async def stop(self) -> None:
        for request in list(self._calls):
            self._leave(request, EngineFailed("The engine was stopped."))
        await asyncio.gather(*self._asking, return_exceptions=True)
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    async def _ask_health(self) -> Unavailable | None:
        if self._pool is None:
            raise EngineFailed("The engine is not running.")
        try:
            answered = await status(self._pool, self._target.get("/models"))
        except Unavailable as error:
            return error
        if answered in {401, 403}:
            return Unavailable("The model's server refuses our key.")
        return Unavailable("The model's server is not well.") if answered >= 500 else None

    def _leave(self, request: str, error: SluiceError | None = None) -> None:
        """An unknown request is none of ours."""
        if (call := self._calls.get(request)) is not None:
            call.leave(error)

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        return task

    def _ended(self, request: str, call: Call) -> None:
        if self._calls.get(request) is call:
            del self._calls[request]
        if not self._calls:
            self._idle.set()
