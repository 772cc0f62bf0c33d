"""The errors of the product: each has a code that crosses the bus and an HTTP status at the edge.

A service raises one of these; adapters translate a library's own errors into them.
"""

from typing import ClassVar

from shared.messages import Failure


class SluiceError(Exception):
    """Base of all. `message` is for the caller to read: no secrets, no stack."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, param: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after_s = retry_after_s


class InternalError(SluiceError):
    """A bug of ours."""


class InvalidRequest(SluiceError):
    code, status = "invalid_request", 400


class ContextLengthExceeded(SluiceError):
    """The prompt leaves the model no room to answer."""

    code, status = "context_length_exceeded", 400


class Unauthorized(SluiceError):
    code, status = "unauthorized", 401


class Forbidden(SluiceError):
    code, status = "forbidden", 403


class NotFound(SluiceError):
    """Not there, or another user's: the caller learns no difference."""

    code, status = "not_found", 404


class ModelNotFound(SluiceError):
    code, status = "model_not_found", 404


class Conflict(SluiceError):
    code, status = "conflict", 409


class TooLarge(SluiceError):
    code, status = "too_large", 413


class Unprocessable(SluiceError):
    """Well formed, but its content is of no use: an empty or binary document."""

    code, status = "unprocessable", 422


class RateLimited(SluiceError):
    code, status = "rate_limit_exceeded", 429


class Cancelled(SluiceError):
    """Stopped, by its caller or because its caller has gone."""

    code, status = "cancelled", 499


class Unavailable(SluiceError):
    """A part that is needed is away; try again."""

    code, status = "unavailable", 503

    def __init__(self, message: str, *, param: str | None = None, retry_after_s: float | None = 1.0) -> None:
        super().__init__(message, param=param, retry_after_s=retry_after_s)


class ModelAway(Unavailable):
    """No worker serves it at the moment."""

    code = "model_unavailable"


class NotTaken(Unavailable):
    """Nobody was there to take what was sent: it is certain that nothing came of it."""


class QueueFull(Unavailable):
    """More work waits than is allowed to."""

    code = "queue_full"


class EngineFailed(SluiceError):
    """The engine gave up on this request."""

    code, status = "engine_failed", 502


class DeadlineExceeded(SluiceError):
    code, status = "deadline_exceeded", 504


def _codes(root: type[SluiceError]) -> dict[str, type[SluiceError]]:
    """A code that a child has from its parent stands for the parent."""
    known = {root.code: root}
    for child in root.__subclasses__():
        known = _codes(child) | known
    return known


def to_failure(error: SluiceError) -> Failure:
    return Failure(
        code=error.code, message=error.message, param=error.param, retry_after_s=error.retry_after_s
    )


def from_failure(failure: Failure) -> SluiceError:
    """The exception a failure stands for; a code of a newer peer that is unknown here is an internal error."""
    kind = _codes(SluiceError).get(failure.code, InternalError)
    return kind(failure.message, param=failure.param, retry_after_s=failure.retry_after_s)
