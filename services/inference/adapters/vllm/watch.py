"""How full the engine is and that it moves, by its scheduler's own word."""

from typing import Any

from vllm.v1.metrics.loggers import StatLoggerBase


class SchedulerWatch(StatLoggerBase):
    """Its `waiting` is as old as the last step: an idle engine says nothing."""

    def __init__(self, *_: Any) -> None:
        self.steps = 0
        self.waiting = 0
        self.kv_use = 0.0

    def record(self, scheduler_stats: Any = None, *_: Any, **__: Any) -> None:
        """Once a step, also of those that end in no token. The other statistics may be missing, and differ between
        versions."""
        self.steps += 1
        if scheduler_stats is not None:
            self.waiting = scheduler_stats.num_waiting_reqs
            self.kv_use = scheduler_stats.kv_cache_usage

    def log_engine_initialized(self) -> None:
        """The worker's status says it."""
