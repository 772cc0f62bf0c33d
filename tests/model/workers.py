"""What a worker may do next. One step is what happens without an `await` between."""

from collections.abc import Iterator

import msgspec

from services.inference.domain import claiming, resuming
from shared.messages import Delta, End, Shown, Usage
from tests.model.world import ANSWER_IDS, Rules, Worker, World

replace = msgspec.structs.replace
Steps = Iterator[tuple[str, World]]


def steps(world: World, worker: Worker, rules: Rules) -> Steps:
    if worker.phase == "dead":
        return
    if worker.phase != "idle" and world.budget.crashes:
        dead = replace(worker, phase="dead")
        yield f"{worker.name} is killed", world.with_worker(dead).spend("crashes")
    match worker.phase:
        case "idle":
            yield from _pull(world, worker)
        case "pulled":
            seen = replace(worker, phase="read", seen=world.live, seen_revision=world.revision)
            yield f"{worker.name} reads the entry", world.with_worker(seen)
        case "read":
            yield _claim(world, worker, rules)
        case "claimed":
            yield from _begin(world, worker, rules)
        case "running":
            yield _go_on(world, worker, rules)
        case _:
            yield _finish(world, worker, rules)


def _pull(world: World, worker: Worker) -> Steps:
    for queued in world.queue:
        lapsed = bool(queued.holder)
        holder_died = (
            lapsed and next(each for each in world.workers if each.name == queued.holder).phase == "dead"
        )
        if queued.holder == worker.name or (lapsed and not holder_died and not world.budget.lapses):
            continue
        mine = replace(queued, holder=worker.name, deliveries=queued.deliveries + 1)
        queue = tuple(mine if each is queued else each for each in world.queue)
        after = world.with_worker(replace(worker, phase="pulled", queued=mine), queue=queue)
        yield (
            f"{worker.name} is given attempt {queued.job.attempt}",
            (after.spend("lapses") if lapsed and not holder_died else after),
        )


def _claim(world: World, worker: Worker, rules: Rules) -> tuple[str, World]:
    queued, seen = worker.queued, worker.seen
    assert queued is not None
    assert seen is not None
    found = claiming.verdict(queued.job, seen, worker=worker.name, deliveries=queued.deliveries)
    if found == "adopt" and not rules.adopts:
        found = "take"
    if found == "leave" and rules.leaves_what_others_have:
        return f"{worker.name} leaves it alone", world.with_worker(Worker(worker.name, wire=worker.wire))
    if found in ("drop", "close", "leave"):
        return f"{worker.name} drops it", world.with_worker(Worker(worker.name, wire=worker.wire)).without(
            queued.sequence
        )
    if world.revision != worker.seen_revision and rules.claims_by_compare_and_set:
        return f"{worker.name} was too late", world.with_worker(replace(worker, phase="pulled"))
    live = claiming.claimed(queued.job, seen, worker=worker.name, sequence=queued.sequence, found=found)
    revision = world.revision + 1
    mine = replace(worker, phase="claimed", verdict=found, fence=revision, revision=revision, live=live)
    return f"{worker.name} claims ({found})", world.with_worker(mine, live=live, revision=revision)


def _begin(world: World, worker: Worker, rules: Rules) -> Steps:
    """The attempt before is deleted; a reader who may have seen more than the job knows is asked."""
    queued, live = worker.queued, worker.live
    assert queued is not None
    assert live is not None
    job = queued.job
    world = world.without(job.previous_sequence)
    if worker.verdict == "adopt":
        assert live.answer is not None
        adopted = replace(worker, phase="decided", made=live.answer.ids)
        yield f"{worker.name} adopts", world.with_worker(adopted)
        return
    again = queued.deliveries > 1 or bool(worker.seen and worker.seen.worker)
    if not (again and rules.asks_shown):
        yield f"{worker.name} begins", _begun(world, worker, resuming.known_ids(job, None))
        return
    reader = world.reader
    shown = Shown("r", reader.ids, known=reader.state == "reading")
    told = replace(world, reader=replace(reader, fence=max(reader.fence, worker.fence)))
    yield f"{worker.name} asks what was shown", _begun(told, worker, resuming.known_ids(job, shown))
    if world.budget.losses:
        asked_by_reader = queued.deliveries == 1 and reader.job.attempt == job.attempt > 1
        excused = world.excused or not asked_by_reader
        unheard = replace(world.spend("losses"), excused=excused)
        yield f"{worker.name} asks in vain", _begun(unheard, worker, resuming.known_ids(job, None))


def _begun(world: World, worker: Worker, known: tuple[int, ...]) -> World:
    tells = Delta(1, worker.fence, len(known))
    return world.with_worker(replace(worker, phase="running", made=known, wire=(*worker.wire, tells)))


def _go_on(world: World, worker: Worker, rules: Rules) -> tuple[str, World]:
    if len(worker.made) < ANSWER_IDS:
        id = 100 * worker.fence + len(worker.made)
        says = Delta(1, worker.fence, len(worker.made), (id,))
        more = replace(worker, made=(*worker.made, id), wire=(*worker.wire, says))
        return f"{worker.name} says {id}", world.with_worker(more)
    if rules.finishing_decides and world.revision != worker.revision:
        found = claiming.standing(
            world.live, worker=worker.name, attempt=worker.live.attempt if worker.live else 0
        )
        if found == "lost":
            return f"{worker.name} has lost it", world.with_worker(Worker(worker.name, wire=worker.wire))
    assert worker.live is not None
    answer = Delta(1, worker.fence, 0, worker.made, end=End(Usage()))
    live = replace(worker.live, state="finishing", answer=answer)
    revision = world.revision + 1
    decided = replace(worker, phase="decided", live=live, revision=revision)
    if not rules.finishing_decides and world.live.worker != worker.name:
        return f"{worker.name} ends unasked", world.with_worker(replace(worker, phase="decided"))
    return f"{worker.name} decides", world.with_worker(decided, live=live, revision=revision)


def _finish(world: World, worker: Worker, rules: Rules) -> tuple[str, World]:
    """Store, tell, acknowledge, done."""
    assert worker.queued is not None
    stores, tells = (("decided", "stored"), ("stored", "told"))
    if not rules.tells_after_storing:
        stores, tells = (("stored", "told"), ("decided", "stored"))
    if worker.phase == stores[0]:
        stored = (*world.stored, worker.made)
        return f"{worker.name} stores", world.with_worker(replace(worker, phase=stores[1]), stored=stored)
    if worker.phase == tells[0]:
        index, ids = (0, worker.made) if worker.verdict == "adopt" else (len(worker.made), ())
        end = Delta(1, worker.fence, index, ids, end=End(Usage()))
        told = replace(worker, phase=tells[1], wire=(*worker.wire, end))
        return f"{worker.name} tells the end", world.with_worker(told)
    if worker.phase == "told":
        acked = world.without(worker.queued.sequence)
        return f"{worker.name} acknowledges", acked.with_worker(replace(worker, phase="acknowledged"))
    over = Worker(worker.name, wire=worker.wire)
    if world.revision != worker.revision or worker.live is None:
        return f"{worker.name} leaves the entry", world.with_worker(over)
    live = replace(worker.live, state="done", answer=None)
    return f"{worker.name} is done", world.with_worker(over, live=live, revision=world.revision + 1)
