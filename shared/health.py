"""Is that service well? Asked over the bus, so that an answer proves its event loop and its connection.

`python -m shared.health inference` in a container asks about the instance that runs in it. That runs every few
seconds, so this module imports little: neither FastStream nor our broker.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec
import nats
import nats.errors

from shared import subjects
from shared.errors import Unavailable
from shared.messages import HealthReply, HealthRequest
from shared.settings import BaseSettings, load, servers

if TYPE_CHECKING:
    from faststream.nats import NatsBroker

TIMEOUT_S = 2


def answer_health(
    broker: "NatsBroker", service: str, instance: str, is_ready: Callable[[], Awaitable[bool] | bool]
) -> None:
    """Answers whoever asks about this instance. Call it before the broker starts."""

    async def answer(_: HealthRequest) -> HealthReply:
        ready = is_ready()
        return HealthReply(
            service=service, instance=instance, ready=ready if isinstance(ready, bool) else await ready
        )

    broker.subscriber(subjects.health(service, instance))(answer)


async def check(nats_url: str, service: str, instance: str) -> HealthReply:
    """Raises `Unavailable` when that instance does not answer."""
    question = msgspec.msgpack.encode(HealthRequest())
    try:
        async with asyncio.timeout(2 * TIMEOUT_S):
            client = await nats.connect(
                servers(nats_url),
                connect_timeout=TIMEOUT_S,
                allow_reconnect=False,
                error_cb=_told_by_the_exception,
            )
            try:
                answer = await client.request(subjects.health(service, instance), question, timeout=TIMEOUT_S)
            finally:
                await client.close()
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise Unavailable(f"{service} ({instance}) does not answer: {error!r}") from error
    return msgspec.msgpack.decode(answer.data, type=HealthReply)


async def _told_by_the_exception(_: Exception) -> None:
    """nats-py would print a traceback on top of what it raises."""


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
