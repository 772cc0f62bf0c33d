"""`sluice users`: run by the edge's own module, which owns the accounts, in a process of its own."""

import importlib.util
import subprocess
import sys

import click

from shared.errors import Unavailable

MODULE = "services.edge.users"
PASSED_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": list[str]()}
PASSWORD_CHOICES = {"--generate-password", "--password-stdin", "--help", "-h"}


@click.command(context_settings=PASSED_ON, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def users(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Accounts: add, revoke, restore, list. Runs where the edge is installed, with SLUICE_DATABASE_URL."""
    if importlib.util.find_spec("services.edge") is None:
        raise Unavailable("The edge is not installed here; run this where it is.", retry_after_s=None)
    command = [sys.executable, "-m", MODULE, *with_password(arguments)]
    ctx.exit(subprocess.run(command, check=False).returncode)


def with_password(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Whoever adds a user and says nothing about the password gets one printed."""
    if arguments[:1] != ("add",) or PASSWORD_CHOICES.intersection(arguments):
        return arguments
    return (*arguments, "--generate-password")
