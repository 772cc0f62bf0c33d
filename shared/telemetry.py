"""Logs as JSON lines, and W3C trace context across the bus.

Spans are a request's, never a token's. Nothing here runs at import; `start` is called by each `__main__`.
"""

import logging
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager

import structlog
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from shared.settings import BaseSettings

TRACER = "sluice"


def start(service: str, settings: BaseSettings) -> None:
    """Logging to standard error; traces to `otlp_endpoint`, or nowhere."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    structlog.contextvars.bind_contextvars(service=service, instance=settings.instance)
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr)
    resource = Resource.create(
        {"service.name": f"sluice-{service}", "service.instance.id": settings.instance}
    )
    provider = TracerProvider(resource=resource)
    if settings.otlp_endpoint:
        exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def outgoing() -> dict[str, str]:
    """The headers that carry the current trace on."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return headers


@contextmanager
def continued(headers: Mapping[str, str] | None, name: str) -> Generator[trace.Span]:
    """A span that goes on with the trace in `headers`, or begins one."""
    context = propagate.extract(dict(headers or {}))
    with trace.get_tracer(TRACER).start_as_current_span(name, context=context) as span:
        yield span


@contextmanager
def span(name: str, **attributes: str | float | bool) -> Generator[trace.Span]:
    with trace.get_tracer(TRACER).start_as_current_span(name, attributes=attributes) as current:
        yield current


def trace_id() -> str:
    """The current trace's id in hex; empty outside a trace."""
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else ""
