"""Every world that can come of the first one, breadth first, and the shortest way to one that must not be."""

from collections import deque

from tests.model import reader, workers
from tests.model.world import Budget, Rules, World, first_world


class Found(Exception):
    """A world that must not be, with the steps that lead to it."""


def search(rules: Rules, budget: Budget, most: int = 1_000_000) -> int:
    """How many worlds there are. Raises `Found`, or `OverflowError` beyond `most` of them."""
    start = first_world(budget)
    before: dict[World, tuple[World, str] | None] = {start: None}
    waiting = deque([start])
    while waiting:
        world = waiting.popleft()
        following = [*reader.steps(world, rules)]
        for worker in world.workers:
            following += workers.steps(world, worker, rules)
        following = following or [*reader.last_resort(world)]
        if (wrong := fault(world, stuck=not following)) is not None:
            raise Found("\n".join([wrong, *way_to(before, world)]))
        for step, after in following:
            if after not in before:
                before[after] = (world, step)
                waiting.append(after)
        if len(before) > most:
            raise OverflowError(f"more than {most} worlds")
    return len(before)


def fault(world: World, *, stuck: bool) -> str | None:
    seen = world.reader
    if seen.state == "contradicted" and not world.excused:
        return "the reader was told two different answers"
    if seen.state == "complete" and not world.stored:
        return "the reader has an end that nobody has stored"
    if seen.state == "complete" and seen.ids != world.stored[0]:
        return f"the reader saw {seen.ids}, but {world.stored[0]} is stored"
    if any(answer != world.stored[0] for answer in world.stored):
        return f"two answers were told to be stored: {world.stored}"
    if stuck and not world.stored:
        return "nothing goes on, and there is no answer"
    waits = seen.state == "reading" and world.budget.rescues >= 0
    if stuck and waits and world.live.state != "done":
        return "nothing goes on, and the reader waits"
    return None


def way_to(before: dict[World, tuple[World, str] | None], world: World) -> list[str]:
    steps: list[str] = []
    while (last := before[world]) is not None:
        world, step = last
        steps.append(step)
    return steps[::-1]
