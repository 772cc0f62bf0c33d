"""OpenAI's Responses API, as far as it needs no store: text, tools and what the model thinks, streamed or whole."""

from typing import Any

import msgspec
from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency

from services.edge.adapters.http.answers import AnswerResponse, Refusal, StreamedAnswer, WholeBody
from services.edge.adapters.http.errors import Fault
from services.edge.adapters.http.openai_errors import openai_error, openai_refusal
from services.edge.adapters.openai.responses_body import read_body
from services.edge.adapters.openai.responses_object import ResponseHead
from services.edge.adapters.openai.responses_question import to_question
from services.edge.adapters.openai.responses_stream import ResponseStream, WholeResponse
from services.edge.domain.identity import Principal
from services.edge.usecases.chat import Chat
from shared.errors import SluiceError

FIELDS = {"messages": "input", "response_format": "text.format", "max_tokens": "max_output_tokens"}
"""What chat completions call a field, which is what all behind the edge call it, and what this route does."""


def response_refusal(fault: Fault) -> Refusal:
    return openai_refusal(msgspec.structs.replace(fault, param=FIELDS.get(fault.param or "", fault.param)))


def response_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    if isinstance(error, SluiceError):
        error.param = FIELDS.get(error.param or "", error.param)
    return openai_error(request, error)


class ResponsesController(Controller):
    path = "/v1/responses"
    tags = ("OpenAI",)

    @post("/", status_code=200, summary="Respond", exception_handlers={Exception: response_error})
    async def respond(
        self,
        request: Request[Principal, Any, Any],
        principal: NamedDependency[Principal],
        chat: NamedDependency[Chat],
    ) -> AnswerResponse:
        """Responses as OpenAI has them, streamed or whole; none is stored.

        Ours: `"retrieval": true` has the answer written from the caller's documents.
        """
        body = read_body(await request.body())
        answer = await chat(principal, to_question(body))
        job = answer.job
        headers = {"x-sluice-request-id": job.request}
        stream = ResponseStream(ResponseHead(job, body), job.request)
        if body.stream:
            return AnswerResponse(StreamedAnswer(answer, response_refusal, headers, stream))
        whole = WholeResponse(stream)
        return AnswerResponse(WholeBody(answer, response_refusal, headers, whole, WholeResponse.encoded))
