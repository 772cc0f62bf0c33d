"""`sluice documents`: add, list, delete."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from services.cli.adapters.http import HttpClient
from services.cli.commands.context import Context, printable
from shared.errors import DeadlineExceeded, SluiceError, Unauthorized, Unavailable
from shared.messages import Document

POLL_EVERY_S = 0.3


@click.group()
@click.pass_obj
def documents(context: Context) -> None:
    """What answers may cite."""
    context.require_sign_in()


@documents.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--timeout", "timeout_s", default=600.0, show_default=True, help="Seconds a file may take.")
@click.pass_context
def add(ctx: click.Context, files: tuple[Path, ...], timeout_s: float) -> None:
    """Upload FILES (.txt, .md) and wait until they can be searched."""
    if asyncio.run(_add(ctx.obj, files, timeout_s)):
        ctx.exit(1)


@documents.command("list")
@click.pass_obj
def list_documents(context: Context) -> None:
    """Newest first."""
    asyncio.run(_list(context))


@documents.command()
@click.argument("ids", nargs=-1, required=True)
@click.pass_obj
def delete(context: Context, ids: tuple[str, ...]) -> None:
    """Delete documents by id, with all that was learnt from them."""
    asyncio.run(_delete(context, ids))


async def _add(context: Context, files: Sequence[Path], timeout_s: float) -> int:
    """How many could not be added; a file that is refused does not stop the others."""
    failed = 0
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[status]}"),
    )
    async with context.client() as client:
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            for file in files:
                bar = progress.add_task(file.name, total=None, status="uploading")
                try:
                    document = await _until_settled(client, file, progress, bar, timeout_s)
                except (Unauthorized, Unavailable):
                    raise
                except SluiceError as error:
                    failed += 1
                    click.echo(f"{file}: {error.message}", err=True)
                    continue
                failed += document.status == "failed"
                click.echo(_row(document))
    return failed


async def _until_settled(
    client: HttpClient, file: Path, progress: Progress, bar: TaskID, timeout_s: float
) -> Document:
    give_up = time.monotonic() + timeout_s
    document = await client.add_document(file.name, await asyncio.to_thread(file.read_bytes))
    while document.status not in ("ready", "failed"):
        if time.monotonic() > give_up:
            raise DeadlineExceeded(f"It is stored as {document.id}, and was not ready in {timeout_s:g} s.")
        await asyncio.sleep(POLL_EVERY_S)
        document = await client.document(document.id)
        progress.update(bar, total=document.passages or None, completed=document.done, status=document.status)
    return document


async def _list(context: Context) -> None:
    async with context.client() as client:
        async for document in client.documents():
            click.echo(_row(document))


async def _delete(context: Context, ids: Sequence[str]) -> None:
    async with context.client() as client:
        for id in ids:
            await client.delete_document(id)


def _row(document: Document) -> str:
    detail = document.error if document.status == "failed" else f"passages: {document.passages}"
    return f"{document.id}  {document.status:10}  {detail:16}  {printable(document.title)}"
