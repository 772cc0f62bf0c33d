"""Who is asking, and when a credential no longer counts."""

from typing import Literal

import msgspec

Role = Literal["admin", "user"]


class Principal(msgspec.Struct, frozen=True):
    """The owner of a valid access token. Times are Unix seconds."""

    user: str
    """The user's id, 32 hex digits; never the name."""
    name: str
    role: Role
    token_id: str
    issued_at: float
    expires_at: float


class Account(msgspec.Struct, frozen=True):
    """A user as stored."""

    id: str
    name: str
    role: Role
    password_hash: str
    disabled: bool = False


class TokenPair(msgspec.Struct, frozen=True):
    """What a sign-in yields, in OAuth 2's names."""

    access_token: str
    refresh_token: str
    expires_in: int
    """Seconds until the access token ends."""
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme, not a secret


class RefreshToken(msgspec.Struct, frozen=True):
    """A refresh token as stored: hashed, so that a copy of the database signs nobody in.

    All tokens that one sign-in led to are a family; each is good for one use, and a few seconds from then on.
    A later use means that somebody else holds a copy, so it ends the family.
    """

    hash: bytes
    family: str
    user: str
    expires_at: float
