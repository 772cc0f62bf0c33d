"""Calls of functions in an answer that comes in pieces."""

from services.edge.domain.calls import Called, called
from shared.messages import FinishReason, ToolCall


class Calls:
    """Of one answer. They are whole when it is: only then is it known that nobody has stopped it."""

    __slots__ = ("_begun",)

    def __init__(self) -> None:
        self._begun: dict[int, list[ToolCall]] = {}

    def add(self, piece: ToolCall) -> tuple[str, bool]:
        """Its call's id, and whether that has just begun."""
        pieces = self._begun.setdefault(piece.position, [])
        pieces.append(piece)
        return pieces[0].id, len(pieces) == 1

    def end(self, reason: FinishReason | None) -> list[Called]:
        """All that have begun. `reason`: None for an answer that ends without one."""
        begun, self._begun = self._begun, {}
        is_whole = reason not in (None, "error", "cancelled")
        return [
            called(
                pieces[0].id,
                pieces[0].name,
                "".join(piece.arguments for piece in pieces),
                is_whole=is_whole,
            )
            for pieces in begun.values()
        ]
