"""The lanes on the bus, and which model it is: one queue group, so that each request reaches one embedder."""

from faststream.nats import NatsBroker

from services.embedder.settings import EmbedderSettings
from services.embedder.usecases import Embedding
from shared import subjects
from shared.messages import EmbeddingModel, EmbeddingModelRequest, EmbedReply, EmbedRequest

SPARE_HANDLERS = 32
"""More requests are in flight than texts may wait: else requests would queue here, where nobody refuses them."""


def subscribe(broker: NatsBroker, embedding: Embedding, settings: EmbedderSettings) -> None:
    """Call it before the broker starts. FastStream would handle one request at a time if not told otherwise."""

    async def embed_query(request: EmbedRequest) -> EmbedReply:
        return await embedding.embed(request, "query")

    async def embed_batch(request: EmbedRequest) -> EmbedReply:
        return await embedding.embed(request, "batch")

    async def tell_model(request: EmbeddingModelRequest) -> EmbeddingModel:  # noqa: ARG001 - there is one to tell
        return embedding.model

    broker.subscriber(
        subjects.EMBED_QUERY,
        queue=subjects.EMBEDDERS,
        max_workers=settings.embed_query_waiting + SPARE_HANDLERS,
    )(embed_query)
    broker.subscriber(
        subjects.EMBED_BATCH,
        queue=subjects.EMBEDDERS,
        max_workers=settings.embed_batch_waiting + SPARE_HANDLERS,
    )(embed_batch)
    broker.subscriber(subjects.EMBED_MODEL, queue=subjects.EMBEDDERS, max_workers=SPARE_HANDLERS)(tell_model)
