"""Every message that crosses the bus; nothing else does.

Frozen, tagged msgspec structs, MessagePack on the wire. Times are Unix seconds, sizes bytes.
`proto/` is generated from this package and `shared.subjects`.
"""

from .base import Failure, FinishReason, Message, Name, Record
from .chat import ChatJob, ChatMessage, JobId, Passage, Sampling
from .control import Attach, CancelJob, Control, Lease, LiveRequest, ServedModel, Shown, ShownRequest, WorkerStatus
from .events import Answer, AuditRecord, ChatCancelled, ChatCompleted, ChatFailed, DocumentFailed, DocumentIngested, Event
from .knowledge import DeleteDocument, Document, DocumentRequest, Documents, EmbedReply, EmbedRequest, GetDocument, IngestJob, ListDocuments, RegisterDocument, SearchReply, SearchRequest
from .operations import HealthReply, HealthRequest, Revocation
from .tokens import Delta, End, Finished, Frame, Logprobs, Part, Reasoning, Started, Text, TokenLogprob, ToolCall, Usage

__all__ = [
    "Answer",
    "Attach",
    "AuditRecord",
    "CancelJob",
    "ChatCancelled",
    "ChatCompleted",
    "ChatFailed",
    "ChatJob",
    "ChatMessage",
    "Control",
    "DeleteDocument",
    "Delta",
    "Document",
    "DocumentFailed",
    "DocumentIngested",
    "DocumentRequest",
    "Documents",
    "EmbedReply",
    "EmbedRequest",
    "End",
    "Event",
    "Failure",
    "FinishReason",
    "Finished",
    "Frame",
    "GetDocument",
    "HealthReply",
    "HealthRequest",
    "IngestJob",
    "JobId",
    "Lease",
    "ListDocuments",
    "LiveRequest",
    "Logprobs",
    "Message",
    "Name",
    "Part",
    "Passage",
    "Reasoning",
    "Record",
    "RegisterDocument",
    "Revocation",
    "Sampling",
    "SearchReply",
    "SearchRequest",
    "ServedModel",
    "Shown",
    "ShownRequest",
    "Started",
    "Text",
    "TokenLogprob",
    "ToolCall",
    "Usage",
    "WorkerStatus",
]
