"""The command `sluice` and what its commands share. Errors that are to be expected end in one line, not a trace."""

import os
from typing import Any, NoReturn

import click

from services.cli.adapters.credentials import TokenCache
from services.cli.commands.chat import chat
from services.cli.commands.context import Context
from services.cli.commands.documents import documents
from services.cli.commands.login import login, logout
from services.cli.commands.submit import submit
from services.cli.commands.users import users
from services.cli.settings import CliSettings
from shared import telemetry
from shared.errors import Forbidden, InvalidRequest, SluiceError, Unauthorized, Unavailable
from shared.settings import SettingsError, load

FAILED, MISUSED, NOT_SIGNED_IN, AWAY, INTERRUPTED = 1, 2, 3, 4, 130
EXIT_CODES = """\b
Exit codes: 0 done; 1 failed, or a line or a file of several did; 2 wrong input;
3 not signed in, or not allowed; 4 a service is away: try again; 130 interrupted."""


class SluiceGroup(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SluiceError as error:
            stop(ctx, error.message, exit_code(error))
        except SettingsError as error:
            stop(ctx, str(error), MISUSED)
        except OSError as error:
            stop(ctx, str(error), FAILED)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)


def stop(ctx: click.Context, message: str, code: int) -> NoReturn:
    click.echo(f"sluice: {message}", err=True)
    ctx.exit(code)


def exit_code(error: SluiceError) -> int:
    match error:
        case Unauthorized() | Forbidden():
            return NOT_SIGNED_IN
        case Unavailable():
            return AWAY
        case InvalidRequest():
            return MISUSED
        case _:
            return FAILED


@click.group(cls=SluiceGroup, epilog=EXIT_CODES)
@click.option("--url", help="The API; else SLUICE_URL, else http://127.0.0.1:8080.")
@click.pass_context
def cli(ctx: click.Context, url: str | None) -> None:
    """Sluice: ask, add documents, run batches."""
    settings = load(CliSettings, os.environ)
    telemetry.start("cli", settings)
    ctx.obj = Context(settings, TokenCache.of_user(os.environ), (url or settings.url).rstrip("/"))


for command in (chat, login, logout, submit, documents, users):
    cli.add_command(command)
