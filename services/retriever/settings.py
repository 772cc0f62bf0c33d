"""What the retriever can be told."""

from typing import Annotated

from msgspec import Meta

from shared.settings import BaseSettings

Positive = Annotated[int, Meta(ge=1)]
PositiveS = Annotated[float, Meta(gt=0)]


class RetrieverSettings(BaseSettings, frozen=True, kw_only=True):
    database_url: str
    """`postgresql+asyncpg://…`; the service keeps to the schema `retriever`."""
    database_connections: Positive = 8
    embedding_model: str = ""
    """The folder that the embedder has, for its tokenizer; empty: all-MiniLM-L6-v2."""
    chunk_tokens: Annotated[int, Meta(ge=110, le=254)] = 254
    """At most, a chunk; the model reads 256 with its two special tokens. A word has up to 100."""
    chunk_overlap_tokens: Annotated[int, Meta(ge=0, le=64)] = 32
    """How much of a chunk's end, at most, the next one repeats."""
    ingest_concurrency: Positive = 2
    """Documents that this instance ingests at once."""
    ingest_block_texts: Annotated[int, Meta(ge=1, le=256)] = 16
    """Passages embedded by one request; progress is told after each."""
    ingest_attempts: Positive = 5
    """A document during whose ingestion the process died so often is given up. Outages do not count."""
    ingest_patience_s: PositiveS = 86_400.0
    """A document that outages have kept waiting for so long is given up."""
    ingest_ack_wait_s: PositiveS = 30.0
    """A job whose instance died comes again after so long."""
