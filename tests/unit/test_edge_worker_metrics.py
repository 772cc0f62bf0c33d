"""Prometheus hears what the workers say of their speculation, while they say it."""

from prometheus_client import CollectorRegistry, generate_latest

from services.edge.adapters.http.worker_metrics import WorkerMetrics
from shared.messages import Speculation, WorkerStatus


def status(worker: str, speculation: Speculation | None) -> WorkerStatus:
    return WorkerStatus(worker=worker, engine="vllm", models=(), slots=8, running=1, speculation=speculation)


def test_each_worker_that_speculates_is_told_of() -> None:
    statuses = [status("inference-1", Speculation(10, 40, 30)), status("inference-2", None)]
    registry = CollectorRegistry()
    registry.register(WorkerMetrics(lambda: statuses))
    told = generate_latest(registry).decode().splitlines()
    assert 'sluice_spec_decode_drafts_total{worker="inference-1"} 10.0' in told
    assert 'sluice_spec_decode_draft_tokens_total{worker="inference-1"} 40.0' in told
    assert 'sluice_spec_decode_accepted_tokens_total{worker="inference-1"} 30.0' in told
    assert 'sluice_spec_decode_acceptance_rate{worker="inference-1"} 0.75' in told
    assert 'sluice_spec_decode_tokens_per_step{worker="inference-1"} 4.0' in told
    assert not any("inference-2" in line for line in told)
    statuses.clear()
    assert "worker=" not in generate_latest(registry).decode()
