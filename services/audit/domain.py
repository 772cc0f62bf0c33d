"""What is stored of an audit record: one canonical text, from which everything else is derived.

The hash chain of a later issue hashes this text, as it is stored, and the hash before it, in the order of
`sequence`. JSON with all fields, keys sorted, no spaces: equal records give equal texts, whoever encodes them.
"""

import math

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
    """UTF-8."""
    return msgspec.json.encode(_storable(msgspec.structs.asdict(record)), order="sorted")


def _storable(value: object) -> object:
    """PostgreSQL's text holds no NUL, and JSON no infinity; a record must not escape the log because of either."""
    if isinstance(value, str):
        return value.replace(NUL, REPLACEMENT)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        items: list[tuple[object, object]] = list(value.items())  # pyright: ignore[reportUnknownArgumentType]
        return {_storable(key): _storable(item) for key, item in items}
    return value
