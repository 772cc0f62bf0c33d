"""What is stored of an audit record: one canonical text, from which everything else is derived.

The hash chain of a later issue is a hash over these bytes and the hash before them, in the order of `sequence`;
so the text must never depend on who encodes it. Hence: JSON, keys sorted, no spaces, fields at their default
left out (a field that is added later does not change what older records encode to).
"""

import msgspec

from shared.messages import AuditRecord

NUL, REPLACEMENT = "\0", "\ufffd"


class Entry(msgspec.Struct, frozen=True):
    """A record as the log takes it."""

    id: str
    canonical: bytes


def entry(record: AuditRecord) -> Entry:
    return Entry(record.id, canonical(record))


def canonical(record: AuditRecord) -> bytes:
    """The bytes that are stored, and that the chain covers. UTF-8; equal records give equal bytes."""
    return msgspec.json.encode(_storable(msgspec.to_builtins(record)), order="sorted")


def _storable(value: object) -> object:
    """PostgreSQL's text holds no NUL; a record must not escape the log because somebody put one in a name."""
    if isinstance(value, str):
        return value.replace(NUL, REPLACEMENT)
    if isinstance(value, dict):
        items: list[tuple[object, object]] = list(value.items())  # pyright: ignore[reportUnknownArgumentType]
        return {_storable(key): _storable(item) for key, item in items}
    return value
