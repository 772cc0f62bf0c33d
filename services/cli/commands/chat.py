"""`sluice chat`: one question, or a conversation."""

import asyncio
import sys
from contextlib import aclosing
from uuid import uuid4

import click

from services.cli.adapters.chat_stream import Finish, Notice, Part, Reasoning, Source, Text
from services.cli.adapters.http import Turn
from services.cli.commands.context import Context, printable

EXCERPT_CHARACTERS = 90


@click.command()
@click.argument("question", required=False)
@click.option("--model", default="", help="Else the server's default.")
@click.pass_obj
def chat(context: Context, question: str | None, model: str) -> None:
    """Ask QUESTION, or have a conversation: an empty line or Ctrl-D ends it, Ctrl-C stops an answer.

    The question may come by way of standard input, too.
    """
    conversation = Conversation(context, model)
    if question is None and not sys.stdin.isatty():
        question = sys.stdin.read()
    context.require_sign_in()
    if question is not None:
        conversation.ask(question)
        return
    while question := _prompt():
        try:
            conversation.ask(question)
        except KeyboardInterrupt:
            click.echo(" (stopped)", err=True)


def _prompt() -> str:
    try:
        return input("> ").strip()
    except EOFError:
        click.echo()
        return ""


class Conversation:
    """The turns so far; the edge stores them under `chat`, too."""

    def __init__(self, context: Context, model: str) -> None:
        self._context = context
        self._model = model
        self._chat = uuid4().hex
        self._turns: list[Turn] = []

    def ask(self, question: str) -> None:
        """Prints the answer as it comes. A stopped one stays in the conversation as far as it came."""
        self._turns.append(Turn("user", question, uuid4().hex))
        said: list[str] = []
        try:
            asyncio.run(self._show(said))
        finally:
            self._turns.append(Turn("assistant", "".join(said), uuid4().hex))

    async def _show(self, said: list[str]) -> None:
        sources: list[Source] = []
        async with self._context.client() as client:
            parts = client.chat(self._turns, chat=self._chat, model=self._model)
            async with aclosing(parts):
                async for part in parts:
                    if isinstance(part, Source):
                        sources.append(part)
                    elif isinstance(part, Text):
                        said.append(part.text)
                    show(part)
        click.echo()
        for source in sources:
            click.secho(describe(source), dim=True)


def show(part: Part) -> None:
    match part:
        case Text(text):
            click.echo(printable(text), nl=False)
        case Reasoning(text):
            click.secho(printable(text), nl=False, dim=True, err=True)
        case Notice(message):
            click.secho(printable(message), fg="yellow", err=True)
        case Finish("length"):
            click.secho(" (cut off: it reached its longest length)", dim=True, err=True)
        case _:
            return


def describe(source: Source) -> str:
    excerpt = " ".join(printable(source.text).split())
    if len(excerpt) > EXCERPT_CHARACTERS:
        excerpt = excerpt[: EXCERPT_CHARACTERS - 1] + "…"
    return f"[{source.citation}] {printable(source.title)}  {excerpt}".rstrip()
