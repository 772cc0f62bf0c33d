"""Litestar, told what is ours: routes, errors, who may come in, and the OpenAPI document."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.di import Provide

from services.edge.adapters.http.auth import AuthController
from services.edge.adapters.http.chat import ChatController
from services.edge.adapters.http.conversations import ConversationController
from services.edge.adapters.http.documents import ENVELOPE_BYTES, DocumentController
from services.edge.adapters.http.embeddings import EmbeddingController
from services.edge.adapters.http.envelope import Envelope
from services.edge.adapters.http.errors import problem_response
from services.edge.adapters.http.guards import SignedIn, provide_principal
from services.edge.adapters.http.legacy import LegacyController
from services.edge.adapters.http.metrics import Metrics
from services.edge.adapters.http.openai import OpenAIController
from services.edge.adapters.http.openapi import openapi_config
from services.edge.adapters.http.openapi_bodies import describe_bodies
from services.edge.adapters.http.operations import OperationsController
from services.edge.adapters.http.responses import ResponsesController
from services.edge.adapters.http.search import SearchController
from services.edge.settings import EdgeSettings

EXPOSED_HEADERS = [
    "content-disposition",
    "retry-after",
    "x-request-id",
    "x-sluice-chat-id",
    "x-sluice-error",
    "x-sluice-message-id",
    "x-vercel-ai-data-stream",
    "x-vercel-ai-ui-message-stream",
]

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def build_http(
    settings: EdgeSettings,
    *,
    signed_in: SignedIn,
    provided: Mapping[str, object],
    metrics: Metrics,
    lifespan: Lifespan,
) -> Litestar:
    """`provided`: what handlers get by the names of their parameters."""
    dependencies = {name: _provide(value) for name, value in provided.items()}
    app = Litestar(
        route_handlers=[
            AuthController,
            Router(
                "/",
                route_handlers=[ChatController, OpenAIController, ResponsesController],
                request_max_body_size=settings.max_chat_bytes,
            ),
            EmbeddingController,
            LegacyController,
            ConversationController,
            _documents(settings.max_document_bytes),
            SearchController,
            OperationsController,
        ],
        guards=[signed_in],
        dependencies={**dependencies, "principal": Provide(provide_principal, sync_to_thread=False)},
        exception_handlers={Exception: problem_response},
        request_max_body_size=settings.max_body_bytes,
        cors_config=_cors(settings.cors_origins),
        openapi_config=openapi_config(),
        lifespan=[lifespan],
        logging_config=None,
    )
    describe_bodies(app.openapi_schema)
    app.asgi_handler = Envelope(app.asgi_handler, metrics)
    return app


def _provide(value: object) -> Provide:
    return Provide(lambda: value, sync_to_thread=False)


def _documents(max_bytes: int) -> Router:
    return Router("/", route_handlers=[DocumentController], request_max_body_size=max_bytes + ENVELOPE_BYTES)


def _cors(origins: tuple[str, ...]) -> CORSConfig | None:
    """Closed unless origins are named. Tokens travel in a header, so no cookie needs to be let through."""
    if not origins:
        return None
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["authorization", "content-type", "x-request-id"],
        expose_headers=EXPOSED_HEADERS,
        max_age=600,
    )
