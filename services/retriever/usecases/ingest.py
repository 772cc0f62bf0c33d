"""Ingesting a document: bytes → text → chunks → vectors → passages that can be found, all at once.

May be begun anew at any point. The uploaded bytes are deleted once the document is ready or failed, and not
before: until then another attempt needs them.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

import msgspec

from services.retriever.domain.chunking import Chunk, ChunkRules, chunks
from services.retriever.domain.documents import text_of
from services.retriever.ports import Begun, Embedder, Intake, News, Originals, Tokenizer, Vector
from shared.errors import NotFound, Unavailable, Unprocessable, to_failure
from shared.messages import DocumentFailed, DocumentIngested, Failure, IngestJob


class IngestRules(msgspec.Struct, frozen=True, kw_only=True):
    chunking: ChunkRules
    block_texts: int = 16
    attempts: int = 5
    patience_s: float = 86_400.0


class Ingestion:
    def __init__(
        self,
        *,
        intake: Intake,
        originals: Originals,
        tokenizer: Tokenizer,
        embedder: Embedder,
        news: News,
        rules: IngestRules,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._intake = intake
        self._originals = originals
        self._tokenizer = tokenizer
        self._embedder = embedder
        self._news = news
        self._rules = rules
        self._clock = clock

    async def ingest(self, job: IngestJob) -> None:
        """When it returns, the document is ready or failed, or was deleted meanwhile.

        Raises `Unavailable`: bring the job again later. Any other error, too, is worth another try, but counts.
        """
        begun = await self._intake.begin(job)
        if begun is not None:
            result = await self._result(job, begun)
            if result is not None:
                await self._news.tell(self._event(job, result))
        await self._originals.delete(job.document)

    async def _result(self, job: IngestJob, begun: Begun) -> int | Failure | None:
        """How many passages there are, or why there are none; None: the document has been deleted."""
        document = begun.document
        if document.status == "ready":  # an earlier attempt died after its work was done
            return document.passages
        if document.status == "failed":
            return Failure(code=Unprocessable.code, message=document.error)
        try:
            return await self._attempt(job, begun.attempts)
        except (Unprocessable, NotFound) as error:
            failure = to_failure(error)
        except Unavailable as error:
            if self._clock() - document.created_at < self._rules.patience_s:
                await self._postpone(job)
                raise
            failure = to_failure(error)
        except asyncio.CancelledError:
            await self._postpone(job)
            raise
        return failure if await self._intake.fail(job.document, failure.message) else None

    async def _attempt(self, job: IngestJob, attempts: int) -> int | None:
        if attempts > self._rules.attempts:
            raise Unprocessable(f"The document could not be ingested in {self._rules.attempts} attempts.")
        try:
            data = await self._originals.get(job.document)
        except NotFound as error:
            raise NotFound("The uploaded bytes are gone; upload the document again.") from error
        found = await asyncio.to_thread(self._chunks, data)
        vectors = await self._embedded(job.document, found)
        if vectors is None or not await self._intake.finish(job.document, found, vectors):
            return None
        return len(found)

    def _chunks(self, data: bytes) -> list[Chunk]:
        text = text_of(data)
        found = list(chunks(text, self._tokenizer.words(text), self._rules.chunking))
        if not found:
            raise Unprocessable("The document has no text that the model can read.")
        return found

    async def _embedded(self, document: str, found: list[Chunk]) -> list[Vector] | None:
        """None: the document was deleted meanwhile."""
        vectors: list[Vector] = []
        for start in range(0, len(found), self._rules.block_texts):
            if not await self._intake.report(document, start, len(found)):
                return None
            block = found[start : start + self._rules.block_texts]
            vectors += await self._embedder.embed([chunk.text for chunk in block])
        return vectors

    async def _postpone(self, job: IngestJob) -> None:
        with suppress(Unavailable):  # the database is away, too: then this attempt counts
            await self._intake.postpone(job.document)

    def _event(self, job: IngestJob, result: int | Failure) -> DocumentIngested | DocumentFailed:
        if isinstance(result, Failure):
            return DocumentFailed(
                document=job.document, user=job.user, title=job.title, failure=result, at=self._clock()
            )
        return DocumentIngested(
            document=job.document, user=job.user, title=job.title, passages=result, at=self._clock()
        )
