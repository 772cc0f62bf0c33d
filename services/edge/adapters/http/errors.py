"""Errors as HTTP has them: RFC 9457 problems, or whatever a route makes of a `Fault`."""

import math
import re
from typing import Any, cast

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec

from shared.errors import InternalError, SluiceError

log = structlog.get_logger()

PROBLEM_JSON = "application/problem+json"
CODE_HEADER = "x-sluice-error"
"""A fault's code, where the body is for people alone."""
MISSING_FIELD = re.compile(r"missing required field `(\w+)`")
MISSING_PARAMETER = re.compile(r"Missing required query parameter '(\w+)'")
CODES = {
    400: "invalid_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    429: "rate_limit_exceeded",
    503: "unavailable",
}


class FieldError(msgspec.Struct, frozen=True):
    field: str
    message: str


class Fault(msgspec.Struct, frozen=True):
    """What a caller learns of an error."""

    status: int
    code: str
    message: str
    param: str | None = None
    """The field that is to blame, dots between its levels."""
    retry_after_s: float | None = None
    errors: tuple[FieldError, ...] = ()
    headers: dict[str, str] = {}

    def response_headers(self) -> dict[str, str]:
        headers = dict(self.headers)
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(max(1, math.ceil(self.retry_after_s)))
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return headers


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457. `code` is stable, `detail` is for people."""

    title: str
    status: int
    code: str
    detail: str
    type: str = "about:blank"
    param: str | None = None
    errors: tuple[FieldError, ...] = ()


def fault_of(error: Exception) -> Fault:
    """Nothing that a client did is a 500; a bug is, and its text stays in the log."""
    match error:
        case SluiceError():
            return Fault(error.status, error.code, error.message, error.param, error.retry_after_s)
        case HTTPException() if error.status_code < 500:
            return _refused_by_litestar(error)
        case RecursionError():
            return Fault(400, CODES[400], "The body is nested too deeply.")
        case UnicodeDecodeError():
            return Fault(400, CODES[400], "The body is not text in UTF-8.")
        case LookupError() if "unknown encoding" in str(error):
            return Fault(400, CODES[400], "The body names an encoding that does not exist.")
        case HTTPException() if "disconnected" in error.detail:
            return Fault(400, CODES[400], "The body broke off.")
        case _:
            return Fault(500, InternalError.code, "The service failed at this; its log says why.")


def log_bug(request: Request[Any, Any, Any], error: Exception, fault: Fault) -> None:
    if fault.status == 500:
        log.error("request.failed", method=request.method, path=request.url.path, exc_info=error)


def problem_response(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The exception handler of all routes that have none of their own."""
    fault = fault_of(error)
    log_bug(request, error, fault)
    problem = Problem(
        title=fault.code.replace("_", " ").capitalize(),
        status=fault.status,
        code=fault.code,
        detail=fault.message,
        param=fault.param,
        errors=fault.errors,
    )
    return Response(
        msgspec.json.encode(problem),
        status_code=fault.status,
        media_type=PROBLEM_JSON,
        headers=fault.response_headers(),
    )


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """For the OpenAPI document: with which statuses a route answers problems."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            media_type=PROBLEM_JSON,
            generate_examples=False,
            description=CODES.get(status, "unprocessable").replace("_", " ").capitalize(),
        )
        for status in statuses
    }


def _refused_by_litestar(error: HTTPException) -> Fault:
    status = error.status_code
    errors = tuple(_field_errors(error.extra))
    if not errors and (missing := MISSING_PARAMETER.match(error.detail)):
        errors = (FieldError(missing[1], "This parameter is required."),)
    message = f"{errors[0].field}: {errors[0].message}" if errors else error.detail
    return Fault(
        status,
        CODES.get(status, CODES[400]),
        message,
        param=errors[0].field if errors else None,
        errors=errors,
        headers=dict(error.headers or {}),
    )


def _field_errors(extra: object) -> list[FieldError]:
    """Litestar calls the body `data`, and tells a missing field by its message alone."""
    found: list[FieldError] = []
    items = cast("list[dict[str, object]]", extra) if isinstance(extra, list) else []
    for item in items:
        message = str(item.get("message", ""))
        parts = [part for part in str(item.get("key", "")).split(".") if part not in {"", "data"}]
        if missing := MISSING_FIELD.search(message):
            parts.append(missing[1])
        found.append(FieldError(".".join(parts) or "body", message))
    return found
