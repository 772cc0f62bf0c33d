"""The session's engine in the hands of workers; an answer that one of them begins and another one ends."""

import asyncio
from typing import NamedTuple

from services.inference.adapters.vllm import VllmEngine
from shared.messages import ChatJob, LiveRequest
from tests.worker import Answered, Asker, begun, gather, running_worker, settled


class LentEngine(VllmEngine):
    """The session's engine, for a worker to use: it neither starts nor stops with it."""

    def __init__(self, engine: VllmEngine) -> None:
        self.__dict__ = engine.__dict__

    async def start(self) -> None:
        await self.health()

    async def stop(self) -> None:
        """It is still wanted."""


class Moved(NamedTuple):
    had: list[int]
    """Ids that were shown before it moved."""
    answered: Answered
    live: LiveRequest


async def moved(asker: Asker, nats_url: str, engine: VllmEngine, job: ChatJob) -> Moved:
    async with running_worker(nats_url, engine=LentEngine(engine), shutdown_grace_s=20):
        incoming = await asker.submit(job)
        await begun(incoming)
    had = list(incoming.cursor.ids)
    async with running_worker(nats_url, engine=LentEngine(engine), instance="2"):
        answered = await asyncio.wait_for(gather(incoming), 60)
        return Moved(had, answered, await settled(asker, job.request))
