"""Probes and metrics."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from prometheus_client import CONTENT_TYPE_LATEST

from services.edge.adapters.http.guards import NO_TOKEN, PUBLIC
from services.edge.adapters.http.metrics import Metrics
from shared.errors import Unavailable

Part = Literal["nats", "postgres", "revocations"]


class Readiness(msgspec.Struct, frozen=True):
    ready: bool
    parts: dict[Part, bool]
    draining: bool = False
    """The process is about to end, and takes no questions any more."""


NOT_READY = ResponseSpec(data_container=Readiness, description="Some part is away", generate_examples=False)


class Probe:
    """Asks the parts without which the edge can do little."""

    def __init__(
        self,
        *,
        nats: Callable[[], bool],
        revocations: Callable[[], bool],
        postgres: Callable[[], Awaitable[None]],
        draining: Callable[[], bool],
    ) -> None:
        self._nats = nats
        self._revocations = revocations
        self._postgres = postgres
        self._draining = draining

    async def __call__(self) -> Readiness:
        parts: dict[Part, bool] = {
            "nats": self._nats(),
            "postgres": await self._postgres_answers(),
            "revocations": self._revocations(),
        }
        draining = self._draining()
        return Readiness(all(parts.values()) and not draining, parts, draining)

    async def _postgres_answers(self) -> bool:
        try:
            await self._postgres()
        except Unavailable:
            return False
        return True


class OperationsController(Controller):
    path = "/"
    tags = ("Operations",)
    opt: Mapping[str, Any] | None = PUBLIC
    security = NO_TOKEN

    @get("/health/live", summary="The process answers", sync_to_thread=False)
    def live(self) -> dict[str, bool]:
        return {"live": True}

    @get("/health/ready", summary="All parts are there", responses={503: NOT_READY})
    async def ready(self, probe: NamedDependency[Probe]) -> Response[Readiness]:
        readiness = await probe()
        return Response(readiness, status_code=200 if readiness.ready else 503)

    @get("/metrics", summary="For Prometheus", media_type="text/plain", sync_to_thread=False)
    def metrics(self, metrics: NamedDependency[Metrics]) -> Response[bytes]:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)
