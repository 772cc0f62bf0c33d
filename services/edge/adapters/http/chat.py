"""`POST /v1/chat`: the chat of AI SDK 4 to 7, and of the bare body `{model, messages, stream}`."""

from typing import Annotated, Any

from litestar import Controller, MediaType, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import Parameter

from services.edge.adapters.http.answers import AnswerResponse, Refusal, StreamedAnswer, WholeAnswerBody
from services.edge.adapters.http.errors import Fault, fault_of, log_bug
from services.edge.adapters.streaming import StreamFormat
from services.edge.adapters.vercel.data_stream import DataStream
from services.edge.adapters.vercel.requests import Protocol, protocol_of, read_body, to_question
from services.edge.adapters.vercel.text_stream import TextStream
from services.edge.adapters.vercel.ui_stream import UiStream
from services.edge.adapters.vercel.whole import whole_answer
from services.edge.domain.identity import Principal
from services.edge.usecases.chat import Chat

BEGIN_AFTER_S = 1.5
"""A job that waits for its turn so long shows its sources meanwhile; an error after that comes in the stream."""
TEXT = "text/plain; charset=utf-8"
PROTOCOL = Parameter(
    description="ui, data or text; without it, a body with a `trigger` gets ui, another data"
)


def plain_text(fault: Fault) -> Refusal:
    """AI SDK shows the body of a failed request to its user as it is, so it must not be JSON."""
    return Refusal(fault.status, fault.response_headers() | {"Content-Type": TEXT}, fault.message.encode())


def plain_text_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    fault = fault_of(error)
    log_bug(request, error, fault)
    return Response(
        fault.message.encode(),
        status_code=fault.status,
        headers=fault.response_headers(),
        media_type=MediaType.TEXT,
    )


class ChatController(Controller):
    path = "/v1/chat"
    tags = ("Chat",)

    @post("/", status_code=200, summary="Ask", exception_handlers={Exception: plain_text_error})
    async def answer(
        self,
        request: Request[Principal, Any, Any],
        principal: NamedDependency[Principal],
        chat: NamedDependency[Chat],
        protocol: Annotated[str | None, PROTOCOL] = None,
    ) -> AnswerResponse:
        """Answers in a stream that `useChat` reads, with sources; with `"stream": false` in one JSON object.

        The ids of conversation and answer are in the headers `x-sluice-chat-id` and `x-sluice-message-id`.
        Errors before the stream are plain text.
        """
        body = read_body(await request.body())
        chosen = protocol_of(body, protocol)
        answer = await chat(principal, to_question(body))
        headers = {"x-sluice-chat-id": answer.job.chat, "x-sluice-message-id": answer.job.message_id}
        if not body.stream:
            whole = WholeAnswerBody(answer, plain_text, headers, lambda whole: whole_answer(answer, whole))
            return AnswerResponse(whole)
        stream = _stream(chosen)
        return AnswerResponse(
            StreamedAnswer(answer, plain_text, headers, stream, begin_after_s=BEGIN_AFTER_S)
        )


def _stream(protocol: Protocol) -> StreamFormat:
    match protocol:
        case "ui":
            return UiStream()
        case "data":
            return DataStream()
        case "text":
            return TextStream()
