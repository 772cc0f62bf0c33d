"""The OpenAPI document. JSON alone: the pages that render it would fetch their scripts from elsewhere."""

from typing import Any

from litestar import Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from services.edge.adapters.http.guards import PUBLIC

VERSION = "0.1.0"


def openapi_config() -> OpenAPIConfig:
    bearer = SecurityScheme(type="http", scheme="bearer", bearer_format="JWT", description="From POST /login")
    opt: dict[str, Any] = dict(PUBLIC)
    return OpenAPIConfig(
        title="Sluice",
        version=VERSION,
        summary="A private AI chat platform on your own GPUs",
        description="Sign in with POST /login, and send the access token as `Authorization: Bearer …`.",
        components=Components(security_schemes={"bearer": bearer}),
        security=[{"bearer": []}],
        use_handler_docstrings=True,
        operation_id_creator=_operation_id,
        openapi_router=Router("/schema", route_handlers=[], opt=opt, include_in_schema=False),
        render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"])],
    )


def _operation_id(handler: HTTPRouteHandler, method: object, path: object) -> str:  # noqa: ARG001 - Litestar's call
    """As `conversations_list`: what a generated client calls its methods."""
    return "_".join([*handler.resolve_tags(), handler.handler_name]).lower()
