"""Audit records, appended to the stream from which the audit service stores them."""

import time
import uuid
from typing import Protocol

from services.edge.ports.audit import Outcome
from shared import subjects, telemetry
from shared.broker import Bus
from shared.errors import Unavailable
from shared.messages import AuditRecord

SUBJECT = subjects.audit("edge")


class Outbox(Protocol):
    """Keeps records that are still to be sent, in the order in which they came. All methods raise `Unavailable`."""

    async def put(self, record: AuditRecord) -> None: ...
    async def first(self, limit: int) -> list[AuditRecord]: ...
    async def remove(self, records: list[AuditRecord]) -> None: ...


class BusAudit:
    def __init__(self, bus: Bus, outbox: Outbox) -> None:
        self._bus = bus
        self._outbox = outbox

    async def record(
        self,
        action: str,
        *,
        actor: str,
        resource: str = "",
        outcome: Outcome = "ok",
        detail: dict[str, str | int | float | bool] | None = None,
    ) -> None:
        await send(
            self._bus, self.draft(action, actor=actor, resource=resource, outcome=outcome, detail=detail)
        )

    def draft(
        self,
        action: str,
        *,
        actor: str,
        resource: str = "",
        outcome: Outcome = "ok",
        detail: dict[str, str | int | float | bool] | None = None,
        id: str = "",
    ) -> AuditRecord:
        return AuditRecord(
            id=id or uuid.uuid4().hex,
            at=time.time(),
            actor=actor,
            action=action,
            resource=resource,
            outcome=outcome,
            detail=detail or {},
            trace_id=telemetry.trace_id(),
        )

    async def keep(self, record: AuditRecord) -> None:
        try:
            await send(self._bus, record)
        except Unavailable:
            await self._outbox.put(record)


async def send(bus: Bus, record: AuditRecord) -> None:
    """A second time does no harm: JetStream knows the id for two minutes, the audit log for ever."""
    await bus.append(SUBJECT, record, id=record.id)
