"""Accounts, credentials and who was shut out."""

from typing import Protocol

from services.edge.domain.identity import Account, Principal, RefreshToken


class Sessions(Protocol):
    """Whose access was taken back. Answers from memory: it is asked on every request."""

    def revoked(self, principal: Principal) -> bool:
        """Raises `Unavailable` when the news of revocations has been away too long to trust."""
        ...

    async def until_revoked(self, principal: Principal) -> None:
        """Returns once the principal is revoked; open streams wait for it beside their own work."""
        ...


class Revocations(Protocol):
    """Takes access back, on every edge within a second. Both raise `Unavailable`."""

    async def revoke_user(self, user: str, not_before: float, reason: str) -> None:
        """All of the user's access tokens issued before `not_before`."""
        ...

    async def revoke_token(self, principal: Principal, reason: str) -> None: ...


class Accounts(Protocol):
    async def add(self, account: Account) -> None:
        """Raises `Conflict` when the name is taken."""
        ...

    async def by_name(self, name: str) -> Account | None: ...
    async def by_id(self, user: str) -> Account | None: ...
    async def all(self) -> list[Account]: ...
    async def disable(self, user: str) -> None:
        """Also ends the user's refresh tokens, in the same transaction."""
        ...

    async def enable(self, user: str) -> None: ...


class RefreshTokens(Protocol):
    async def add(self, token: RefreshToken, *, now: float) -> None: ...
    async def rotate(
        self, used: bytes, successor: bytes, *, now: float, lifetime_s: float, grace_s: float
    ) -> RefreshToken | None:
        """Spends the token with the hash `used`, and stores its successor in the same family.

        None when there is no such token, it expired or its family ended. One that was first spent less than
        `grace_s` ago gets another successor: its owner's tabs share it. One spent before that ends its family,
        so that a thief's copy and the owner's stop working together.
        """
        ...

    async def end_family(self, token_hash: bytes, *, user: str) -> None:
        """Ends the family that this token of the user's belongs to; an unknown token is no error."""
        ...


class Passwords(Protocol):
    """Slow on purpose. Both raise `Unavailable` when too many are waiting already."""

    async def hash(self, password: str) -> str: ...
    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Takes the same time without a hash (an unknown user), and is False then."""
        ...


class AccessTokens(Protocol):
    def issue(self, account: Account, *, now: float) -> tuple[str, int]:
        """The token and its lifetime in seconds."""
        ...

    def verify(self, token: str, *, now: float) -> Principal:
        """Raises `Unauthorized`."""
        ...

    def public_keys(self) -> dict[str, object]:
        """A JSON Web Key Set."""
        ...
