"""`/v1/chat`: the chat of AI SDK 4 to 7, and of the bare body `{model, messages, stream}`."""

from typing import Annotated, Any

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter, QueryParameter

from services.edge.adapters.http.answers import AnswerResponse, Refusal, StreamedAnswer, WholeAnswerBody
from services.edge.adapters.http.errors import CODE_HEADER, Fault, fault_of, log_bug
from services.edge.adapters.streaming import StreamFormat
from services.edge.adapters.vercel.data_stream import DataStream
from services.edge.adapters.vercel.question import to_question
from services.edge.adapters.vercel.requests import CHAT_ID, Protocol, protocol_asked, protocol_of, read_body
from services.edge.adapters.vercel.text_stream import TextStream
from services.edge.adapters.vercel.ui_stream import UiStream
from services.edge.adapters.vercel.whole import whole_answer
from services.edge.domain.identity import Principal
from services.edge.usecases.answers import AnswerStream
from services.edge.usecases.chat import Chat
from services.edge.usecases.live import LiveAnswers
from shared.errors import NotFound

BEGIN_AFTER_S = 1.5
"""A job that waits for its turn so long shows its sources meanwhile; an error after that comes in the stream."""
TEXT = "text/plain; charset=utf-8"
PROTOCOL = Parameter(
    description="ui, data or text; without it, a body with a `trigger` gets ui, another data"
)


PROTOCOL_OF_A_ROUTE = Parameter(description="ui, data or text; without it, what this route is for")
ChatId = Annotated[str, QueryParameter(name="chatId", description="The conversation's id")]


def plain_text(fault: Fault) -> Refusal:
    """AI SDK shows the body of a failed request to its user as it is, so it must not be JSON."""
    headers = fault.response_headers() | {CODE_HEADER: fault.code, "Content-Type": TEXT}
    return Refusal(fault.status, headers, fault.message.encode())


def plain_text_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    fault = fault_of(error)
    log_bug(request, error, fault)
    return Response(
        fault.message.encode(),
        status_code=fault.status,
        headers=fault.response_headers() | {CODE_HEADER: fault.code},
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
        Errors before the stream are plain text, with their code in the header `x-sluice-error`.
        """
        body = read_body(await request.body())
        chosen = protocol_of(body, protocol)
        answer = await chat(principal, to_question(body))
        if not body.stream:
            whole = WholeAnswerBody(
                answer, plain_text, _headers(answer), lambda whole: whole_answer(answer, whole)
            )
            return AnswerResponse(whole)
        return _streamed(answer, chosen)

    @get("/{conversation:str}/stream", summary="Read on", exception_handlers={Exception: plain_text_error})
    async def resume(
        self,
        principal: NamedDependency[Principal],
        live: NamedDependency[LiveAnswers],
        conversation: FromPath[str],
        protocol: Annotated[str | None, PROTOCOL_OF_A_ROUTE] = None,
    ) -> Response[bytes]:
        """The answer that is being written in a conversation, from its beginning and then as it comes: what
        `useChat` of AI SDK 5 and later asks for with `resume`. Any number of readers may, at any edge.
        """
        chosen = protocol_asked(protocol) or "ui"
        answer = await live.resume(principal, _known(conversation))
        return Response(b"", status_code=204) if answer is None else _streamed(answer, chosen)

    @get("/", summary="Read on, for AI SDK 4", exception_handlers={Exception: plain_text_error})
    async def resume_v4(
        self,
        principal: NamedDependency[Principal],
        live: NamedDependency[LiveAnswers],
        chat_id: ChatId,
        protocol: Annotated[str | None, PROTOCOL_OF_A_ROUTE] = None,
    ) -> Response[bytes]:
        """As `GET /v1/chat/{conversation}/stream`, in data stream v1; empty where no answer is being written, since
        that version takes a 204 for an error.
        """
        chosen = protocol_asked(protocol) or "data"
        answer = await live.resume(principal, _known(chat_id))
        return _nothing(chosen) if answer is None else _streamed(answer, chosen)

    @post(
        "/{conversation:str}/stop",
        status_code=204,
        summary="Stop",
        exception_handlers={Exception: plain_text_error},
    )
    async def stop(
        self,
        principal: NamedDependency[Principal],
        live: NamedDependency[LiveAnswers],
        conversation: FromPath[str],
    ) -> None:
        """Stops the answer that is being written in a conversation, at any edge. What there is of it is kept. Once
        is as good as twice.
        """
        await live.stop(principal, _known(conversation))


def _known(chat: str) -> str:
    """An id that no conversation can have needs no look."""
    if not CHAT_ID.fullmatch(chat):
        raise NotFound("There is no such conversation.")
    return chat


def _headers(answer: AnswerStream) -> dict[str, str]:
    return {"x-sluice-chat-id": answer.job.chat, "x-sluice-message-id": answer.job.message_id}


def _streamed(answer: AnswerStream, protocol: Protocol) -> AnswerResponse:
    """Text alone cannot be read on: nobody could tell where it was."""
    body = StreamedAnswer(
        answer,
        plain_text,
        _headers(answer),
        _stream(protocol),
        begin_after_s=BEGIN_AFTER_S,
        resumable=protocol != "text",
    )
    return AnswerResponse(body)


def _nothing(protocol: Protocol) -> Response[bytes]:
    return Response(b"", headers=_stream(protocol).headers)


def _stream(protocol: Protocol) -> StreamFormat[AnswerStream]:
    match protocol:
        case "ui":
            return UiStream()
        case "data":
            return DataStream()
        case "text":
            return TextStream()
