"""What the readers and the wires may do next."""

from collections.abc import Iterator

import msgspec

from shared.messages import ChatJob, Delta, LiveRequest
from shared.streams.merge import Cursor, Verdict
from shared.streams.rescue import next_attempt
from tests.model.world import INBOXES, Reader, Rules, World

replace = msgspec.structs.replace
Steps = Iterator[tuple[str, World]]
OWNS = ("running", "decided", "stored", "told", "acknowledged")


def steps(world: World, rules: Rules) -> Steps:
    for reader in world.readers:
        if reader.state == "reading":
            yield from _hear(world, reader, rules)
            yield from _rescue(world, reader, rules)


def _hear(world: World, reader: Reader, rules: Rules) -> Steps:
    for worker in world.workers:
        wire = worker.wires[INBOXES.index(reader.inbox)]
        if wire:
            after = world.with_worker(worker.rewired(reader.inbox, wire[1:]))
            told = f"{reader.inbox} hears {worker.name}"
            yield told, after.with_reader(heard(reader, wire[0], rules))
            if world.budget.losses:
                yield f"a delta of {worker.name} to {reader.inbox} is lost", after.spend("losses")


def heard(reader: Reader, delta: Delta, rules: Rules) -> Reader:
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
    held = reader.held or verdict is Verdict.TAKE or cursor.fence == delta.fence
    return replace(reader, fence=cursor.fence, ids=tuple(cursor.ids), held=held)


def last_resort(world: World) -> Steps:
    """Where nothing else happens they lose patience once more, however often they did before."""
    if world.budget.rescues < 0:
        return
    for reader in world.readers:
        if reader.state == "reading" and world.live.state in ("running", "finishing", "cancelled"):
            yield f"{reader.inbox} loses patience again", _looking(world, reader)


def _looking(world: World, reader: Reader) -> World:
    return world.with_reader(replace(reader, rescue=(world.revision, world.live)))


def _rescue(world: World, reader: Reader, rules: Rules) -> Steps:
    """It looks at the entry, and then acts on what it saw."""
    if reader.rescue is None:
        if world.budget.rescues > 0 and world.live.state in ("running", "finishing", "cancelled"):
            yield f"{reader.inbox} loses patience", _looking(world.spend("rescues"), reader)
        return
    revision, live = reader.rescue
    job = _job(world, reader, live)
    if live.state == "cancelled":
        stopped = replace(reader, rescue=None, state="stopped")
        after = world.with_reader(stopped)
        if job is not None and rules.carries_what_a_stop_leaves:
            after = after.publish(next_attempt(job, live, reader.ids, reader.inbox, 1))
        yield f"{reader.inbox} finds it stopped", after
    elif job is None:
        yield f"{reader.inbox} finds no job", world.with_reader(replace(reader, rescue=None, state="left"))
    else:
        attempt = next_attempt(job, live, reader.ids, reader.inbox, 1)
        fence = max(reader.fence, revision + 1) if rules.seals else reader.fence
        acted = replace(reader, rescue=None, job=attempt, held=False, fence=fence)
        after = world.with_reader(acted).publish(attempt)
        yield f"{reader.inbox} asks for attempt {attempt.attempt}", after


def _job(world: World, reader: Reader, live: LiveRequest) -> ChatJob | None:
    if reader.job is not None and reader.job.attempt >= live.attempt:
        return reader.job
    found = (each.job for each in world.queue if each.sequence == live.job_sequence)
    return next(found, reader.job)


def attachments(world: World) -> Steps:
    """A worker that lives and was not replaced, as far as the reader knows, says again what is missing, and goes on
    doing so. Only when nothing is on its way: until then the reader cannot know that something was lost."""
    for reader in world.readers:
        for worker in world.workers:
            wire = worker.wires[INBOXES.index(reader.inbox)]
            if reader.state != "reading" or wire or worker.phase not in OWNS or worker.fence < reader.fence:
                continue
            is_new = reader.inbox not in worker.audience
            ended = worker.phase in ("told", "acknowledged")
            if len(reader.ids) >= len(worker.made) and not ended and not is_new:
                continue
            again = Delta(1, worker.fence, 0, worker.made, end=worker.end if ended else None)
            audience = tuple(sorted({*worker.audience, reader.inbox}))
            answered = replace(worker, audience=audience).send(again, reader.inbox)
            yield f"{worker.name} answers an attach of {reader.inbox}", world.with_worker(answered)
