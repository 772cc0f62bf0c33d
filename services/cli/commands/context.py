"""What every command is given."""

import asyncio
import sys
import unicodedata
from dataclasses import dataclass

import click

from services.cli.adapters.credentials import TokenCache
from services.cli.adapters.http import HttpClient
from services.cli.settings import CliSettings
from shared.errors import Unauthorized


@dataclass(frozen=True)
class Context:
    settings: CliSettings
    cache: TokenCache
    url: str

    def client(self) -> HttpClient:
        return HttpClient(self.url, cache=self.cache)

    def require_sign_in(self) -> None:
        """Asks for name and password once; later commands find the tokens. Raises `Unauthorized` without a terminal."""
        if self.client().username:
            return
        if not sys.stdin.isatty():
            raise Unauthorized("Nobody is signed in. Run: sluice login")
        click.echo(f"Signing in at {self.url}", err=True)
        self.sign_in(click.prompt("Username", err=True), click.prompt("Password", hide_input=True, err=True))

    def sign_in(self, username: str, password: str) -> None:
        asyncio.run(self._sign_in(username, password))

    async def _sign_in(self, username: str, password: str) -> None:
        async with self.client() as client:
            await client.sign_in(username, password)


def printable(text: str) -> str:
    """A model or a document must not command the terminal: control characters other than line ends and tabs go."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
