"""FastStream's broker beside a bus that may connect late."""

import asyncio

import structlog
from faststream.nats import NatsBroker
from nats.aio.client import Client

from services.edge.adapters.nats.link import Link
from shared.broker import leave, translated
from shared.errors import Unavailable

log = structlog.get_logger()

START_TIMEOUT_S = 5.0
LEAVE_S = 5.0
"""For what has arrived: events are stored, and what is left of them comes again."""
PAUSE_S = 1.0


async def run_broker(broker: NatsBroker, link: Link) -> None:
    """Starts the broker once the bus is there, and stops it when cancelled; hold the task.

    From then on nats-py reconnects by itself, and brings the subscriptions back.
    """
    await link.prepared()
    client = await _connected(broker)
    try:
        await asyncio.Event().wait()
    finally:
        await _stop(broker, client)


async def _connected(broker: NatsBroker) -> Client:
    while True:
        try:
            with translated("NATS"):
                async with asyncio.timeout(START_TIMEOUT_S):
                    client = await broker.connect()
                    await broker.start()
                    return client
        except Unavailable as error:
            log.warning("broker.not_started", reason=error.message, again_in_s=PAUSE_S)
            await broker.stop()
        await asyncio.sleep(PAUSE_S)


async def _stop(broker: NatsBroker, client: Client) -> None:
    """A server that says nothing would be waited for, cancelled or not: then the connection is cut."""
    try:
        with translated("NATS"):
            async with asyncio.timeout(LEAVE_S):
                await leave(broker)
    except Unavailable as error:
        log.warning("broker.cut_off", reason=error.message)
        await client.close()
