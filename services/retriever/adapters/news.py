"""What became of documents, onto the durable stream of events."""

from shared import subjects
from shared.broker import Bus
from shared.messages import DocumentFailed, DocumentIngested


class BusNews:
    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def tell(self, event: DocumentIngested | DocumentFailed) -> None:
        kind = "document_ingested" if isinstance(event, DocumentIngested) else "document_failed"
        await self._bus.append(subjects.event(kind, event.user), event, id=f"{event.document}:{kind}")
