"""An upstream's refusals, as our errors."""

from collections.abc import Mapping

import msgspec

from services.inference.adapters.openai.wire import ErrorBody
from shared.errors import ContextLengthExceeded, EngineFailed, InvalidRequest, SluiceError, Unavailable

MAX_MESSAGE = 500


class _Envelope(msgspec.Struct):
    error: ErrorBody = msgspec.field(default_factory=ErrorBody)


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> SluiceError:
    """The upstream's message goes to the caller for a caller's mistake, and not otherwise."""
    error = _error(body)
    if status in {400, 413, 422}:
        message = error.message[:MAX_MESSAGE] or "The model's server refused the request."
        if error.code == "context_length_exceeded" or "context length" in message.lower():
            return ContextLengthExceeded(message, param="messages")
        return InvalidRequest(message, param=error.param)
    if status in {408, 425, 429, 503}:
        return Unavailable("The model's server is busy.", retry_after_s=_retry_after_s(headers))
    if status in {401, 403}:
        return EngineFailed("The model's server refuses our key.")
    if status == 404:
        return EngineFailed("The model's server does not know the model that we ask for.")
    return EngineFailed(f"The model's server answered {status}.")


def _error(body: bytes) -> ErrorBody:
    """OpenAI wraps it in `error`; vLLM once did not."""
    for kind in (_Envelope, ErrorBody):
        try:
            found = msgspec.json.decode(body, type=kind)
        except msgspec.DecodeError:
            continue
        error = found.error if isinstance(found, _Envelope) else found
        if error.message:
            return error
    return ErrorBody()


def _retry_after_s(headers: Mapping[str, str]) -> float:
    text = headers.get("retry-after", "")
    return float(text) if text.isdigit() else 1.0
