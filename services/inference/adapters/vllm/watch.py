"""How full the engine is and that it moves, by its scheduler's own word."""

from typing import Any

from vllm.v1.engine.async_llm import AsyncLLM
from vllm.v1.metrics.loggers import PrometheusStatLogger, StatLoggerBase

from shared.messages import Speculation


class SchedulerWatch(StatLoggerBase):
    """Its `waiting` is as old as the last step: an idle engine says nothing."""

    def __init__(self, *_: Any) -> None:
        self.steps = 0
        self.waiting = 0
        self.kv_use = 0.0
        self._drafts = self._drafted = self._accepted = 0

    def record(self, scheduler_stats: Any = None, *_: Any, **__: Any) -> None:
        """Once a step, also of those that end in no token. The other statistics may be missing, and differ between
        versions."""
        self.steps += 1
        if scheduler_stats is not None:
            self.waiting = scheduler_stats.num_waiting_reqs
            self.kv_use = scheduler_stats.kv_cache_usage
            if (told := scheduler_stats.spec_decoding_stats) is not None:
                self._drafts += told.num_drafts
                self._drafted += told.num_draft_tokens
                self._accepted += told.num_accepted_tokens

    def speculation(self) -> Speculation | None:
        """None: nothing was drafted yet."""
        return Speculation(self._drafts, self._drafted, self._accepted) if self._drafts else None

    def log_engine_initialized(self) -> None:
        """The worker's status says it."""


def spare_statistics(llm: AsyncLLM) -> None:
    """Before the first request. Its loggers stay, with the scheduler's word; what vLLM counts for each token of each
    request, and what it would tell Prometheus, nobody reads: 7 of the 25 us that its front end takes for a token."""
    llm.log_stats = llm.output_processor.log_stats = False
    if (manager := llm.logger_manager) is not None:
        heard = (each for each in manager.stat_loggers if not isinstance(each, PrometheusStatLogger))
        manager.stat_loggers = list(heard)
