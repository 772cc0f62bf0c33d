"""A response's output, item by item, as it grows: what the model thought, said and calls."""

from dataclasses import dataclass, field
from typing import Literal

Fields = dict[str, object]
Kind = Literal["reasoning", "message", "function_call"]
Status = Literal["in_progress", "completed", "incomplete"]

PREFIXES: dict[Kind, str] = {"reasoning": "rs", "message": "msg", "function_call": "fc"}


@dataclass(slots=True)
class OutputItem:
    kind: Kind
    request: str
    place: int
    """In the output, from 0."""
    call_id: str = ""
    name: str = ""
    texts: list[str] = field(default_factory=list[str])
    """Of a call: its arguments."""
    logprobs: list[object] = field(default_factory=list[object])
    status: Status = "in_progress"

    @property
    def id(self) -> str:
        return f"{PREFIXES[self.kind]}_{self.request}_{self.place}"

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def part(self) -> Fields:
        """Its only piece of content. A call has none."""
        if self.kind == "reasoning":
            return {"type": "reasoning_text", "text": self.text}
        return {"type": "output_text", "text": self.text, "annotations": [], "logprobs": self.logprobs}

    def fields(self) -> Fields:
        """While it is in progress, its content comes by itself."""
        told: Fields = {"id": self.id, "type": self.kind, "status": self.status}
        content = [] if self.status == "in_progress" else [self.part()]
        match self.kind:
            case "reasoning":
                return told | {"summary": [], "content": content}
            case "message":
                return told | {"role": "assistant", "content": content}
            case "function_call":
                return told | {"call_id": self.call_id, "name": self.name, "arguments": self.text}
