"""What a worker may do next. One step is what happens without an `await` between."""

from collections.abc import Iterator

import msgspec

from services.inference.domain import claiming, resuming
from shared.messages import ChatJob, Delta, Shown
from tests.model import ending
from tests.model.people import without_readers
from tests.model.world import WORKERS, Queued, Reader, Rules, Worker, World

replace = msgspec.structs.replace
READS = ("opening", "reading")
Steps = Iterator[tuple[str, World]]


def steps(world: World, worker: Worker, rules: Rules) -> Steps:
    if worker.phase == "dead":
        return
    if worker.phase != "idle" and world.budget.crashes:
        dead = replace(worker.over(), phase="dead")
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
            yield ending.go_on(world, worker, rules)
        case _:
            yield ending.finish(world, worker, rules)


def _pull(world: World, worker: Worker) -> Steps:
    if worker.name != WORKERS[0] and not any(each.deliveries for each in world.queue) and world.revision == 1:
        return  # until one has begun they are alike: it is enough to see what comes of the first
    for queued in world.queue:
        lapsed = bool(queued.holder)
        holder_died = (
            lapsed and next(each for each in world.workers if each.name == queued.holder).phase == "dead"
        )
        if queued.holder == worker.name or (lapsed and not holder_died and not world.budget.lapses):
            continue
        mine = replace(queued, holder=worker.name, deliveries=queued.deliveries + 1)
        queue = tuple(mine if each is queued else each for each in world.queue)
        pulled = replace(worker, phase="pulled", queued=mine, audience=(mine.job.inbox,))
        after = world.with_worker(pulled, queue=queue)
        yield (
            f"{worker.name} is given attempt {queued.job.attempt}",
            (after.spend("lapses") if lapsed and not holder_died else after),
        )


def _claim(world: World, worker: Worker, rules: Rules) -> tuple[str, World]:
    queued, seen = worker.queued, worker.seen
    assert queued is not None
    assert seen is not None
    found = claiming.verdict(
        queued.job, seen, worker=worker.name, deliveries=queued.deliveries, sequence=queued.sequence
    )
    if found == "adopt" and not rules.adopts:
        found = "take"
    if found == "leave" and rules.leaves_what_others_have:
        return f"{worker.name} leaves it alone", world.with_worker(worker.over())
    if found in ("drop", "leave"):
        return f"{worker.name} drops it", world.with_worker(worker.over()).without(queued.sequence)
    if world.revision != worker.seen_revision and rules.claims_by_compare_and_set:
        return f"{worker.name} was too late", world.with_worker(replace(worker, phase="pulled"))
    if found == "close":  # the entry stays as it is
        mine = replace(
            worker, phase="claimed", verdict=found, fence=world.revision, revision=world.revision, live=seen
        )
        return f"{worker.name} is to close it", world.with_worker(mine)
    live = claiming.claimed(queued.job, seen, worker=worker.name, sequence=queued.sequence, found=found)
    revision = world.revision + 1
    mine = replace(worker, phase="claimed", verdict=found, fence=revision, revision=revision, live=live)
    return f"{worker.name} claims ({found})", world.with_worker(mine, live=live, revision=revision)


def _begin(world: World, worker: Worker, rules: Rules) -> Steps:
    """The attempt before is deleted; readers who may have seen more than the job knows are asked."""
    queued, live = worker.queued, worker.live
    assert queued is not None
    assert live is not None
    world = world.without(queued.job.previous_sequence)
    if worker.verdict == "adopt":
        assert live.answer is not None
        cut = live.answer.end is not None and live.answer.end.failure is not None
        adopted = replace(worker, phase="decided", made=live.answer.ids, is_cut=cut)
        yield f"{worker.name} adopts", world.with_worker(adopted)
        return
    again = queued.deliveries > 1 or bool(worker.seen and worker.seen.worker)
    if not (again and rules.asks_shown):
        yield f"{worker.name} begins", _begun(world, worker, resuming.known_ids(queued.job, None), rules)
        return
    asked = [each for each in world.readers if _is_asked(each, queued.job, rules)]
    yield f"{worker.name} asks what was shown", _answered(world, worker, asked, rules)
    if world.budget.losses:
        for reader in asked:
            others = [one for one in asked if one is not reader]
            unheard = world.spend("losses")
            if not _said_in_job(reader, queued):
                unheard = replace(unheard, excused=True)
            yield f"{worker.name} asks {reader.inbox} in vain", _answered(unheard, worker, others, rules)


def _is_asked(reader: Reader, job: ChatJob, rules: Rules) -> bool:
    """`chat.<id>` names the inbox of whoever attached before it attaches."""
    return reader.inbox == job.inbox or (rules.asks_every_reader and reader.state != "away")


def _said_in_job(reader: Reader, queued: Queued) -> bool:
    job = queued.job
    mine = reader.job is not None and reader.job.attempt == job.attempt and reader.inbox == job.inbox
    return queued.deliveries == 1 and mine and job.attempt > 1


def _answered(world: World, worker: Worker, asked: list[Reader], rules: Rules) -> World:
    """Of those that answer, all who read go on with this worker."""
    assert worker.queued is not None
    job = worker.queued.job
    told = [Shown("r", reader.ids, known=reader.state in READS) for reader in asked]
    for reader in asked:
        if reader.state in READS:
            sealed = replace(reader, fence=max(reader.fence, worker.fence), held=True)
            world = world.with_reader(sealed)
    known = [one for one in told if one.known]
    word = resuming.furthest(told) if rules.goes_on_after_the_furthest else (known[0] if known else None)
    if rules.counts_readers_anew:
        unasked = set(worker.audience) - {reader.inbox for reader in asked}
        there = {reader.inbox for reader in asked if reader.state in READS}
        worker = replace(worker, audience=tuple(sorted(unasked | there)))
    assert worker.seen is not None
    unsure = not known and bool(worker.seen.worker) and job.attempt == worker.seen.attempt
    return _begun(world, replace(worker, unsure=unsure), resuming.known_ids(job, word), rules)


def _begun(world: World, worker: Worker, known: tuple[int, ...], rules: Rules) -> World:
    if worker.verdict == "close":
        closing = replace(worker, phase="decided", made=known, is_cut=True)
        return ending.stopped(world, closing, rules)
    tells = Delta(1, worker.fence, len(known))
    running = replace(worker, phase="running", made=known).send(tells, *worker.audience)
    return without_readers(world, running, worker.audience)
