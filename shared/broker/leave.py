"""Stopping a broker without losing a request that has reached it.

`NatsBroker.stop` first ceases to handle and then unsubscribes: what has arrived and is not begun, and what NATS
still sends meanwhile, is dropped without a word: whoever asked waits until their timeout, and what comes from a
stream comes again only after its `ack_wait`. Here interest ends first: NATS gives what follows to the other members
of the queue group, and what has arrived is handled.
"""

import asyncio

from faststream.nats import NatsBroker
from faststream.nats.subscriber.usecases.core_subscriber import ConcurrentCoreSubscriber, CoreSubscriber
from faststream.nats.subscriber.usecases.stream_push_subscriber import PushStreamSubscriber

Drainable = CoreSubscriber | PushStreamSubscriber

PASS_S = 0.01
"""In a pass of the event loop a message that left the queue is in its handler."""


async def leave(broker: NatsBroker) -> None:
    """Returns when all is handled and the connection is closed. The caller bounds the time."""
    if await broker.ping(timeout=PASS_S):
        subscribers = [one for one in broker.subscribers if isinstance(one, Drainable)]
        await asyncio.gather(*(drained(one) for one in subscribers))
    await broker.stop()


async def drained(subscriber: Drainable) -> None:
    subscription, subscriber.subscription = subscriber.subscription, None
    if subscription is None:
        return
    await subscription.drain()
    await asyncio.sleep(PASS_S)
    while isinstance(subscriber, ConcurrentCoreSubscriber) and busy(subscriber):
        await asyncio.sleep(PASS_S)


def busy(subscriber: ConcurrentCoreSubscriber) -> bool:
    waiting = subscriber.send_stream.statistics().current_buffer_used
    return waiting > 0 or subscriber.limiter.value < subscriber.max_workers
