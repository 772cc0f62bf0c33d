"""Ingestion's view of documents: where one stands, and its passages, all at once."""

import asyncio
from collections.abc import Sequence

from sqlalchemy import Text, bindparam, func, insert, update
from sqlalchemy.dialects.postgresql import ARRAY

from services.retriever.adapters.postgres.catalog import one_of
from services.retriever.adapters.postgres.rows import document_of, numbers
from services.retriever.adapters.postgres.tables import DocumentRow, PassageRow
from services.retriever.domain.chunking import Chunk
from services.retriever.domain.words import words
from services.retriever.ports import Begun, Vector
from shared.database import Database
from shared.messages import IngestJob

OPEN = ("queued", "processing")
ROWS_A_STATEMENT = 64
ADD_PASSAGES = insert(PassageRow).values(
    words=func.array_to_tsvector(bindparam("found_by", type_=ARRAY(Text)))
)


class PostgresIntake:
    """`database` needs a deadline that fits a document's last step: thousands of rows into the HNSW index."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, job: IngestJob) -> Begun | None:
        mine = update(DocumentRow).where(
            DocumentRow.id == job.document, DocumentRow.user_id == job.user, DocumentRow.status.in_(OPEN)
        )
        begun = mine.values(status="processing", attempts=DocumentRow.attempts + 1, done=0, passages=0)
        async with self._database.transaction() as connection:
            await connection.execute(begun)
            row = (await connection.execute(one_of(job.user, job.document))).one_or_none()
        return Begun(document_of(row), row.attempts) if row is not None else None

    async def report(self, document: str, done: int, passages: int) -> bool:
        return await self._change_open(document, done=done, passages=passages)

    async def finish(self, document: str, chunks: Sequence[Chunk], vectors: Sequence[Vector]) -> bool:
        """The row of the document comes first: its lock keeps out a deletion and a second ingestion."""
        ready = (
            update(DocumentRow)
            .where(DocumentRow.id == document, DocumentRow.status.in_(OPEN))
            .values(status="ready", passages=len(chunks), done=len(chunks), error="")
            .returning(DocumentRow.user_id)
        )
        async with self._database.transaction() as connection:
            user = (await connection.execute(ready)).scalar_one_or_none()
            if user is None:
                return False
            for start in range(0, len(chunks), ROWS_A_STATEMENT):
                block = slice(start, start + ROWS_A_STATEMENT)
                rows = await asyncio.to_thread(
                    passage_rows, document, user, start + 1, chunks[block], vectors[block]
                )
                await connection.execute(ADD_PASSAGES, rows)
        return True

    async def fail(self, document: str, reason: str) -> bool:
        return await self._change_open(document, status="failed", error=reason)

    async def postpone(self, document: str) -> None:
        attempts = func.greatest(DocumentRow.attempts - 1, 0)
        await self._change_open(document, status="queued", attempts=attempts, done=0)

    async def _change_open(self, document: str, **values: object) -> bool:
        query = update(DocumentRow).where(DocumentRow.id == document, DocumentRow.status.in_(OPEN))
        async with self._database.transaction() as connection:
            return bool((await connection.execute(query.values(**values))).rowcount)


def passage_rows(
    document: str, user: str, first: int, chunks: Sequence[Chunk], vectors: Sequence[Vector]
) -> list[dict[str, object]]:
    """Numbered from `first` on. Computes: call it off the event loop."""
    return [
        {
            "document_id": document,
            "number": number,
            "user_id": user,
            "text": chunk.text,
            "start_offset": chunk.start,
            "end_offset": chunk.end,
            "embedding": numbers(vector),
            "found_by": sorted(set(words(chunk.text))),
        }
        for number, (chunk, vector) in enumerate(zip(chunks, vectors, strict=True), start=first)
    ]
