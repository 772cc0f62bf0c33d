"""`sluice users`: run by the edge's own module, which owns the accounts, in a process of its own."""

import importlib.util
import subprocess
import sys

import click

from shared.errors import Unavailable

MODULE = "services.edge.users"
PASSED_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": list[str]()}


@click.command(context_settings=PASSED_ON, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def users(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Accounts: add, revoke, restore, list. Runs where the edge is installed, with SLUICE_DATABASE_URL."""
    if importlib.util.find_spec("services.edge") is None:
        raise Unavailable("The edge is not installed here; run this where it is.", retry_after_s=None)
    ran = subprocess.run([sys.executable, "-m", MODULE, *arguments], check=False)
    ctx.exit(ran.returncode)
