"""OpenAI's embeddings, by the embedder that the retriever uses, too."""

import asyncio
from typing import Any

from litestar import Controller, Request, post
from litestar.di import NamedDependency

from services.edge.adapters.http.answers import AnswerResponse
from services.edge.adapters.http.awaited import AwaitedBody
from services.edge.adapters.http.openai_errors import openai_error, openai_refusal
from services.edge.adapters.openai.embeddings import EmbeddingBody, embedding_list, read_body, to_texts
from services.edge.domain.identity import Principal
from services.edge.usecases.embeddings import Embeddings


class EmbeddingController(Controller):
    path = "/v1/embeddings"
    tags = ("OpenAI",)

    @post("/", status_code=200, summary="Embed", exception_handlers={Exception: openai_error})
    async def embed(
        self,
        request: Request[Principal, Any, Any],
        principal: NamedDependency[Principal],
        embeddings: NamedDependency[Embeddings],
    ) -> AnswerResponse:
        """Embeddings as OpenAI has them, of texts; unit length.

        A text that is longer than the model reads is refused, unless `truncate_prompt_tokens` is -1.
        """
        body = read_body(await request.body())
        return AnswerResponse(AwaitedBody(lambda: _embedded(embeddings, principal, body), openai_refusal))


async def _embedded(embeddings: Embeddings, principal: Principal, body: EmbeddingBody) -> bytes:
    replies = await embeddings(principal, to_texts(body))
    pieces: list[bytes] = []
    for piece in embedding_list(replies, body.encoding_format):
        pieces.append(piece)
        await asyncio.sleep(0)
    return b"".join(pieces)
