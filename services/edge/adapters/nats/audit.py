"""Audit records, appended to the stream from which the audit service stores them."""

import time
import uuid

from services.edge.ports.audit import Outcome
from shared import subjects, telemetry
from shared.broker import Bus
from shared.messages import AuditRecord

SUBJECT = subjects.audit("edge")


class BusAudit:
    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def record(
        self,
        action: str,
        *,
        actor: str,
        resource: str = "",
        outcome: Outcome = "ok",
        detail: dict[str, str | int | float | bool] | None = None,
    ) -> None:
        record = AuditRecord(
            id=uuid.uuid4().hex,
            at=time.time(),
            actor=actor,
            action=action,
            resource=resource,
            outcome=outcome,
            detail=detail or {},
            trace_id=telemetry.trace_id(),
        )
        await self._bus.append(SUBJECT, record, id=record.id)
