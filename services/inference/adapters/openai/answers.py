"""What a connection tells whoever has asked."""

from typing import Protocol


class Broken(Exception):
    """The answer will not be complete. `is_stale`: nothing of it came, on a connection that had been used before:
    its server had closed it, most likely, and it may be asked again."""

    def __init__(self, reason: str, *, is_stale: bool = False) -> None:
        super().__init__(reason)
        self.is_stale = is_stale


class Answer(Protocol):
    """What an answer is told to, in this order; `over` once and last, with None when it is complete."""

    def begun(self, status: int, headers: dict[str, str], /) -> None: ...
    def body(self, data: bytes, /) -> None: ...
    def over(self, why: Broken | None, /) -> None: ...


class Unread:
    """The answer that nobody reads."""

    def begun(self, _status: int, _headers: dict[str, str]) -> None:
        return

    def body(self, _data: bytes) -> None:
        return

    def over(self, _why: Broken | None) -> None:
        return
