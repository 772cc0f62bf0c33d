"""`sluice login` and `logout`."""

import asyncio
import sys

import click

from services.cli.commands.context import Context


@click.command()
@click.option("--username", prompt=True, help="Your name.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def login(context: Context, username: str, password_stdin: bool) -> None:
    """Sign in. The tokens are kept for you alone; the password is not."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, err=True)
    context.sign_in(username, password)
    click.echo(f"Signed in at {context.url} as {username}.", err=True)


@click.command()
@click.pass_obj
def logout(context: Context) -> None:
    """Sign out, here and at the server."""
    asyncio.run(_sign_out(context))
    click.echo("Signed out.", err=True)


async def _sign_out(context: Context) -> None:
    async with context.client() as client:
        await client.sign_out()
