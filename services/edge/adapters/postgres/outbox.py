"""Audit records that wait to be sent, stored in the transaction of what they tell: neither is without the other."""

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.edge.adapters.postgres.tables import audit_outbox
from shared.database import Database
from shared.messages import AuditRecord


class AuditOutbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, record: AuditRecord) -> None:
        async with self._database.transaction() as connection:
            await put(connection, record)

    async def first(self, limit: int) -> list[AuditRecord]:
        query = select(audit_outbox.c.record).order_by(audit_outbox.c.position).limit(limit)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(query)).scalars().all()
        return [msgspec.msgpack.decode(row, type=AuditRecord) for row in rows]

    async def remove(self, records: list[AuditRecord]) -> None:
        sent = audit_outbox.c.id.in_([record.id for record in records])
        async with self._database.transaction() as connection:
            await connection.execute(delete(audit_outbox).where(sent))


async def put(connection: AsyncConnection, record: AuditRecord) -> None:
    """In the caller's transaction. A second time changes nothing."""
    row = {"id": record.id, "record": msgspec.msgpack.encode(record)}
    await connection.execute(insert(audit_outbox).values(row).on_conflict_do_nothing())
