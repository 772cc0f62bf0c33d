"""A whole answer, folded from its deltas, for callers that do not stream."""

from dataclasses import dataclass, field

from shared.messages import (
    Delta,
    Failure,
    Finished,
    FinishReason,
    Logprobs,
    Reasoning,
    Text,
    TokenLogprob,
    Usage,
)


@dataclass(slots=True)
class Choice:
    """One of `n` answers."""

    texts: list[str] = field(default_factory=list[str])
    reasonings: list[str] = field(default_factory=list[str])
    logprobs: list[tuple[TokenLogprob, ...]] = field(default_factory=list[tuple[TokenLogprob, ...]])
    finish_reason: FinishReason = "stop"

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def reasoning(self) -> str:
        return "".join(self.reasonings)


class WholeAnswer:
    """Add deltas until one has its end."""

    def __init__(self, choices: int = 1) -> None:
        self.choices = [Choice() for _ in range(choices)]
        self.usage = Usage()
        self.failure: Failure | None = None

    def add(self, deltas: list[Delta]) -> None:
        for delta in deltas:
            for part in delta.parts:
                match part:
                    case Text(text, choice):
                        self.choices[choice].texts.append(text)
                    case Reasoning(text, choice):
                        self.choices[choice].reasonings.append(text)
                    case Logprobs(tokens, choice):
                        self.choices[choice].logprobs.extend(tokens)
                    case Finished(reason, choice):
                        self.choices[choice].finish_reason = reason
                    case _:
                        pass
            if delta.end is not None:
                self.usage = delta.end.usage
                self.failure = delta.end.failure
