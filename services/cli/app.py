"""The command `sluice` and what its commands share. Errors that are to be expected end in one line, not a trace."""

import logging
import os
import sys
from importlib import import_module
from typing import Any, NoReturn

import click
import structlog

from services.cli.adapters.credentials import TokenCache
from services.cli.commands.context import Context
from services.cli.settings import CliSettings
from shared.errors import Forbidden, InvalidRequest, SluiceError, Unauthorized, Unavailable
from shared.settings import SettingsError, load

FAILED, MISUSED, NOT_SIGNED_IN, AWAY, INTERRUPTED = 1, 2, 3, 4, 130
COMMANDS = {
    "chat": "chat",
    "dead-letters": "dead_letters",
    "documents": "documents",
    "login": "login",
    "logout": "login",
    "quantize": "quantize",
    "submit": "submit",
    "users": "users",
}
"""Each command, and the module that has it."""
EXIT_CODES = """\b
Exit codes: 0 done; 1 failed, or a line or a file of several did; 2 wrong input;
3 not signed in, or not allowed; 4 a service is away: try again; 130 interrupted."""


class SluiceGroup(click.Group):
    """Loads a command's module when it is called for: the bus alone takes a second to import."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click asks so
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = COMMANDS.get(cmd_name)
        return None if module is None else _command(module, cmd_name)

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


def _command(module: str, name: str) -> click.Command:
    return getattr(import_module(f"services.cli.commands.{module}"), name.replace("-", "_"))


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


def log_errors_only(settings: CliSettings) -> None:
    """Whoever sits at a terminal is told what matters by the commands themselves; `SLUICE_LOG_LEVEL` tells more."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.ERROR)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )


@click.group(cls=SluiceGroup, epilog=EXIT_CODES)
@click.option("--url", help="The API; else SLUICE_URL, else http://127.0.0.1:8080.")
@click.pass_context
def cli(ctx: click.Context, url: str | None) -> None:
    """Sluice: ask, add documents, run batches."""
    settings = load(CliSettings, os.environ)
    log_errors_only(settings)
    ctx.obj = Context(settings, TokenCache.of_user(os.environ), (url or settings.url).rstrip("/"))
