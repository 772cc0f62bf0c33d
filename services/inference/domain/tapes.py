"""The tapes of answers that have ended: for a reader that has missed the end, or comes back. Pure."""

from services.inference.domain.tape import Tape

KEEP_S = 60.0


class Tapes:
    """Holds each for `KEEP_S`. `max_bytes` bounds them and those of the answers that run together: over it the
    oldest of ours go. The running ones are bounded by the engine: so many slots, so long a context."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._ended: dict[str, tuple[Tape, float]] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._ended)

    def keep(self, request: str, tape: Tape, now: float) -> None:
        self.forget(request)
        self._ended[request] = (tape, now)
        self._bytes += tape.bytes

    def find(self, request: str) -> Tape | None:
        return found[0] if (found := self._ended.get(request)) is not None else None

    def forget(self, request: str) -> None:
        if (found := self._ended.pop(request, None)) is not None:
            self._bytes -= found[0].bytes

    def trim(self, now: float, running_bytes: int) -> None:
        """Oldest first: they lie in the order in which they ended."""
        for request, (_, ended_at) in list(self._ended.items()):
            if now - ended_at <= KEEP_S and self._bytes + running_bytes <= self._max_bytes:
                return
            self.forget(request)
