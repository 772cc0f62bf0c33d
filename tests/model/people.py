"""What people may do at any moment: open a second tab at another edge, go away for good, stop the answer."""

from collections.abc import Iterator

import msgspec

from shared.streams.rescue import least_fence
from tests.model.world import Reader, Rules, Worker, World

replace = msgspec.structs.replace
Steps = Iterator[tuple[str, World]]
IN_HAND = ("pulled", "read", "claimed", "running")
LIVE = ("queued", "running", "finishing")


def steps(world: World, rules: Rules) -> Steps:
    for reader in world.readers:
        if reader.state == "away" and world.budget.seconds and world.live.state in LIVE:
            opened = world.with_reader(replace(reader, state="opening"))
            yield f"{reader.inbox} says that it will read", opened.spend("seconds")
        if reader.state == "opening" and world.live.state not in LIVE:
            yield f"{reader.inbox} finds it over", world.with_reader(replace(reader, state="left"))
        elif reader.state == "opening":
            least = least_fence(world.live, world.revision) if rules.attaches_to_the_claim else -1
            attached = replace(reader, state="reading", fence=max(reader.fence, least))
            yield f"{reader.inbox} attaches", world.with_reader(attached)
        if reader.state == "reading" and reader.held and reader.rescue is None and world.budget.leaves:
            yield f"{reader.inbox} leaves", _left(world.spend("leaves"), reader, rules)
    if world.budget.stops and world.live.state in ("queued", "running"):
        yield "it is stopped", _stopped(world.spend("stops"))


def _left(world: World, reader: Reader, rules: Rules) -> World:
    """Every worker hears `Detach`. One that nobody reads any more goes no further."""
    world = world.with_reader(replace(reader, state="left"))
    for worker in world.workers:
        if worker.phase in IN_HAND and reader.inbox in worker.audience:
            audience = tuple(one for one in worker.audience if one != reader.inbox)
            audience = audience if rules.detaches_one else ()
            world = world.with_worker(replace(worker, audience=audience))
            if worker.phase == "running" or not rules.counts_readers_first:
                world = without_readers(world, worker, audience)
    return world


def without_readers(world: World, worker: Worker, audience: tuple[str, ...]) -> World:
    """Whoever has heard of the answer, and waits for more, must not lose it to somebody else's leaving."""
    worker = replace(worker, audience=audience, is_cut=worker.is_cut or not audience)
    reads = any(one.state == "reading" and one.held for one in world.readers)
    is_holder = world.live.worker == worker.name and world.revision == worker.revision
    deserted = world.deserted or (not audience and reads and is_holder and not world.excused)
    return world.with_worker(worker, deserted=deserted)


def _stopped(world: World) -> World:
    """The entry is marked, the job deleted if it waits, and everybody told."""
    live, revision = world.live, world.revision + 1
    world = replace(world, live=replace(live, state="cancelled"), revision=revision)
    if live.state == "queued":
        world = replace(world.without(world.last_sequence), stored=(*world.stored, ()))
    for worker in world.workers:
        if worker.phase in IN_HAND:
            world = world.with_worker(replace(worker, is_cut=True))
    for reader in world.readers:
        if reader.state == "reading" and not reader.held and not reader.ids:
            world = world.with_reader(replace(reader, state="stopped"))
    return world
