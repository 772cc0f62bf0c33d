"""What the reader and the wires may do next."""

from collections.abc import Iterator

import msgspec

from shared.messages import Delta, End, Usage
from shared.streams.merge import Cursor, Verdict
from shared.streams.rescue import next_attempt
from tests.model.world import Reader, Rules, Worker, World

replace = msgspec.structs.replace
Steps = Iterator[tuple[str, World]]


def steps(world: World, rules: Rules) -> Steps:
    for worker in world.workers:
        if worker.wire:
            delta, rest = worker.wire[0], worker.wire[1:]
            after = world.with_worker(replace(worker, wire=rest))
            yield f"the reader hears {worker.name}", replace(after, reader=heard(world.reader, delta, rules))
            if world.budget.losses:
                yield f"a delta of {worker.name} is lost", after.spend("losses")
    if world.reader.state == "reading":
        yield from _rescue(world, rules)
        for worker in world.workers:
            if (answered := _attached(world, worker)) is not None:
                yield f"{worker.name} answers an attach", answered


def heard(reader: Reader, delta: Delta, rules: Rules) -> Reader:
    if reader.state != "reading":
        return reader
    cursor = Cursor()
    cursor.fence = reader.fence if rules.fences else -1
    cursor.ids.extend(reader.ids)
    verdict = cursor.judge(delta)
    if verdict is Verdict.CONTRADICTION:
        return replace(reader, state="contradicted")
    if verdict is Verdict.GAP:
        return reader
    if verdict is Verdict.TAKE:
        cursor.take(delta)
        if delta.end is not None:
            reader = replace(reader, state="complete")
    return replace(reader, fence=cursor.fence, ids=tuple(cursor.ids))


def last_resort(world: World) -> Steps:
    """Where nothing else happens it loses patience once more, however often it did before."""
    if (
        world.budget.rescues >= 0
        and world.reader.state == "reading"
        and world.live.state in ("running", "finishing")
    ):
        yield "the reader loses patience again", _looking(world)


def _looking(world: World) -> World:
    return replace(world, reader=replace(world.reader, rescue=(world.revision, world.live)))


def _rescue(world: World, rules: Rules) -> Steps:
    """It looks at the entry, and then acts on what it saw."""
    reader = world.reader
    if reader.rescue is None:
        if world.budget.rescues > 0 and world.live.state in ("running", "finishing"):
            yield "the reader loses patience", _looking(world.spend("rescues"))
        return
    revision, live = reader.rescue
    newest = next((each.job for each in world.queue if each.job.attempt == live.attempt), reader.job)
    job = reader.job if reader.job.attempt >= live.attempt else newest
    attempt = next_attempt(job, live, reader.ids, "inbox", 1)
    acted = replace(reader, rescue=None, job=attempt)
    if rules.seals:
        acted = replace(acted, fence=max(reader.fence, revision + 1))
    yield f"the reader asks for attempt {attempt.attempt}", replace(world, reader=acted).publish(attempt)


def _attached(world: World, worker: Worker) -> World | None:
    """A worker that lives and was not replaced, as far as the reader knows, says again what is missing. Only when
    nothing is on its way: until then the reader cannot know that something was lost."""
    reader = world.reader
    has_it = worker.phase in ("running", "decided", "stored", "told", "acknowledged")
    if worker.wire or not has_it or worker.fence < reader.fence:
        return None
    ended = worker.phase in ("told", "acknowledged")
    if len(reader.ids) >= len(worker.made) and not ended:
        return None
    again = Delta(1, worker.fence, 0, worker.made, end=End(Usage()) if ended else None)
    return world.with_worker(replace(worker, wire=(again,)))
