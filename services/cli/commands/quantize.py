"""`sluice quantize`: run by inference's own module, which knows models, in an environment of llmcompressor's own."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import click

from shared.errors import Unavailable

MODULE = "services.inference.quantize"
ENVIRONMENT = "deploy.local.environment"
PASSED_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": list[str]()}


@click.command(context_settings=PASSED_ON, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def quantize(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """A model in four bits, and how it stands against the original: MODEL OUT --scheme awq --calibration FILE."""
    found = importlib.util.find_spec("deploy")
    if found is None or importlib.util.find_spec("services.inference") is None:
        raise Unavailable("Quantising needs the repository; run this in a checkout.", retry_after_s=None)
    root = Path(next(iter(found.submodule_search_locations or ()))).parent
    run_first(ctx, [sys.executable, "-m", MODULE, "--only-check", *arguments])
    if {"--help", "-h"}.intersection(arguments):
        ctx.exit(0)
    run_first(ctx, [sys.executable, "-m", ENVIRONMENT, "quantize"], root)
    program = str(root / ".venv-quantize" / "bin" / "python")
    os.execv(program, [program, "-m", MODULE, *arguments])  # noqa: S606 - takes our place: signals reach it, its exit code is ours


def run_first(ctx: click.Context, command: list[str], folder: Path | None = None) -> None:
    """Ends with its exit code where that is not 0."""
    ended = subprocess.run(command, cwd=folder, check=False)
    if ended.returncode:
        ctx.exit(ended.returncode)
