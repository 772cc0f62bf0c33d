"""Revoked identities, and whether a service is well."""

from .base import Message


class Revocation(Message, frozen=True):
    """The value of `user.<id>` or `token.<id>` in REVOCATIONS: what was issued earlier is refused."""

    not_before: float
    reason: str = ""


class HealthRequest(Message, frozen=True):
    pass


class HealthReply(Message, frozen=True):
    service: str
    instance: str
    ready: bool
    detail: str = ""
