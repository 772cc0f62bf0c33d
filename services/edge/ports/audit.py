"""Who did what. Never with the text of a prompt, an answer or a secret."""

from typing import Literal, Protocol

from shared.messages import AuditRecord

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
        """Before the deed: returns when it is stored durably. `action` is `noun.verb`, `actor` a user's id.

        Raises `Unavailable`; then the deed must not be done.
        """
        ...

    def draft(
        self,
        action: str,
        *,
        actor: str,
        resource: str = "",
        outcome: Outcome = "ok",
        detail: dict[str, str | int | float | bool] | None = None,
        id: str = "",
    ) -> AuditRecord:
        """A record for `keep`, or for a store that takes it in the same transaction as the deed.

        `id`: of a deed that several may record; the log has it once.
        """
        ...

    async def keep(self, record: AuditRecord) -> None:
        """After a deed that cannot be taken back: what the bus does not take now is sent when it is there again.

        Raises `Unavailable` only when there is nothing else that could keep it.
        """
        ...
