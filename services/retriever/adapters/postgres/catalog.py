"""The users' view of documents and passages. Each statement names the user."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, delete, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from services.retriever.adapters.postgres.rows import (
    decode_cursor,
    document_of,
    encode_cursor,
    moment,
)
from services.retriever.adapters.postgres.search import SEARCH_SETTINGS, found, passage_of, rankings
from services.retriever.adapters.postgres.tables import DocumentRow, PassageRow
from services.retriever.domain.words import Asked
from services.retriever.ports import Found, Vector
from shared.database import Database
from shared.errors import Conflict, NotFound
from shared.messages import Document, Documents, IngestJob, Passage

READ = ("document_id", "number", "text", "start_offset", "end_offset")
PASSAGE_COLUMNS = (
    *(PassageRow.__table__.c[name] for name in READ),
    DocumentRow.__table__.c.title,
    literal(0.0).label("score"),
)
NO_SUCH_DOCUMENT = "There is no such document."


class PostgresCatalog:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def register(self, job: IngestJob, created_at: float) -> Document:
        row = {
            "id": job.document,
            "user_id": job.user,
            "title": job.title,
            "media_type": job.media_type,
            "size": job.size,
            "created_at": moment(created_at),
        }
        async with self._database.transaction() as connection:
            await connection.execute(insert(DocumentRow).values(row).on_conflict_do_nothing())
            found = (await connection.execute(one_of(job.user, job.document))).one_or_none()
        if found is None:
            raise Conflict("There is a document with this id already.", param="document")
        return document_of(found)

    async def list(self, user: str, limit: int, cursor: str) -> Documents:
        place = tuple_(DocumentRow.created_at, DocumentRow.id)
        query = documents().where(DocumentRow.user_id == user)
        if cursor:
            query = query.where(place < decode_cursor(cursor))
        query = query.order_by(DocumentRow.created_at.desc(), DocumentRow.id.desc()).limit(limit + 1)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(query)).all()
        page = [document_of(row) for row in rows[:limit]]
        return Documents(tuple(page), encode_cursor(rows[limit - 1]) if len(rows) > limit else "")

    async def get(self, user: str, document: str) -> Document:
        async with self._database.transaction() as connection:
            row = (await connection.execute(one_of(user, document))).one_or_none()
        if row is None:
            raise NotFound(NO_SUCH_DOCUMENT)
        return document_of(row)

    async def passages(self, user: str, document: str, first: int, last: int) -> Sequence[Passage]:
        theirs = PassageRow.number.between(first, last), PassageRow.document_id == document
        query = (
            select(*PASSAGE_COLUMNS)
            .join(DocumentRow, DocumentRow.id == PassageRow.document_id)
            .where(DocumentRow.user_id == user, *theirs)
            .order_by(PassageRow.number)
        )
        async with self._database.transaction() as connection:
            return [passage_of(row) for row in await connection.execute(query)]

    async def delete(self, user: str, document: str) -> None:
        """The passages go with it: their foreign key cascades."""
        mine = delete(DocumentRow).where(DocumentRow.id == document, DocumentRow.user_id == user)
        async with self._database.transaction() as connection:
            deleted = (await connection.execute(mine)).rowcount
        if not deleted:
            raise NotFound(NO_SUCH_DOCUMENT)

    async def search(self, user: str, vector: Vector, asked: Sequence[Asked], depth: int) -> Found:
        async with self._database.transaction() as connection:
            await connection.execute(SEARCH_SETTINGS)
            rows = (await connection.execute(rankings(user, vector, asked, depth))).all()
        return found(rows)


def documents() -> Select[Any]:
    return select(*DocumentRow.__table__.columns)


def one_of(user: str, document: str) -> Select[Any]:
    return documents().where(DocumentRow.id == document, DocumentRow.user_id == user)
