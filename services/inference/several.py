"""One engine, several front ends: this process owns the engine and keeps them; what serves are they."""

import asyncio
from collections.abc import Mapping

from services.inference.adapters.engines import build_owner
from services.inference.adapters.front_ends import FrontEnds
from services.inference.settings import Settings
from shared.settings import variable


class Several:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._owner = build_owner(settings)
        self._front_ends = FrontEnds(
            settings.engine_front_ends, self._environ, grace_s=settings.shutdown_grace_s
        )

    async def run(self, stop: asyncio.Event) -> None:
        await self._owner.run(self._front_ends, stop)

    def _environ(self, index: int) -> Mapping[str, str]:
        """The first has our name on the bus: whoever waits for this worker hears of it."""
        instance = self._settings.instance
        own = {
            "instance": f"{instance}-{index + 1}" if index else instance,
            "engine_owner": self._owner.address,
            "engine_front_end": str(index),
            "engine_cache": instance,
        }
        return {variable(name): value for name, value in own.items()}


def is_owner(settings: Settings) -> bool:
    return settings.engine == "vllm" and settings.engine_front_ends > 1 and not settings.engine_owner
