"""Logs and traces of serving, with OpenTelemetry's names for generative AI."""

from collections.abc import Generator
from contextlib import contextmanager

import structlog
from opentelemetry.trace import Span

from services.inference.domain.attempts import Attempt
from services.inference.ports import RequestSpan, Ticket
from shared import telemetry

log = structlog.get_logger()


class AttemptSpan:
    def __init__(self, span: Span) -> None:
        self._span = span

    def ended(self, attempt: Attempt) -> None:
        usage = attempt.usage
        self._span.set_attribute("gen_ai.usage.input_tokens", usage.prompt_tokens)
        self._span.set_attribute("gen_ai.usage.output_tokens", usage.completion_tokens)
        self._span.set_attribute("gen_ai.response.finish_reasons", attempt.finish_reasons)
        if attempt.failure is not None:
            self._span.set_attribute("error.type", attempt.failure.code)


class TelemetryObserver:
    def __init__(self, engine: str) -> None:
        self._engine = engine

    @contextmanager
    def serving(self, ticket: Ticket) -> Generator[RequestSpan]:
        job = ticket.job
        with telemetry.continued(ticket.headers, f"chat {job.model}") as span:
            span.set_attribute("gen_ai.operation.name", "chat")
            span.set_attribute("gen_ai.provider.name", self._engine)
            span.set_attribute("gen_ai.request.model", job.model)
            span.set_attribute("sluice.request", job.request)
            span.set_attribute("sluice.attempt", job.attempt)
            yield AttemptSpan(span)

    def note(self, event: str, **fields: object) -> None:
        log.info(event, **fields)

    def crashed(self, error: BaseException, **fields: object) -> None:
        log.error("job.crashed", exc_info=error, **fields)
