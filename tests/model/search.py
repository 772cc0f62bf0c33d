"""Every world that can come of the first one, breadth first, and the shortest way to one that must not be."""

from collections import deque

import msgspec

from tests.model import people, reader, workers
from tests.model.world import Budget, Reader, Rules, Worker, World, first_world

replace = msgspec.structs.replace
NOTHING = ((), ())


class Found(Exception):
    """A world that must not be, with the steps that lead to it."""


def search(rules: Rules, budget: Budget, most: int = 1_000_000) -> int:
    """How many worlds there are. Raises `Found`, or `OverflowError` beyond `most` of them."""
    start = first_world(budget)
    before: dict[World, tuple[World, str] | None] = {start: None}
    waiting = deque([start])
    while waiting:
        world = waiting.popleft()
        following = [*reader.steps(world, rules), *reader.attachments(world), *people.steps(world, rules)]
        for worker in world.workers:
            following += workers.steps(world, worker, rules)
        following = following or [*reader.last_resort(world)]
        if (wrong := fault(world, stuck=not following)) is not None:
            raise Found("\n".join([wrong, *way_to(before, world)]))
        for step, after in following:
            tidy = _tidied(after, rules)
            if tidy not in before:
                before[tidy] = (world, step)
                waiting.append(tidy)
        if len(before) > most:
            raise OverflowError(f"more than {most} worlds")
    return len(before)


def fault(world: World, *, stuck: bool) -> str | None:
    if any(seen.state == "contradicted" for seen in world.readers) and not world.excused:
        return "a reader was told two different answers"
    if world.deserted:
        return "a worker cancelled what somebody reads"
    for seen in world.readers:
        if seen.state == "complete" and (wrong := _of_whole(world, seen)) is not None:
            return wrong
    cancelled = world.live.state == "cancelled"
    if any(answer != world.stored[0] for answer in world.stored) and not cancelled:
        return f"two answers were told to be stored: {world.stored}"
    return _of_stuck(world) if stuck else None


def _of_whole(world: World, seen: Reader) -> str | None:
    if not world.stored:
        return "a reader has an end that nobody has stored"
    same = seen.ids == world.stored[0]
    if not same and not (world.live.state == "cancelled" and seen.ids in world.stored):
        return f"{seen.inbox} saw {seen.ids}, but {world.stored[0]} is stored"
    return None


def _of_stuck(world: World) -> str | None:
    if not world.stored:
        return "nothing goes on, and there is no answer"
    waits = any(seen.state == "reading" for seen in world.readers) and world.budget.rescues >= 0
    if waits and world.live.state != "done":
        return "nothing goes on, and a reader waits"
    stopped = [seen.ids for seen in world.readers if seen.state == "stopped"]
    first = world.stored[0]
    if stopped and not world.excused and not any(first[: len(ids)] == ids for ids in stopped):
        return f"it was stopped when {stopped} had been shown, but {first} is stored"
    return None


def _tidied(world: World, rules: Rules) -> World:
    """Without what makes no difference any more: what is on its way to somebody who reads no more, or believes
    another one."""
    for seen in world.readers:
        if seen.state not in ("away", "opening", "reading"):
            world = world.with_reader(Reader(seen.inbox, ids=seen.ids, state=seen.state))
    workers = tuple(_rewired(world, worker, rules) for worker in world.workers)
    return world if workers == world.workers else replace(world, workers=workers)


def _rewired(world: World, worker: Worker, rules: Rules) -> Worker:
    if worker.wires == NOTHING:
        return worker
    wires = tuple(
        tuple(delta for delta in wire if delta.fence >= seen.fence or not rules.fences)
        if seen.state in ("opening", "reading")
        else ()
        for seen, wire in zip(world.readers, worker.wires, strict=True)
    )
    return replace(worker, wires=wires)


def way_to(before: dict[World, tuple[World, str] | None], world: World) -> list[str]:
    steps: list[str] = []
    while (last := before[world]) is not None:
        world, step = last
        steps.append(step)
    return steps[::-1]
