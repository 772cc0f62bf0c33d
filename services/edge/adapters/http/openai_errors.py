"""Errors of OpenAI's routes, before an answer and in place of one."""

from typing import Any

from litestar import Request, Response

from services.edge.adapters.http.answers import Refusal
from services.edge.adapters.http.errors import Fault, fault_of, log_bug
from services.edge.adapters.openai.errors import envelope

JSON = "application/json"


def openai_refusal(fault: Fault) -> Refusal:
    body = envelope(fault.status, fault.message, fault.param, fault.code)
    return Refusal(fault.status, fault.response_headers() | {"Content-Type": JSON}, body)


def openai_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    fault = fault_of(error)
    log_bug(request, error, fault)
    body = envelope(fault.status, fault.message, fault.param, fault.code)
    return Response(body, status_code=fault.status, headers=fault.response_headers(), media_type=JSON)
