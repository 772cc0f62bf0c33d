"""`sluice dead-letters`: jobs that no worker could answer."""

import asyncio
from datetime import datetime

import click

from services.cli.adapters.bus import BusClient
from services.cli.adapters.dead_letters import DeadLetters
from services.cli.commands.context import Context
from shared.broker import NatsBus
from shared.messages import DeadLetter

SHOWN_CHARACTERS = 60


@click.group()
def dead_letters() -> None:
    """Jobs that failed three times without a token: look at them, and ask again. SLUICE_NATS_URL says where NATS is."""


@dead_letters.command("list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@click.pass_obj
def list_letters(context: Context, limit: int) -> None:
    """The newest first: number, time, model, who asked, what went wrong, and how the question begins."""
    asyncio.run(_list(context, limit))


async def _list(context: Context, limit: int) -> None:
    bus = await NatsBus.connect(context.settings.nats_url, "sluice-dead-letters")
    try:
        found = 0
        async for number, letter in DeadLetters(bus).newest(limit):
            found += 1
            click.echo(_line(number, letter))
    finally:
        await bus.close()
    if not found:
        click.echo("There are none.", err=True)


def _line(number: int, letter: DeadLetter) -> str:
    job = letter.job
    at = datetime.fromtimestamp(letter.at).astimezone().isoformat(timespec="seconds")
    asked = " ".join(job.messages[-1].text.split())[:SHOWN_CHARACTERS] if job.messages else ""
    return f"{number}\t{at}\t{job.model}\t{job.user}\t{letter.failure.message}\t{asked}"


@dead_letters.command("retry")
@click.argument("number", type=click.IntRange(1))
@click.pass_obj
def retry(context: Context, number: int) -> None:
    """Asks again, as a new request, and prints the answer; the letter is removed when that worked."""
    asyncio.run(_retry(context, number))


async def _retry(context: Context, number: int) -> None:
    settings = context.settings
    bus = await NatsBus.connect(settings.nats_url, "sluice-dead-letters")
    try:
        letters = DeadLetters(bus)
        letter = await letters.get(number)
        async with BusClient(settings.nats_url, publisher=settings.publisher) as client:
            answer = await client.ask_again(letter.job)
        click.echo(answer.text)
        await letters.remove(number)
    finally:
        await bus.close()
