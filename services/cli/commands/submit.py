"""`sluice submit`: a file of prompts, straight onto NATS."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.cli.adapters.bus import BusClient
from services.cli.adapters.files import JobFile, Results, open_results
from services.cli.commands.context import Context
from services.cli.domain import JobLine
from services.cli.usecases import Batch
from shared.errors import ModelNotFound

CONCURRENCY_WITHOUT_WORKERS = 8
LARGEST_CONCURRENCY = 256


class Options(msgspec.Struct, frozen=True):
    jobs: Path
    output: Path
    model: str
    concurrency: int | None
    timeout_s: float
    patience_s: float


class Tally(msgspec.Struct):
    """What a run has come to; `begun` once the input was found to be right."""

    begun: bool = False
    before: int = 0
    answered: int = 0
    failed: int = 0

    def __str__(self) -> str:
        there = f", {self.before} were there already" if self.before else ""
        return f"{self.answered} answered, {self.failed} failed{there}"


@click.command()
@click.argument("jobs", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--model", default="", help="For lines that name none; else the only one, or the first by name."
)
@click.option(
    "--concurrency", type=click.IntRange(1, LARGEST_CONCURRENCY), help="Else twice the workers' slots."
)
@click.option("--timeout", "timeout_s", default=600.0, show_default=True, help="Seconds an answer may take.")
@click.option(
    "--patience", "patience_s", default=60.0, show_default=True, help="Seconds of outage to sit out."
)
@click.pass_context
def submit(
    ctx: click.Context,
    jobs: Path,
    output: Path,
    model: str,
    concurrency: int | None,
    timeout_s: float,
    patience_s: float,
) -> None:
    """Run every line of JOBS, and write the answers to OUTPUT in the same order.

    A line is a JSON object: `prompt` or `messages`, and if you like `id`, `model`, `max_tokens`, `temperature`,
    `top_p`, `seed`, `stop`. A job that fails has an `error` in its result. Run it again after an interruption:
    lines that OUTPUT holds are skipped. SLUICE_NATS_URL says where NATS is.
    """
    context: Context = ctx.obj
    options = Options(jobs, output, model, concurrency, timeout_s, patience_s)
    tally = Tally()
    try:
        with open_results(output) as results:
            asyncio.run(_submit(context, options, results, tally))
    finally:
        if tally.begun:
            click.echo(f"{tally} → {output}", err=True)
    if tally.failed:
        ctx.exit(1)


async def _submit(context: Context, options: Options, results: Results, tally: Tally) -> None:
    jobs = JobFile(options.jobs)
    total = jobs.check(results.ids)
    tally.begun, tally.before = True, len(results.ids)
    if tally.before == total:
        return
    lines = (_with_model(line, options.model) for line in jobs.lines(skip=tally.before))
    settings = context.settings
    client = BusClient(settings.nats_url, publisher=settings.publisher, timeout_s=options.timeout_s)
    async with client:
        concurrency = options.concurrency or await _concurrency(client)
        await _check_model(client, options.model)
        batch = Batch(client, concurrency=concurrency, patience_s=options.patience_s)
        with _progress() as progress:
            bar = progress.add_task(options.jobs.name, total=total, completed=tally.before)
            async with aclosing(batch.run(lines)) as done:
                async for result in done:
                    results.write(result)
                    tally.failed += result.error is not None
                    tally.answered += result.error is None
                    progress.advance(bar)


async def _concurrency(client: BusClient) -> int:
    """Twice what runs at once, so that a slot that becomes free finds a job waiting."""
    slots = sum(worker.slots for worker in await client.workers())
    return min(2 * slots, LARGEST_CONCURRENCY) or CONCURRENCY_WITHOUT_WORKERS


async def _check_model(client: BusClient, model: str) -> None:
    """A misspelt option must not become an error in every line."""
    models = await client.models()
    if model and models and not any(model in (one.name, *one.aliases) for one in models):
        raise ModelNotFound(
            f"The model '{model}' is not served; there are: {', '.join(one.name for one in models)}."
        )


def _with_model(line: JobLine, model: str) -> JobLine:
    return line if line.model or not model else msgspec.structs.replace(line, model=model)


def _progress() -> Progress:
    """On standard error, and only on a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)
