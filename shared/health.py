"""Is that service well? Asked over the bus, so that an answer proves its event loop and its connection.

`python -m shared.health inference` in a container asks about the instance that runs in it.
"""

import asyncio
import os
import sys
from collections.abc import Callable

from faststream.nats import NatsBroker

from shared import subjects
from shared.broker import NatsBus
from shared.errors import Unavailable
from shared.messages import HealthReply, HealthRequest
from shared.settings import BaseSettings, load


def answer_health(broker: NatsBroker, service: str, instance: str, is_ready: Callable[[], bool]) -> None:
    """Answers whoever asks about this instance. Call it before the broker starts."""

    async def answer(_: HealthRequest) -> HealthReply:
        return HealthReply(service=service, instance=instance, ready=is_ready())

    broker.subscriber(subjects.health(service, instance))(answer)


async def check(nats_url: str, service: str, instance: str) -> HealthReply:
    """Raises `Unavailable` when that instance does not answer."""
    bus = await NatsBus.connect(nats_url, f"health-{service}")
    try:
        return await bus.request(subjects.health(service, instance), HealthRequest(), HealthReply)
    finally:
        await bus.close()


def main() -> int:
    settings = load(BaseSettings, os.environ)
    try:
        reply = asyncio.run(check(settings.nats_url, sys.argv[1], settings.instance))
    except Unavailable as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0 if reply.ready else 1


if __name__ == "__main__":
    sys.exit(main())
