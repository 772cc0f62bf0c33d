"""The engine whose model runs behind somebody else's OpenAI-compatible server."""

import time
from collections.abc import AsyncGenerator

import httpx
import msgspec

from services.inference.adapters.feeds import Feeds
from services.inference.adapters.mailbox import Mailbox
from services.inference.adapters.openai.chunks import ChunkReader
from services.inference.adapters.openai.failures import refusal, unreachable
from services.inference.adapters.openai.wire import Chunk, request_body
from services.inference.ports import EngineStats, Output, Resume
from shared.errors import Cancelled, EngineFailed, Unavailable
from shared.messages import ChatJob, ServedModel

CONNECT_S = 2.0
SILENCE_S = 120.0
"""Between two chunks, and until the first: a long prompt on a busy server takes its time."""
HEALTHY_S, UNHEALTHY_S = 10.0, 1.0
"""How old an opinion on the upstream's health may be."""


class OpenAIOptions(msgspec.Struct, frozen=True, kw_only=True):
    base_url: str
    """With its version, as OpenAI's own clients take it: `https://api.example.com/v1`."""
    api_key: str = ""
    model: str
    slots: int = 64
    context_tokens: int = 8192


class OpenAIEngine:
    """A request is one streaming POST; to leave it is to close its connection, which stops any decent upstream."""

    name = "openai"
    resume: Resume = "none"
    instructed = True

    def __init__(self, options: OpenAIOptions, *, worker: str, model: str) -> None:
        self._options = options
        self._worker = worker
        self.models = (ServedModel(model, options.context_tokens),)
        self._client: httpx.AsyncClient | None = None
        self._feeds = Feeds()
        self._decode = msgspec.json.Decoder(Chunk).decode
        self._checked_at = 0.0
        self._trouble: Unavailable | None = None

    async def start(self) -> None:
        """Whether the upstream is there is for `health` to say: it may come later."""
        options = self._options
        self._client = httpx.AsyncClient(
            base_url=options.base_url.rstrip("/"),
            headers={"authorization": f"Bearer {options.api_key}"} if options.api_key else {},
            timeout=httpx.Timeout(SILENCE_S, connect=CONNECT_S, pool=CONNECT_S),
            limits=httpx.Limits(max_connections=2 * options.slots, max_keepalive_connections=options.slots),
        )
        self._checked_at = 0.0

    def stream(self, job: ChatJob, resume_ids: tuple[int, ...] = ()) -> Mailbox:
        return self._feeds.open(job.request, self._outputs(job, resume_ids))

    async def text(self, _job: ChatJob, _ids: tuple[int, ...]) -> str:
        """Its ids are counted here and mean nothing to anybody."""
        return ""

    async def abort(self, request: str) -> None:
        self._feeds.close(request, Cancelled("The request was aborted."))

    async def health(self) -> None:
        """Asks the upstream now and then; any answer that is no refusal of ours proves that it lives."""
        fresh_s = UNHEALTHY_S if self._trouble else HEALTHY_S
        if time.monotonic() - self._checked_at > fresh_s:
            self._trouble = await self._ask_health()
            self._checked_at = time.monotonic()
        if self._trouble is not None:
            raise self._trouble

    def stats(self) -> EngineStats:
        return EngineStats(self._options.slots, running=len(self._feeds))

    async def drain(self) -> None:
        await self._feeds.drain()

    async def stop(self) -> None:
        self._feeds.close_all(EngineFailed("The engine was stopped."))
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _ask_health(self) -> Unavailable | None:
        try:
            response = await self._running_client().get("/models", timeout=CONNECT_S)
        except httpx.HTTPError:
            return Unavailable("The model's server does not answer.")
        if response.status_code in {401, 403}:
            return Unavailable("The model's server refuses our key.")
        return Unavailable("The model's server is not well.") if response.status_code >= 500 else None

    async def _outputs(self, job: ChatJob, resume_ids: tuple[int, ...]) -> AsyncGenerator[Output, None]:
        if resume_ids:
            raise EngineFailed("The model's server cannot go on with an answer that was begun elsewhere.")
        reader = ChunkReader(job, self._worker)
        body = request_body(job, self._options.model)
        try:
            async with self._running_client().stream("POST", "/chat/completions", json=body) as response:
                if not response.is_success:
                    await response.aread()
                    raise refusal(response)
                async for line in response.aiter_lines():
                    data = line.removeprefix("data:").strip() if line.startswith("data:") else ""
                    if data == "[DONE]":
                        break
                    if data and (output := reader.output(self._decode(data))) is not None:
                        yield output
        except httpx.HTTPError as error:
            raise unreachable(error) from error
        except msgspec.DecodeError as error:
            raise EngineFailed("The model's server does not speak OpenAI's API.") from error
        yield reader.last()

    def _running_client(self) -> httpx.AsyncClient:
        if self._client is None:
            raise EngineFailed("The engine is not running.")
        return self._client
