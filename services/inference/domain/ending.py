"""An answer that is over, from the one delta that holds it: the worker's own, or one that it has adopted. Pure."""

from collections import defaultdict
from typing import Literal

import msgspec

from services.inference.domain.saying import function_calls
from shared.messages import Answer, Delta, Failure, Finished, FinishReason, Reasoning, Text, Usage


class Ending(msgspec.Struct, frozen=True):
    answers: tuple[Answer, ...]
    usage: Usage
    failure: Failure | None = None

    @property
    def state(self) -> Literal["complete", "cancelled", "failed"]:
        if self.failure is None:
            return "complete"
        return "cancelled" if self.failure.code == "cancelled" else "failed"


def ending_of(whole: Delta, choices: int) -> Ending:
    """All choices, as far as they have come."""
    texts, reasoning = defaultdict[int, str](str), defaultdict[int, str](str)
    reasons: dict[int, FinishReason] = {}
    for part in whole.parts:
        if isinstance(part, Text):
            texts[part.choice] += part.text
        elif isinstance(part, Reasoning):
            reasoning[part.choice] += part.text
        elif isinstance(part, Finished):
            reasons[part.choice] = part.reason
    calls = function_calls(whole.parts)
    end = whole.end
    failure = end.failure if end is not None else None
    cut: FinishReason = "cancelled" if failure is not None and failure.code == "cancelled" else "error"
    answers = tuple(
        Answer(texts[choice], reasons.get(choice, cut), reasoning[choice], calls.get(choice, ()))
        for choice in range(choices)
    )
    return Ending(answers, end.usage if end is not None else Usage(), failure)
