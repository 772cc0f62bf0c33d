"""FastStream for what is rare: requests and replies, broadcasts, durable consumers. Never for tokens."""

from typing import Any

import msgspec
import structlog
from faststream import BaseMiddleware
from faststream.message import StreamMessage
from faststream.nats import NatsBroker
from nats.aio.client import ErrorCallback

from shared import messages, telemetry
from shared.errors import InternalError, InvalidRequest, SluiceError, to_failure
from shared.settings import servers

from .connection import connection_options

log = structlog.get_logger()


class MessageCodec:
    """Our messages as MessagePack; FastStream's default would try JSON on them."""

    def __init__(self) -> None:
        kinds = [kind for kind in vars(messages).values() if _is_message(kind)]
        self._decoder: msgspec.msgpack.Decoder[messages.Message] = msgspec.msgpack.Decoder(_union(kinds))
        self._encoder = msgspec.msgpack.Encoder()

    async def decode(self, msg: StreamMessage[Any]) -> Any:
        try:
            return self._decoder.decode(msg.body)
        except msgspec.DecodeError as error:
            raise InvalidRequest(f"Not a message of ours: {error}") from error

    async def encode(self, msg: Any, serializer: object = None) -> tuple[bytes, str | None]:
        del serializer  # FastStream passes its own; it is part of the signature
        return (b"", None) if msg is None else (self._encoder.encode(msg), "application/msgpack")


class ErrorsAsMessages(BaseMiddleware[Any, Any]):
    """A handler's error becomes its reply, and the trace of the request goes on in the handler."""

    async def consume_scope(self, call_next: Any, msg: StreamMessage[Any]) -> Any:
        with telemetry.continued(msg.headers, f"{self.msg.subject.split('.')[0]} handle"):
            if not msg.reply_to:
                return await call_next(msg)
            try:
                return await call_next(msg)
            except SluiceError as error:
                return to_failure(error)
            except Exception:
                log.exception("handler.failed", subject=self.msg.subject)
                return to_failure(InternalError("The service failed at this; its log says why."))


class LastingBroker(NatsBroker):
    """FastStream raises what it takes for final (a server that refuses us once) within nats-py's task that reconnects.
    That task ends with it, and the process would never hear of control again. Here it tries the next server."""

    def _log_connection_broken(self, error_cb: ErrorCallback | None = None) -> ErrorCallback:
        async def note(error: Exception) -> None:
            log.debug("control.error", error=repr(error))  # our other connections say it aloud

        return note if error_cb is None else error_cb


def control_broker(url: str, name: str) -> NatsBroker:
    """Handlers get the decoded message and return one; `SluiceError` reaches the requester as itself."""
    return LastingBroker(
        servers(url),
        name=name,
        codec=MessageCodec(),
        apply_types=False,
        middlewares=[ErrorsAsMessages],
        logger=None,
        **connection_options(),
    )


def _is_message(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, messages.Message) and kind is not messages.Message


def _union(kinds: list[Any]) -> Any:
    union = kinds[0]
    for kind in kinds[1:]:
        union = union | kind
    return union
