"""Errors in OpenAI's envelope."""

from services.edge.adapters.streaming import encode_json

TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


def envelope(status: int, message: str, param: str | None, code: str | None) -> bytes:
    """`type` is what OpenAI's own API says for the status; clients tell errors apart by `code`."""
    kind = TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return encode_json({"error": {"message": message, "type": kind, "param": param, "code": code}})
