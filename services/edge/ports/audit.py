"""Who did what. Never with the text of a prompt, an answer or a secret."""

from typing import Literal, Protocol

Outcome = Literal["ok", "refused", "failed"]


class Audit(Protocol):
    async def record(
        self,
        action: str,
        *,
        actor: str,
        resource: str = "",
        outcome: Outcome = "ok",
        detail: dict[str, str | int | float | bool] | None = None,
    ) -> None:
        """Returns when it is stored durably. `action` is `noun.verb`, `actor` a user's id. Raises `Unavailable`."""
        ...
