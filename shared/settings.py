"""Settings come from the environment, `SLUICE_*`, and nowhere else.

A service's settings are a frozen msgspec struct; the field `http_port` is read from `SLUICE_HTTP_PORT`.
"""

from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

PREFIX = "SLUICE_"

T = TypeVar("T", bound="BaseSettings")


class SettingsError(Exception):
    """A setting is missing or makes no sense; the message names its variable."""


class BaseSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every service needs."""

    nats_url: Annotated[str, Meta(pattern=r"[^\s,]")] = "nats://127.0.0.1:4222"
    """Several servers of one cluster: all of them, separated by commas, each with user and password."""
    nats_replicas: Annotated[int, Meta(ge=1, le=5)] | None = None
    """On how many servers of a cluster streams, buckets and documents are kept; the same for all services. Unset: 1
    where they are made, and unchanged where they are."""
    instance: str = "1"
    """This process among its service's; unique, and fit for a subject token."""
    log_level: str = "INFO"
    otlp_endpoint: str = ""
    """Where traces go (OTLP over HTTP); empty: nowhere."""
    shutdown_grace_s: float = 10.0


def load(kind: type[T], environ: Mapping[str, str]) -> T:
    """Reads `kind` from the environment. Raises `SettingsError` naming the first variable that is wrong.

    Lists are comma-separated. An empty variable counts as unset, so that compose files can pass `${X:-}`.
    """
    values: dict[str, object] = {}
    for field in msgspec.structs.fields(kind):
        text = environ.get(variable(field.name), "")
        if text:
            values[field.encode_name] = _parse(field.name, text, field.type)
        elif field.required:
            raise SettingsError(f"{variable(field.name)} is not set")
    return msgspec.convert(values, kind)


def servers(nats_url: str) -> list[str]:
    """The servers that `nats_url` names, at least one; whoever connects tries them in turn."""
    return [server.strip() for server in nats_url.split(",") if server.strip()]


def variable(field: str) -> str:
    return PREFIX + field.upper()


def _parse(name: str, text: str, kind: object) -> object:
    is_list = getattr(kind, "__origin__", None) is tuple
    value: object = [part.strip() for part in text.split(",") if part.strip()] if is_list else text
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{variable(name)}={text!r}: {error}") from error
