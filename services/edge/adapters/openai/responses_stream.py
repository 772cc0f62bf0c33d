"""A response as OpenAI streams it: typed, numbered events, from `response.created` to `response.completed`.

An item of text ends where another kind of item begins; calls stay open to the end, since several may grow in turns.
"""

from services.edge.adapters.openai.chunks import HEADERS
from services.edge.adapters.openai.logprobs import token_logprobs
from services.edge.adapters.openai.responses_items import Fields, Kind, OutputItem
from services.edge.adapters.openai.responses_object import INCOMPLETE, ResponseHead
from services.edge.adapters.streaming import Answer, encode_json, one_line, quoted
from shared.errors import from_failure
from shared.messages import (
    End,
    Failure,
    Finished,
    FinishReason,
    Logprobs,
    Part,
    Piece,
    Reasoning,
    Text,
    ToolCall,
    end_of,
)

DELTAS: dict[Kind, str] = {
    "reasoning": "response.reasoning_text",
    "message": "response.output_text",
    "function_call": "response.function_call_arguments",
}


class ResponseStream:
    """Keeps what it has told, since its last event tells all of it once more."""

    headers = HEADERS
    keep_alive = b": keep-alive\n\n"

    def __init__(self, head: ResponseHead, request: str) -> None:
        self.failure: Failure | None = None
        self.final: Fields = {}
        """The whole response, at the end."""
        self._head = head
        self._request = request
        self._items: list[OutputItem] = []
        self._calls: dict[int, OutputItem] = {}
        self._open: OutputItem | None = None
        """The item of text, or of what the model thinks, that goes on."""
        self._reason: FinishReason = "stop"
        self._waiting: list[object] = []
        """Log probabilities of tokens whose text is yet to come."""
        self._number = 0

    def begin(self, answer: Answer) -> bytes:  # noqa: ARG002 - the head says all
        response = self._head.response("in_progress")
        return self._event("response.created", response=response) + self._event(
            "response.in_progress", response=response
        )

    def encode(self, pieces: list[Piece]) -> bytes:
        written = [
            self._say("message", piece) if isinstance(piece, str) else self._parts(piece.parts)
            for piece in pieces
        ]
        if (end := end_of(pieces)) is not None:
            written.append(self._end(end))
        return b"".join(written)

    def _parts(self, parts: tuple[Part, ...]) -> bytes:
        """Log probabilities are told of what is said alone, not of what is thought."""
        said = any(isinstance(part, Text) for part in parts)
        thought = any(isinstance(part, Reasoning) for part in parts)
        for part in parts:
            if isinstance(part, Logprobs) and (said or not thought):
                self._waiting += token_logprobs(part.tokens)
        return b"".join(map(self._part, parts))

    def _part(self, part: Part) -> bytes:
        match part:
            case Text(text):
                return self._say("message", text)
            case Reasoning(text):
                return self._say("reasoning", text)
            case ToolCall():
                return self._call(part)
            case Finished(reason):
                self._reason = reason
            case _:
                pass
        return b""

    def _say(self, kind: Kind, text: str) -> bytes:
        if not text:
            return b""
        opened, item = b"", self._open
        if item is None or item.kind != kind:
            opened = self._close(item) if item is not None else b""
            item = self._add(kind)
            opened += self._added(item)
            self._open = item
        item.texts.append(text)
        place = b'"item_id":"%b","output_index":%d,"content_index":0' % (item.id.encode(), item.place)
        logprobs = b""
        if kind == "message":
            told, self._waiting = self._waiting, []
            item.logprobs += told
            logprobs = b',"logprobs":' + one_line(encode_json(told))
        return opened + self._raw(f"{DELTAS[kind]}.delta", place + b',"delta":' + quoted(text) + logprobs)

    def _call(self, part: ToolCall) -> bytes:
        told = b""
        item = self._calls.get(part.position)
        if item is None:
            if self._open is not None:
                told = self._close(self._open)
                self._open = None
            item = self._calls[part.position] = self._add("function_call")
            item.call_id, item.name = part.id, part.name
            told += self._event("response.output_item.added", output_index=item.place, item=item.fields())
        if not part.arguments:
            return told
        item.texts.append(part.arguments)
        place = b'"item_id":"%b","output_index":%d' % (item.id.encode(), item.place)
        delta = self._raw(f"{DELTAS['function_call']}.delta", place + b',"delta":' + quoted(part.arguments))
        return told + delta

    def _add(self, kind: Kind) -> OutputItem:
        item = OutputItem(kind, self._request, len(self._items))
        self._items.append(item)
        return item

    def _added(self, item: OutputItem) -> bytes:
        return self._event(
            "response.output_item.added", output_index=item.place, item=item.fields()
        ) + self._event(
            "response.content_part.added",
            item_id=item.id,
            output_index=item.place,
            content_index=0,
            part=item.part(),
        )

    def _close(self, item: OutputItem, *, whole: bool = True) -> bytes:
        item.status = "completed" if whole else "incomplete"
        place: Fields = {"item_id": item.id, "output_index": item.place}
        if item.kind == "function_call":
            told = self._event(f"{DELTAS[item.kind]}.done", **place, name=item.name, arguments=item.text)
        else:
            more: Fields = {"logprobs": item.logprobs} if item.kind == "message" else {}
            place["content_index"] = 0
            told = self._event(f"{DELTAS[item.kind]}.done", **place, text=item.text, **more)
            told += self._event("response.content_part.done", **place, part=item.part())
        return told + self._event("response.output_item.done", output_index=item.place, item=item.fields())

    def _end(self, end: End) -> bytes:
        self.failure = end.failure
        error = None if end.failure is None else from_failure(end.failure)
        status = "failed" if error else "incomplete" if self._reason in INCOMPLETE else "completed"
        opened = b""
        if not self._items and status == "completed":  # a message that says nothing is one, too
            opened = self._added(self._add("message"))
        open_ones = [item for item in self._items if item.status == "in_progress"]
        closed = b"".join(self._close(item, whole=status == "completed") for item in open_ones)
        self.final = self._head.response(status, self._items, end.usage, error=error, reason=self._reason)
        return opened + closed + self._event(f"response.{status}", response=self.final)

    def _event(self, kind: str, **fields: object) -> bytes:
        return self._raw(kind, one_line(encode_json(fields))[1:-1])

    def _raw(self, kind: str, fields: bytes) -> bytes:
        """`fields`: the inside of a JSON object."""
        name, number = kind.encode(), self._number
        self._number += 1
        return b'event: %b\ndata: {"type":"%b","sequence_number":%d,%b}\n\n' % (name, name, number, fields)


class WholeResponse:
    """The same, of which only the last word is wanted."""

    def __init__(self, stream: ResponseStream) -> None:
        self._stream = stream

    @property
    def failure(self) -> Failure | None:
        return self._stream.failure

    def add(self, pieces: list[Piece]) -> None:
        self._stream.encode(pieces)

    def encoded(self) -> bytes:
        return encode_json(self._stream.final)
