"""What recording needs from outside."""

from typing import Protocol

from services.audit.domain import Entry


class Ledger(Protocol):
    """The append-only log. `PostgresLedger` is the real one, `tests.fakes.audit.MemoryLedger` the other."""

    async def append(self, entry: Entry) -> int | None:
        """The entry's place in the log, counting from 1 without gaps; None if its id is there already.

        When it returns, the entry survives a crash. Raises `Unavailable`, and then nothing was stored
        or it may be appended again without harm.
        """
        ...

    async def ping(self) -> None:
        """Raises `Unavailable` when nothing can be stored now."""
        ...
