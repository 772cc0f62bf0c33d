"""FastStream's broker beside a bus that may connect late."""

import asyncio

import structlog
from faststream.nats import NatsBroker

from services.edge.adapters.nats.link import Link
from shared.broker import translated
from shared.errors import Unavailable

log = structlog.get_logger()

START_TIMEOUT_S = 5.0
PAUSE_S = 1.0


async def run_broker(broker: NatsBroker, link: Link) -> None:
    """Starts the broker once the bus is there, and stops it when cancelled; hold the task.

    From then on nats-py reconnects by itself, and brings the subscriptions back.
    """
    await link.prepared()
    try:
        while not await _started(broker):
            await asyncio.sleep(PAUSE_S)
        await asyncio.Event().wait()
    finally:
        await broker.stop()


async def _started(broker: NatsBroker) -> bool:
    try:
        with translated("NATS"):
            async with asyncio.timeout(START_TIMEOUT_S):
                await broker.start()
        return True
    except Unavailable as error:
        log.warning("broker.not_started", reason=error.message, again_in_s=PAUSE_S)
        await broker.stop()
        return False
