"""Who serves what, from what workers say of themselves each second."""

import asyncio
import time

import msgspec

from shared import subjects
from shared.broker.ports import Bus
from shared.errors import ModelNotFound, Unavailable
from shared.messages import ServedModel, WorkerStatus
from shared.served import find_model, served_models

SILENCE_S = 3.0
"""Three reports missed: the worker is gone."""
FIRST_REPORTS_S = 1.2
"""After so long every worker has had its turn to report."""


class Roster:
    def __init__(self) -> None:
        self._heard: dict[str, tuple[float, WorkerStatus]] = {}
        self._listening_since = 0.0
        self._decoder = msgspec.msgpack.Decoder(WorkerStatus)

    async def start(self, bus: Bus) -> None:
        self._listening_since = time.monotonic()
        await bus.listen(subjects.STATUS, self.hear)

    async def hear(self, _subject: str, data: bytes) -> None:
        status = self._decoder.decode(data)
        self._heard[status.worker] = (time.monotonic(), status)

    async def workers(self) -> list[WorkerStatus]:
        """Those that take work."""
        due_s = self._listening_since + FIRST_REPORTS_S - time.monotonic()
        if due_s > 0:
            await asyncio.sleep(due_s)
        since = time.monotonic() - SILENCE_S
        self._heard = {name: heard for name, heard in self._heard.items() if heard[0] >= since}
        return [status for _, status in self._heard.values() if status.ready and not status.draining]

    async def models(self) -> list[ServedModel]:
        return served_models(await self.workers())

    async def resolve(self, wanted: str) -> ServedModel:
        """By name or alias; for the empty name the first that is no adapter.

        Raises `ModelNotFound`, or `Unavailable` when no worker is there at all.
        """
        models = await self.models()
        if not models:
            raise Unavailable("No worker is there at the moment.", retry_after_s=1.0)
        found = find_model(models, wanted)
        if found is None:
            known = ", ".join(model.name for model in models)
            raise ModelNotFound(f"The model '{wanted}' is not served; there are: {known}.", param="model")
        return found
