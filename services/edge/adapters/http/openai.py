"""OpenAI's API: chat completions and models."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from services.edge.adapters.http.answers import AnswerResponse, Refusal, StreamedAnswer, WholeAnswerBody
from services.edge.adapters.http.errors import Fault, fault_of, log_bug
from services.edge.adapters.openai.chunks import ChunkStream
from services.edge.adapters.openai.completions import completion, model_fields, model_list
from services.edge.adapters.openai.errors import envelope
from services.edge.adapters.openai.requests import read_body, to_question
from services.edge.adapters.streaming import encode_json
from services.edge.domain.identity import Principal
from services.edge.ports.chat import Workers
from services.edge.usecases.chat import Chat
from shared.errors import ModelNotFound
from shared.served import find_model

JSON = "application/json"

LiveWorkers = NamedDependency[SkipValidation[Workers]]


def openai_refusal(fault: Fault) -> Refusal:
    body = envelope(fault.status, fault.message, fault.param, fault.code)
    return Refusal(fault.status, fault.response_headers() | {"Content-Type": JSON}, body)


def openai_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    fault = fault_of(error)
    log_bug(request, error, fault)
    body = envelope(fault.status, fault.message, fault.param, fault.code)
    return Response(body, status_code=fault.status, headers=fault.response_headers(), media_type=JSON)


class OpenAIController(Controller):
    path = "/v1"
    tags = ("OpenAI",)

    @post(
        "/chat/completions", status_code=200, summary="Complete", exception_handlers={Exception: openai_error}
    )
    async def complete(
        self,
        request: Request[Principal, Any, Any],
        principal: NamedDependency[Principal],
        chat: NamedDependency[Chat],
    ) -> AnswerResponse:
        """Chat completions as OpenAI has them, streamed or whole.

        Ours: `"retrieval": true` has the answer written from the caller's documents.
        """
        body = read_body(await request.body())
        answer = await chat(principal, to_question(body))
        headers = {"x-sluice-request-id": answer.job.request}
        if not body.stream:
            whole = WholeAnswerBody(
                answer, openai_refusal, headers, lambda whole: completion(answer.job, whole)
            )
            return AnswerResponse(whole)
        include_usage = bool(body.stream_options and body.stream_options.include_usage)
        stream = ChunkStream(answer.job, include_usage=include_usage)
        return AnswerResponse(StreamedAnswer(answer, openai_refusal, headers, stream))

    @get("/models", summary="List models", exception_handlers={Exception: openai_error})
    async def models(self, workers: LiveWorkers) -> Response[bytes]:
        """What a worker serves at this moment."""
        return Response(model_list(workers.models()), media_type=JSON)

    @get("/models/{model:path}", summary="Read a model", exception_handlers={Exception: openai_error})
    async def model(self, model: FromPath[str], workers: LiveWorkers) -> Response[bytes]:
        """Names may hold slashes."""
        name = model.removeprefix("/")
        served = find_model(workers.models(), name) if name else None
        if served is None:
            raise ModelNotFound(f"The model '{name}' does not exist.", param="model")
        return Response(encode_json(model_fields(name, served)), media_type=JSON)
