"""AsyncAPI 3 of the bus. (FastStream's own generator cannot read msgspec structs.)"""

import re
from typing import Any

import msgspec

from shared import messages
from shared.wire import Channel, channels

Json = dict[str, Any]


def schemas() -> dict[str, Json]:
    """JSON schema of every message and of what it is made of, by name."""
    kinds = [
        kind
        for kind in vars(messages).values()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    ]
    _, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    return dict(sorted(components.items()))


def asyncapi() -> Json:
    found = channels()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Sluice's bus",
            "version": "1",
            "description": "Every message is a tagged MessagePack map, but for Frame, which is an array.",
        },
        "defaultContentType": "application/msgpack",
        "channels": {_key(channel): _channel(channel) for channel in found},
        "operations": {f"{_key(channel)}.receive": _operation(channel) for channel in found},
        "components": {
            "messages": {name: _message(name) for name in sorted(_names(found))},
            "schemas": schemas(),
        },
    }


def address(subject: str) -> str:
    """Tokens in capitals as parameters: `tokens.INBOX` is `tokens.{inbox}`."""
    return ".".join(
        f"{{{token.lower()}}}"
        if re.fullmatch(r"[A-Z]+", token) and not subject.startswith(f"$KV.{token}.")
        else token
        for token in subject.split(".")
    )


def _key(channel: Channel) -> str:
    return re.sub(r"[^A-Za-z0-9.]", "", channel.subject)


def _channel(channel: Channel) -> Json:
    where = address(channel.subject)
    kinds = channel.carries + channel.replies
    described: Json = {
        "address": where,
        "description": f"{channel.kind}; {channel.sender} → {channel.receiver}. {channel.note}".strip(),
        "messages": {kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"} for kind in kinds},
    }
    if parameters := re.findall(r"{(\w+)}", where):
        described["parameters"] = {name: {"description": f"the {name}'s token"} for name in parameters}
    return described


def _operation(channel: Channel) -> Json:
    reference = f"#/channels/{_key(channel)}"
    operation: Json = {
        "action": "receive",
        "channel": {"$ref": reference},
        "messages": [{"$ref": f"{reference}/messages/{kind.__name__}"} for kind in channel.carries],
    }
    if channel.replies:
        operation["reply"] = {
            "channel": {"$ref": reference},
            "messages": [{"$ref": f"{reference}/messages/{kind.__name__}"} for kind in channel.replies],
        }
    return operation


def _names(found: tuple[Channel, ...]) -> set[str]:
    return {kind.__name__ for channel in found for kind in channel.carries + channel.replies}


def _message(name: str) -> Json:
    return {"name": name, "payload": {"$ref": f"#/components/schemas/{name}"}}
