"""Signed in once: the tokens lie in a file that only its owner can read."""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

import msgspec

from shared.errors import Unavailable

LOCKED_WITHIN_S = 15.0


class Tokens(msgspec.Struct, frozen=True):
    username: str
    access_token: str
    refresh_token: str
    expires_at: float
    """Of the access token, Unix seconds."""


class TokenCache:
    """`credentials.json` below the user's configuration: the tokens for each edge, by its URL."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "credentials.json"

    @classmethod
    def of_user(cls, environ: Mapping[str, str]) -> "TokenCache":
        configured = environ.get("XDG_CONFIG_HOME")
        return cls((Path(configured) if configured else Path.home() / ".config") / "sluice")

    def load(self, url: str) -> Tokens | None:
        return self._all().get(url)

    def save(self, url: str, tokens: Tokens) -> None:
        self._write(self._all() | {url: tokens})

    def forget(self, url: str) -> None:
        self._write({known: tokens for known, tokens in self._all().items() if known != url})

    @asynccontextmanager
    async def locked(self) -> AsyncGenerator[None]:
        """One process at a time renews a token: a refresh token that is used twice signs the user out.

        Raises `Unavailable` when another holds it too long.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as file:
            try:
                async with asyncio.timeout(LOCKED_WITHIN_S):
                    while not try_lock(file):
                        await asyncio.sleep(0.05)
            except TimeoutError as error:
                raise Unavailable(f"Another process holds {self._folder}/lock.") from error
            yield

    def _all(self) -> dict[str, Tokens]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Tokens])
        except (FileNotFoundError, msgspec.DecodeError):  # never signed in, or not by this version
            return {}

    def _write(self, tokens: dict[str, Tokens]) -> None:
        """Written aside and renamed: a reader sees the old file or the new one. Private from its first byte."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = self._path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(tokens), indent=2))
        aside.replace(self._path)


def try_lock(file: IO[str] | IO[bytes]) -> bool:
    """Until the file is closed, or its process is gone."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
