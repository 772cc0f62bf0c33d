"""The processes of an engine: killing its core leaves the workers of the core behind, with their memory."""

from contextlib import suppress
from pathlib import Path

import psutil
from vllm.v1.engine.async_llm import AsyncLLM

from services.inference.domain.hanging import Effort

KILL_S = 5.0
BUSY_SHARE = 0.1
"""Of a core. A process of vLLM that waits for another one uses 0.012."""
COMPILING_PAGES_PER_S = 200.0
"""torch.compile touched 470 at least, mostly thousands; one that waited for the GPU none."""


def engine_processes(llm: AsyncLLM) -> list[psutil.Process]:
    """The core and all below it. psutil knows them by pid and start time: a pid that is used again is another."""
    engine_manager = llm.engine_core.resources.engine_manager
    found: list[psutil.Process] = []
    for core in getattr(engine_manager, "processes", ()):
        try:
            process = psutil.Process(core.pid)
            found += [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
    return found


def below() -> list[psutil.Process]:
    """The processes that a load has begun so far. Python's own helper among them ends with us."""
    found: list[psutil.Process] = []
    for process in psutil.Process().children(recursive=True):
        try:
            if not any("resource_tracker" in word for word in process.cmdline()):
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def effort(processes: list[psutil.Process], *, is_on_cpu: bool) -> Effort:
    """On a CPU a step that takes long uses processor time. On a GPU it does not take long, unless it compiles, which
    takes new memory all the time; a thread that waits for a stuck GPU may spin, and touches none."""
    if is_on_cpu:
        return Effort(lambda: used_s(processes), BUSY_SHARE)
    return Effort(lambda: pages(processes), COMPILING_PAGES_PER_S)


def used_s(processes: list[psutil.Process]) -> float:
    """Processor time of these and of what they have started since, those that have ended included."""
    total_s = 0.0
    for process in _family(processes):
        with suppress(psutil.NoSuchProcess):
            total_s += sum(
                process.cpu_times()[:4]
            )  # user and system, its own and of children that have ended
    return total_s


def pages(processes: list[psutil.Process]) -> int:
    """How often these, and what they have started, touched memory that was not there yet. Linux counts it."""
    total = 0
    for process in _family(processes):
        with suppress(OSError):
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[7:11]))  # minor and major faults, each its own and of ended children
    return total


def _family(processes: list[psutil.Process]) -> set[psutil.Process]:
    """A compiler is a child that was not there at the start."""
    found = set(processes)
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            found.update(process.children(recursive=True))
    return found


def kill(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that were still there. One that is stopped dies of it, too."""
    left = [process for process in processes if process.is_running()]
    for process in left:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    return left


def reap(processes: list[psutil.Process]) -> int:
    """Kills what is left of them, and says how many that were."""
    left = kill(processes)
    psutil.wait_procs(left, timeout=KILL_S)
    return len(left)
