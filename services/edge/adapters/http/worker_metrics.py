"""What the workers say of their engines, for Prometheus: read when it asks, from their last status.

Every edge tells the same of all workers. There are as many labels as live workers; one that is gone is not told of.
"""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from shared.messages import Speculation, WorkerStatus

PREFIX = "sluice_spec_decode"
COUNTERS: tuple[tuple[str, str, Callable[[Speculation], float]], ...] = (
    ("drafts", "Steps of a request in which drafted tokens were checked", lambda told: told.drafts),
    ("draft_tokens", "Tokens drafted", lambda told: told.drafted_tokens),
    ("accepted_tokens", "Drafted tokens that the model accepted", lambda told: told.accepted_tokens),
)
GAUGES: tuple[tuple[str, str, Callable[[Speculation], float]], ...] = (
    (
        "acceptance_rate",
        "Accepted of drafted tokens since the engine started",
        lambda told: told.acceptance_rate,
    ),
    ("tokens_per_step", "Tokens from a step with a draft, likewise", lambda told: told.tokens_per_step),
)


class WorkerMetrics(Collector):
    def __init__(self, statuses: Callable[[], Iterable[WorkerStatus]]) -> None:
        self._statuses = statuses

    def describe(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """The registry asks for the names when it is told of us, before any worker is known."""
        yield from self._families(())

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        yield from self._families(self._statuses())

    def _families(
        self, statuses: Iterable[WorkerStatus]
    ) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        told = [(status.worker, status.speculation) for status in statuses if status.speculation is not None]
        for kind, described in ((CounterMetricFamily, COUNTERS), (GaugeMetricFamily, GAUGES)):
            for name, meaning, value in described:
                family = kind(f"{PREFIX}_{name}", meaning, labels=("worker",))
                for worker, speculation in told:
                    family.add_metric((worker,), value(speculation))
                yield family
