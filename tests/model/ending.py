"""What a worker that has begun does next, to its end: say, decide, store, tell, acknowledge."""

import msgspec

from services.inference.domain import claiming
from shared.messages import Delta
from shared.streams.rescue import next_attempt
from tests.model.world import Rules, Worker, World

replace = msgspec.structs.replace
Step = tuple[str, World]


def go_on(world: World, worker: Worker, rules: Rules) -> Step:
    if len(worker.made) < world.budget.tokens and not worker.is_cut:
        id = 100 * worker.fence + len(worker.made)
        says = Delta(1, worker.fence, len(worker.made), (id,))
        more = replace(worker, made=(*worker.made, id)).send(says, *worker.audience)
        return f"{worker.name} says {id}", world.with_worker(more)
    return _decide(world, worker, rules)


def _decide(world: World, worker: Worker, rules: Rules) -> Step:
    assert worker.live is not None
    if rules.finishing_decides and world.revision != worker.revision:
        found = claiming.standing(world.live, worker=worker.name, attempt=worker.live.attempt)
        if found == "lost":
            return f"{worker.name} has lost it", world.with_worker(worker.over())
        if found == "cancelled":  # the entry stays as it is
            cut = replace(worker, phase="decided", is_cut=True)
            return f"{worker.name} learns that it is stopped", stopped(world, cut, rules)
    if not rules.finishing_decides and world.live.worker != worker.name:
        return f"{worker.name} ends unasked", world.with_worker(replace(worker, phase="decided"))
    answer = Delta(1, worker.fence, 0, worker.made, end=worker.end)
    live = replace(worker.live, state="finishing", answer=answer)
    revision = world.revision + 1
    decided = replace(worker, phase="decided", live=live, revision=revision)
    return f"{worker.name} decides", world.with_worker(decided, live=live, revision=revision)


def stopped(world: World, worker: Worker, rules: Rules) -> World:
    """One who knows what was shown closes it. Another passes it on: there may be a next attempt already that knows."""
    queued, live = worker.queued, worker.live
    assert queued is not None
    assert live is not None
    if not (worker.unsure and rules.closes_by_the_next_attempt):
        return world.with_worker(worker)
    job = queued.job
    passed_on = next_attempt(job, live, worker.made, job.inbox, job.stream)
    return world.publish(passed_on).without(queued.sequence).with_worker(worker.over())


def finish(world: World, worker: Worker, rules: Rules) -> Step:
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
        end = Delta(1, worker.fence, index, ids, end=worker.end)
        told = replace(worker, phase=tells[1]).send(end, *worker.audience)
        return f"{worker.name} tells the end", world.with_worker(told)
    if worker.phase == "told":
        acked = world.without(worker.queued.sequence)
        return f"{worker.name} acknowledges", acked.with_worker(replace(worker, phase="acknowledged"))
    return _leave(world, worker)


def _leave(world: World, worker: Worker) -> Step:
    over = worker.over()
    cancelled = world.live.state == "cancelled"
    if world.revision != worker.revision or worker.live is None or cancelled:
        return f"{worker.name} leaves the entry", world.with_worker(over)
    live = replace(worker.live, state="done", answer=None)
    return f"{worker.name} is done", world.with_worker(over, live=live, revision=world.revision + 1)
