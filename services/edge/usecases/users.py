"""Adding users, and taking their access back."""

import re
import time
import uuid
from collections.abc import Callable

from services.edge.domain.identity import Account, Role
from services.edge.ports.audit import Audit
from services.edge.ports.identity import Accounts, Passwords, Revocations
from shared.errors import InvalidRequest, NotFound

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
SHORTEST_PASSWORD = 8


class AddUser:
    def __init__(self, accounts: Accounts, passwords: Passwords) -> None:
        self._accounts = accounts
        self._passwords = passwords

    async def __call__(self, name: str, role: Role, password: str) -> Account:
        """Raises `Conflict` when the name is taken, `InvalidRequest` for a name or password that will not do."""
        if not NAME.fullmatch(name):
            raise InvalidRequest("A name has up to 64 letters, digits, and . _ @ -", param="name")
        if len(password) < SHORTEST_PASSWORD:
            raise InvalidRequest(f"A password has at least {SHORTEST_PASSWORD} characters.", param="password")
        password_hash = await self._passwords.hash(password)
        account = Account(id=uuid.uuid4().hex, name=name, role=role, password_hash=password_hash)
        await self._accounts.add(account)
        return account


class RevokeUser:
    """Signs a user out everywhere and for good; `restore` lets them sign in again."""

    def __init__(
        self,
        accounts: Accounts,
        revocations: Revocations,
        audit: Audit,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._accounts = accounts
        self._revocations = revocations
        self._audit = audit
        self._clock = clock

    async def __call__(self, name: str, actor: str) -> None:
        """The account first: whoever signs in after it is refused, whoever did before has an older token."""
        account = await self._find(name)
        await self._accounts.disable(account.id)
        await self._revocations.revoke_user(account.id, self._clock(), "revoked")
        await self._audit.keep(self._audit.draft("user.revoke", actor=actor, resource=account.id))

    async def restore(self, name: str, actor: str) -> None:
        account = await self._find(name)
        await self._accounts.enable(account.id)
        await self._audit.keep(self._audit.draft("user.restore", actor=actor, resource=account.id))

    async def _find(self, name: str) -> Account:
        account = await self._accounts.by_name(name)
        if account is None:
            raise NotFound(f"There is no user {name}.", param="name")
        return account
