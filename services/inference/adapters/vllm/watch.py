"""How full the engine is and that it moves, by its scheduler's own word."""

from typing import Any

from vllm.v1.engine.async_llm import AsyncLLM
from vllm.v1.metrics.loggers import PrometheusStatLogger, StatLoggerBase


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


def spare_statistics(llm: AsyncLLM) -> None:
    """Before the first request. Its loggers stay, with the scheduler's word; what vLLM counts for each token of each
    request, and what it would tell Prometheus, nobody reads: 7 of the 25 us that its front end takes for a token."""
    llm.log_stats = llm.output_processor.log_stats = False
    if (manager := llm.logger_manager) is not None:
        heard = (each for each in manager.stat_loggers if not isinstance(each, PrometheusStatLogger))
        manager.stat_loggers = list(heard)
