"""A whole answer, folded from its pieces, for callers that do not stream."""

from dataclasses import dataclass, field

from shared.messages import (
    Failure,
    Finished,
    FinishReason,
    FunctionCall,
    Logprobs,
    Piece,
    Reasoning,
    Text,
    TokenLogprob,
    ToolCall,
    Usage,
    end_of,
    parts_of,
)


@dataclass(slots=True)
class Choice:
    """One of `n` answers."""

    texts: list[str] = field(default_factory=list[str])
    reasonings: list[str] = field(default_factory=list[str])
    logprobs: list[tuple[TokenLogprob, ...]] = field(default_factory=list[tuple[TokenLogprob, ...]])
    called: dict[int, list[ToolCall]] = field(default_factory=dict[int, list[ToolCall]])
    """By position, the pieces of each call."""
    finish_reason: FinishReason = "stop"

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def reasoning(self) -> str:
        return "".join(self.reasonings)

    @property
    def calls(self) -> tuple[FunctionCall, ...]:
        return tuple(
            FunctionCall(pieces[0].id, pieces[0].name, "".join(piece.arguments for piece in pieces))
            for pieces in self.called.values()
        )


class WholeAnswer:
    """Add pieces until one has the end."""

    def __init__(self, choices: int = 1) -> None:
        self.choices = [Choice() for _ in range(choices)]
        self.usage = Usage()
        self.failure: Failure | None = None

    def add(self, pieces: list[Piece]) -> None:
        for part in parts_of(pieces):
            match part:
                case Text(text, choice):
                    self.choices[choice].texts.append(text)
                case Reasoning(text, choice):
                    self.choices[choice].reasonings.append(text)
                case ToolCall():
                    self.choices[part.choice].called.setdefault(part.position, []).append(part)
                case Logprobs(tokens, choice):
                    self.choices[choice].logprobs.extend(tokens)
                case Finished(reason, choice):
                    self.choices[choice].finish_reason = reason
                case _:
                    pass
        if (end := end_of(pieces)) is not None:
            self.usage = end.usage
            self.failure = end.failure
