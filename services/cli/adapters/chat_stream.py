"""The UI message stream as typed parts; what we have no use for is skipped."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import msgspec

from shared.errors import EngineFailed, Unavailable

DATA = "data: "
DONE = "[DONE]"


class Source(msgspec.Struct, frozen=True):
    """A passage that the answer may cite as [citation]."""

    citation: int
    title: str
    text: str = ""


class Text(msgspec.Struct, frozen=True):
    text: str


class Reasoning(msgspec.Struct, frozen=True):
    text: str


class Notice(msgspec.Struct, frozen=True):
    """Something about the answer that is not part of it: that documents could not be searched, say."""

    message: str


class Finish(msgspec.Struct, frozen=True):
    reason: str
    usage: dict[str, int] = {}


Part = Source | Text | Reasoning | Notice | Finish


async def read_parts(lines: AsyncIterator[str]) -> AsyncGenerator[Part]:
    """Raises `EngineFailed` with the text of an `error`, `Unavailable` when the stream just breaks off."""
    finish = Finish("other")
    async for line in lines:
        if not line.startswith(DATA):
            continue
        if line == DATA + DONE:
            yield finish
            return
        event: dict[str, Any] = msgspec.json.decode(line[len(DATA) :])
        if event["type"] == "error":
            raise EngineFailed(event["errorText"])
        if event["type"] == "message-metadata":
            metadata = event["messageMetadata"]
            finish = Finish(metadata.get("finishReason", "other"), metadata.get("usage", {}))
        elif (part := _part(event)) is not None:
            yield part
    raise Unavailable("The answer broke off.")


def _part(event: dict[str, Any]) -> Part | None:
    match event["type"]:
        case "text-delta":
            return Text(event["delta"])
        case "reasoning-delta":
            return Reasoning(event["delta"])
        case "data-notice":
            return Notice(event["data"]["message"])
        case "source-document" | "source-url":
            known = event.get("providerMetadata", {}).get("sluice", {})
            return Source(known.get("citation", 0), event.get("title", ""), known.get("text", ""))
        case _:
            return None
