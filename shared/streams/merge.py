"""When a receiver believes a delta, and how much of it is new. Pure: no clock, no bus."""

from array import array
from collections import defaultdict
from enum import Enum

import msgspec

from shared.messages import Delta, Finished, Logprobs, Part, Reasoning, Started, Text, ToolCall

Said = Text | Reasoning | Logprobs | ToolCall
Voice = tuple[type[Part], int, int]
"""Text, reasoning, logprobs, or a call of a function; of which choice; and of its calls, which."""


class Verdict(Enum):
    TAKE = "take"
    """It goes on where we are, or begins at 0 and goes beyond."""
    DROP = "drop"
    """A repeat, or from an attempt that has been replaced."""
    GAP = "gap"
    """Something between what we know and this is missing."""
    CONTRADICTION = "contradiction"
    """Another attempt says something else than what has been shown."""


class Cursor:
    """Where one stream stands: the fence it believes, and the ids that have come, whose number is the next index."""

    __slots__ = ("_bare", "_ended", "_said", "characters", "fence", "ids")

    def __init__(self) -> None:
        self.fence = -1
        self.ids = array("q")
        self.characters = 0
        """Of plain text that has come; the receiver's hot path counts them."""
        self._said: defaultdict[Voice, int] = defaultdict(int)
        self._bare: Delta | None = None
        self._ended: set[int] = set()

    def seal(self, fence: int) -> None:
        """Believes nobody with a lower one from now on, though nothing of such a fence has come yet."""
        self.fence = max(self.fence, fence)

    def unseal(self, fence: int, before: int) -> None:
        """Takes back a `seal`, unless somebody with a higher fence was believed since."""
        if self.fence == fence:
            self.fence = before

    def judge(self, delta: Delta) -> Verdict:
        """What is to be done with it. Adopts the fence of a repeat; `take` moves on."""
        if delta.fence < self.fence:
            return Verdict.DROP
        known, end = len(self.ids), delta.index + len(delta.ids)
        if delta.index > known:
            return Verdict.GAP
        if any(mine != theirs for mine, theirs in zip(self.ids[delta.index : end], delta.ids, strict=False)):
            return Verdict.CONTRADICTION
        if end < known or (end == known and not self._says_more(delta)):
            self.fence = delta.fence
            return Verdict.DROP
        if 0 < delta.index < known:  # we do not know where in what has been shown its text begins
            return Verdict.GAP
        return Verdict.TAKE

    def take(self, delta: Delta) -> Delta:
        """Moves on; returns what is new in it."""
        known = len(self.ids)
        self.fence = delta.fence
        self._bare = None if delta.ids else delta
        self.ids.extend(delta.ids[known - delta.index :])
        fresh = delta if delta.index == known else self._remainder(delta, known)
        for part in fresh.parts:
            if isinstance(part, Finished):
                self._ended.add(part.choice)
            elif not isinstance(part, Started):
                self._said[_voice(part)] += _length(part)
        return fresh

    def _says_more(self, delta: Delta) -> bool:
        """Without a new id it may still bring the end, or parts, once."""
        if delta.end is not None:
            return True
        return not delta.ids and bool(delta.parts) and delta != self._bare

    def _remainder(self, delta: Delta, known: int) -> Delta:
        """Of a delta that begins at 0: without the text that was handed on before."""
        passed: defaultdict[Voice, int] = defaultdict(int)
        parts: list[Part] = []
        for part in delta.parts:
            if isinstance(part, Started):
                parts.append(part)
            elif isinstance(part, Finished):
                if part.choice not in self._ended:
                    parts.append(part)
            else:
                voice, length = _voice(part), _length(part)
                heard = self._said[voice] + (self.characters if voice == (Text, 0, 0) else 0)
                skipped = min(length, max(0, heard - passed[voice]))
                passed[voice] += length
                if skipped < length:
                    parts.append(_without(part, skipped))
        return Delta(delta.stream, delta.fence, known, delta.ids[known:], tuple(parts), delta.end)


def _voice(part: Said) -> Voice:
    return type(part), part.choice, part.position if isinstance(part, ToolCall) else 0


def _length(part: Said) -> int:
    """What can be cut off its front. That a call begins is one more than its arguments."""
    if isinstance(part, Logprobs):
        return len(part.tokens)
    return len(part.arguments) + bool(part.id) if isinstance(part, ToolCall) else len(part.text)


def _without(part: Said, skipped: int) -> Part:
    """All but its first pieces, which were handed on before."""
    if not skipped:
        return part
    if isinstance(part, Logprobs):
        return msgspec.structs.replace(part, tokens=part.tokens[skipped:])
    if isinstance(part, ToolCall):
        arguments = part.arguments[skipped - bool(part.id) :]
        return msgspec.structs.replace(part, id="", name="", arguments=arguments)
    return msgspec.structs.replace(part, text=part.text[skipped:])
