"""OpenAI's API: chat completions and models."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from services.edge.adapters.http.answers import AnswerResponse, StreamedAnswer, WholeAnswerBody
from services.edge.adapters.http.openai_errors import JSON, openai_error, openai_refusal
from services.edge.adapters.openai.chunks import ChunkStream
from services.edge.adapters.openai.completions import completion, model_fields, model_list
from services.edge.adapters.openai.embeddings import embedding_models
from services.edge.adapters.openai.requests import read_body, to_question
from services.edge.adapters.streaming import encode_json
from services.edge.domain.identity import Principal
from services.edge.ports.chat import Workers
from services.edge.ports.embedding import Embedder
from services.edge.usecases.chat import Chat
from shared.errors import ModelNotFound
from shared.served import find_model

LiveWorkers = NamedDependency[SkipValidation[Workers]]
LiveEmbedder = NamedDependency[SkipValidation[Embedder]]


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
    async def models(self, workers: LiveWorkers, embedder: LiveEmbedder) -> Response[bytes]:
        """What is served at this moment: models that chat first, then those that embed, which have `dimensions`."""
        embedding = embedding_models(await embedder.models())
        return Response(model_list(workers.models(), embedding), media_type=JSON)

    @get("/models/{model:path}", summary="Read a model", exception_handlers={Exception: openai_error})
    async def model(
        self, model: FromPath[str], workers: LiveWorkers, embedder: LiveEmbedder
    ) -> Response[bytes]:
        """Names may hold slashes."""
        name = model.removeprefix("/")
        if name and (served := find_model(workers.models(), name)) is not None:
            return Response(encode_json(model_fields(name, served)), media_type=JSON)
        for fields in embedding_models(await embedder.models()):
            if name == fields["id"]:
                return Response(encode_json(fields), media_type=JSON)
        raise ModelNotFound(f"The model '{name}' does not exist.", param="model")
