"""Who serves what, from what the workers say of themselves each second."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress

import msgspec
import structlog

from services.edge.domain.drain import DrainRate
from shared import subjects
from shared.broker.ports import Bus
from shared.errors import ModelAway, ModelNotFound, Unavailable
from shared.messages import ServedModel, WorkerStatus
from shared.served import find_model, served_models

log = structlog.get_logger()

SILENCE_S = 3.0
"""Three reports missed: the worker is gone."""
FIRST_REPORT_S = 1.2
"""Within this time after a start or an outage, every worker has had its turn to report."""
KNOWN_MODELS = 1_000
"""How many gone models are remembered, oldest out first."""


class NatsWorkers:
    """Call `start` before anything else, and `close` at the end."""

    def __init__(
        self, bus: Bus, default_model: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._bus = bus
        self._default_model = default_model
        self._clock = clock
        self._statuses: dict[str, tuple[float, WorkerStatus]] = {}
        self._known: dict[str, None] = {}
        self._drain = DrainRate()
        self._listening_since = clock()
        self._reported = asyncio.Event()
        self._decode = msgspec.msgpack.Decoder(WorkerStatus).decode
        self._unsubscribe: Callable[[], Awaitable[None]] | None = None

    async def start(self) -> None:
        """The bus may connect later: it tells of its first connection as of each one after that."""
        self._bus.on_reconnect(self._connected)
        if self._bus.connected:
            await self._connected()

    async def close(self) -> None:
        if self._unsubscribe is not None:
            await self._unsubscribe()

    async def resolve(self, model: str) -> ServedModel:
        found = self._find(model)
        while found is None and self._bus.connected and (left_s := self._first_reports_due_s()) > 0:
            self._reported.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._reported.wait(), left_s)
            found = self._find(model)
        if found is None:
            raise self._missing(model)
        return found

    def serves(self, model: str) -> bool:
        return any(model == served.name for served in self.models())

    def models(self) -> list[ServedModel]:
        """The default first: whoever names none, or shows them to be chosen from, takes that."""
        served = served_models(self.statuses())
        return sorted(served, key=lambda model: model.name != self._default_model)

    def engine_of(self, model: str, engines: Collection[str]) -> str:
        """One of these that serves the model as a language model; empty if none does."""
        serving = (
            status.engine
            for status in self.statuses()
            if status.engine in engines
            and status.instructed
            and any(served.name == model for served in status.models)
        )
        return next(serving, "")

    def drain_rate(self) -> float:
        return self._drain.per_second()

    def statuses(self) -> list[WorkerStatus]:
        """Every worker that was heard of late, also one that takes no work."""
        since = self._clock() - SILENCE_S
        return [status for heard_at, status in self._statuses.values() if heard_at >= since]

    def _first_reports_due_s(self) -> float:
        return self._listening_since + FIRST_REPORT_S - self._clock()

    def _find(self, model: str) -> ServedModel | None:
        return find_model(self.models(), model or self._default_model)

    def _missing(self, model: str) -> ModelNotFound | Unavailable:
        wanted = model or self._default_model
        if not self._bus.connected:
            return Unavailable("NATS is away.")
        if not self.models():
            return ModelAway("No worker is there at the moment.", retry_after_s=SILENCE_S)
        if not model or wanted in self._known:
            return ModelAway(f"No worker serves the model '{wanted}' at the moment.", retry_after_s=SILENCE_S)
        return ModelNotFound(f"The model '{model}' does not exist.", param="model")

    async def _heard(self, subject: str, data: bytes) -> None:
        try:
            status = self._decode(data)
        except msgspec.DecodeError as error:
            log.warning("status.unreadable", subject=subject, error=str(error))
            return
        self._forget_gone()
        self._statuses[status.worker] = (self._clock(), status)
        self._drain.note(status.worker, status.finished, self._clock())
        for served in status.models:
            for name in (served.name, *served.aliases):
                self._known.pop(name, None)
                self._known[name] = None
        while len(self._known) > KNOWN_MODELS:
            del self._known[next(iter(self._known))]
        self._reported.set()

    def _forget_gone(self) -> None:
        since = self._clock() - SILENCE_S
        for worker in [name for name, (heard_at, _) in self._statuses.items() if heard_at < since]:
            del self._statuses[worker]
            self._drain.forget(worker)

    async def _connected(self) -> None:
        self._listening_since = self._clock()
        if self._unsubscribe is None:
            self._unsubscribe = await self._bus.listen(subjects.STATUS, self._heard)
