"""The processes of an engine: killing its core leaves the workers of the core behind, with their memory."""

import psutil
from vllm.v1.engine.async_llm import AsyncLLM

KILL_S = 5.0


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


def reap(processes: list[psutil.Process]) -> int:
    """Kills what is left of them, and says how many that were."""
    left = [process for process in processes if process.is_running()]
    for process in left:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(left, timeout=KILL_S)
    return len(left)
