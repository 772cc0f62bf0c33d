"""What Prometheus reads. Labels are bounded: routes as they are declared, never paths or ids."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
UNMATCHED = "unmatched"


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("sluice_http_requests", "Requests answered", labels, registry=self.registry)
        self._first_byte = Histogram(
            "sluice_http_first_byte_seconds",
            "From a request to the head of its response",
            ("method", "route"),
            registry=self.registry,
        )
        self._open = Gauge(
            "sluice_http_open_requests", "Requests in progress, streams too", registry=self.registry
        )

    def began(self) -> None:
        self._open.inc()

    def answered(self, method: str, route: str | None, status: int, seconds: float) -> None:
        method = method if method in METHODS else "OTHER"
        route = route or UNMATCHED
        self._requests.labels(method, route, str(status)).inc()
        self._first_byte.labels(method, route).observe(seconds)

    def ended(self) -> None:
        self._open.dec()

    def exposition(self) -> bytes:
        return generate_latest(self.registry)
