"""A user's own conversations."""

import asyncio
import logging

import msgspec

from services.edge.domain.conversations import (
    Conversation,
    ConversationPage,
    Found,
    Match,
    MatchPage,
    Transcript,
)
from services.edge.domain.exports import Format, as_json, as_markdown, filename_of
from services.edge.domain.identity import Principal
from services.edge.domain.snippets import snippet_of
from services.edge.domain.words import Sought, sought
from services.edge.ports.audit import Audit
from services.edge.ports.chat import Jobs
from services.edge.ports.history import History
from shared.errors import InvalidRequest, TooLarge, Unavailable

PAGES_EXPORTED = 5
"""Of 4,000 messages or 16 MiB each: all are in memory at once."""

log = logging.getLogger(__name__)


class Conversations:
    def __init__(self, history: History, jobs: Jobs, audit: Audit) -> None:
        self._history = history
        self._jobs = jobs
        self._audit = audit

    async def list(
        self, principal: Principal, limit: int, cursor: str, pinned: bool | None
    ) -> ConversationPage:
        return await self._history.conversations(principal.user, limit=limit, cursor=cursor, pinned=pinned)

    async def read(self, principal: Principal, chat: str, cursor: str = "") -> Transcript:
        return await self._history.read(principal.user, chat, cursor=cursor)

    async def search(self, principal: Principal, query: str, limit: int, cursor: str) -> MatchPage:
        """A query without a word finds nothing."""
        asked = sought(principal.user, query)
        if not asked.pieces:
            return MatchPage(())
        page = await self._history.search(principal.user, asked, limit=limit, cursor=cursor)
        matches = await asyncio.to_thread(lambda: tuple(_match(found, asked) for found in page.found))
        return MatchPage(matches, page.next_cursor)

    async def export(self, principal: Principal, chat: str, format: Format) -> tuple[str, bytes]:  # noqa: A002
        """A file: its name, and what is in it. Raises `TooLarge`."""
        pages = [await self._history.read(principal.user, chat)]
        while cursor := pages[-1].previous_cursor:
            if len(pages) == PAGES_EXPORTED:
                raise TooLarge("The conversation is too long to be exported in one file.")
            pages.append(await self._history.read(principal.user, chat, cursor=cursor))
        messages = tuple(message for page in reversed(pages) for message in page.messages)
        whole = msgspec.structs.replace(pages[0], messages=messages)
        written = await asyncio.to_thread(as_json if format == "json" else as_markdown, whole)
        return filename_of(whole.conversation.title, format), written

    async def update(
        self, principal: Principal, chat: str, title: str | None, pinned: bool | None
    ) -> Conversation:
        if title is None and pinned is None:
            raise InvalidRequest(
                "There is nothing to change: a title, or whether it is pinned.", param="title"
            )
        if title is not None:
            title = " ".join(title.split())
            if not title:
                raise InvalidRequest("A title has at least one character.", param="title")
        return await self._history.update(principal.user, chat, title=title, pinned=pinned)

    async def delete(self, principal: Principal, chat: str) -> None:
        """What is being written in it is stopped, and kept for a restored one."""
        record = self._audit.draft("conversation.delete", actor=principal.user, resource=chat)
        for request in await self._history.delete(principal.user, chat, record):
            try:
                await self._jobs.cancel(request)
            except Unavailable as error:
                log.warning("could not stop an answer of a deleted conversation yet: %s", error)

    async def restore(self, principal: Principal, chat: str) -> Conversation:
        record = self._audit.draft("conversation.restore", actor=principal.user, resource=chat)
        return await self._history.restore(principal.user, chat, record)


def _match(found: Found, asked: Sought) -> Match:
    """Texts may be long: computes off the event loop."""
    return Match(found.conversation, found.message_id, *snippet_of(found.text, asked))
