"""The history in memory, held to the same contract as PostgreSQL's (tests/contract/test_edge_history*.py)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from services.edge.adapters.postgres.answers import row_of
from services.edge.adapters.postgres.cursor import decode_cursor, encode_cursor
from services.edge.domain.conversations import (
    Beginning,
    Conversation,
    ConversationPage,
    Found,
    FoundPage,
    GoingOn,
    StoredMessage,
    Transcript,
    Turn,
)
from services.edge.domain.parts import (
    Outcomes,
    Parts,
    kept_files,
    said,
    step_of,
    stored,
    waits_for_results,
    with_outcomes,
)
from services.edge.domain.words import Sought, lexemes
from shared.errors import Conflict, InvalidRequest, NotFound
from shared.messages import AuditRecord, ChatCompleted

T = TypeVar("T")


@dataclass
class Row:
    message: StoredMessage
    request: str = ""
    running: bool = False
    held: Parts = ()
    """What of its parts is written out."""

    def shown(self) -> StoredMessage:
        """As it is read, with all its parts."""
        message = self.message
        if message.role == "user":
            parts = (*self.held, *said(message.text))
        else:
            parts = self.held or said(message.text, message.reasoning)
        return msgspec.structs.replace(message, parts=parts)


@dataclass
class Kept:
    user: str
    conversation: Conversation
    title_by: str = "question"
    deleted_at: float | None = None
    rows: list[Row] = field(default_factory=list[Row])

    def known(self, id: str) -> Row | None:
        return next((row for row in self.rows if row.message.id == id), None)

    def remove_below(self, id: str) -> None:
        gone = {id}
        for row in self.rows:
            if row.message.parent in gone:
                gone.add(row.message.id)
        self.rows = [row for row in self.rows if row.message.id == id or row.message.id not in gone]

    def place_after(self, before: Sequence[str] | None) -> str:
        if before == ():
            return ""
        for place, id in enumerate(before or ()):
            if (sent := self.known(id)) is not None:
                answers = [
                    row for row in self.rows if row.message.parent == id and row.message.role != "user"
                ]
                asked = place > 0 and sent.message.role == "user"
                return answers[-1].message.id if asked and answers else id
        return self.rows[-1].message.id if self.rows else ""


class MemoryHistory:
    def __init__(self, messages_read: int = 4_000) -> None:
        self._messages_read = messages_read
        self.chats: dict[str, Kept] = {}
        self.records: list[AuditRecord] = []

    async def begin_turn(self, turn: Turn) -> None:
        _require_text(turn.text, turn.title)
        new = Kept(turn.user, Conversation(turn.chat, turn.title, turn.at, turn.at))
        chat = self.chats.get(turn.chat, new)
        if chat.user != turn.user or chat.deleted_at is not None:
            raise _not_found()
        known = chat.known(turn.question_id)
        if known is not None and known.message.role == "assistant":
            raise InvalidRequest("This is the id of an answer.", param="messageId")
        if any(row.request == turn.request for one in self.chats.values() for row in one.rows):
            raise Conflict("There is one already.")
        self.chats[turn.chat] = chat
        if turn.outcomes is not None and (answer := _answer(chat, turn.outcomes)) and not answer.running:
            answer.held = with_outcomes(answer.held, turn.outcomes.each)
        files = kept_files(turn.files)
        chat.conversation = msgspec.structs.replace(chat.conversation, updated_at=turn.at)
        if known is None:
            parent = chat.place_after(turn.before)
            question = StoredMessage(turn.question_id, "user", turn.text, turn.at, parent)
            chat.rows.append(Row(question, held=files))
        elif not (turn.beside and known.message.text == turn.text and known.held == files):
            known.held = files
            known.message = msgspec.structs.replace(known.message, text=turn.text)
            chat.remove_below(turn.question_id)
        answer = StoredMessage(turn.message_id, "assistant", "", turn.at, turn.question_id)
        chat.rows.append(Row(answer, turn.request, running=True))

    async def go_on(self, going: GoingOn) -> Beginning:
        row = _answer(self._kept(going.user, going.chat), going.outcomes)
        if row is None:
            raise InvalidRequest("There is no such answer to go on with.", param="messageId")
        if row.running:
            raise Conflict("The answer is still being written.")
        if not waits_for_results(row.held):
            raise InvalidRequest("The answer has no calls whose results it waits for.", param="messages")
        row.held = with_outcomes(row.held, going.outcomes.each)
        row.running, row.request = True, going.request
        return Beginning(row.message.id, row.message.sources)

    async def beginning(self, user: str, chat: str, message_id: str) -> Parts:
        row = self._kept(user, chat).known(message_id)
        if row is None:
            raise _not_found()
        return row.held

    async def finish_turn(self, event: ChatCompleted) -> bool:
        chat = self.chats.get(event.chat)
        if chat is None or chat.user != event.user:
            return False
        place = next((row for row in chat.rows if row.running and row.request == event.request), None)
        if place is None:
            return False
        told = row_of(event) | {"sources": event.passages, "created_at": event.at}
        for name in ("text", "reasoning"):
            told[name] = "\n\n".join(filter(None, (getattr(place.message, name), str(told[name]))))
        step = step_of(event.answers[0]) if event.answers else ()
        if place.held or waits_for_results(step):
            place.held += msgspec.json.decode(stored(step), type=Parts)
        shown = {name: value for name, value in told.items() if name in StoredMessage.__struct_fields__}
        place.message, place.running = msgspec.structs.replace(place.message, **shown), False
        newest = max(chat.conversation.updated_at, event.at)
        chat.conversation = msgspec.structs.replace(chat.conversation, updated_at=newest)
        return chat.title_by == "question"

    async def require(self, user: str, chat: str) -> None:
        self._kept(user, chat)

    async def conversations(
        self, user: str, *, limit: int, cursor: str = "", pinned: bool | None = None
    ) -> ConversationPage:
        mine = [one for one in self._of(user) if pinned is None or one.conversation.pinned == pinned]
        page, following = _page([(one.conversation, one.conversation) for one in mine], limit, cursor)
        return ConversationPage(tuple(page), following)

    async def read(self, user: str, chat: str, *, cursor: str = "") -> Transcript:
        kept = self._kept(user, chat)
        end = decode_cursor(cursor, tuple[int])[0] if cursor else len(kept.rows)
        shown = [(n, row.shown()) for n, row in enumerate(kept.rows[:end]) if not row.running]
        newest = kept.rows[-1] if kept.rows else None
        current = "" if newest is None else newest.message.parent if newest.running else newest.message.id
        most = self._messages_read
        previous = encode_cursor(shown[-most][0]) if len(shown) > most else ""
        return Transcript(kept.conversation, tuple(one for _, one in shown[-most:]), current, previous)

    async def search(self, user: str, sought: Sought, *, limit: int, cursor: str = "") -> FoundPage:
        found: list[tuple[Conversation, Found]] = []
        for one in self._of(user):
            told = [
                row.message for row in one.rows if not row.running and _holds(user, row.message.text, sought)
            ]
            if told:
                found.append((one.conversation, Found(one.conversation, told[-1].id, told[-1].text)))
            elif _holds(user, one.conversation.title, sought):
                found.append((one.conversation, Found(one.conversation, "", one.conversation.title)))
        page, following = _page(found, limit, cursor)
        return FoundPage(tuple(page), following)

    async def update(
        self, user: str, chat: str, *, title: str | None = None, pinned: bool | None = None
    ) -> Conversation:
        kept = self._kept(user, chat)
        if title is not None:
            _require_text(title)
            kept.title_by = "user"
            kept.conversation = msgspec.structs.replace(kept.conversation, title=title)
        if pinned is not None:
            kept.conversation = msgspec.structs.replace(kept.conversation, pinned=pinned)
        return kept.conversation

    async def delete(self, user: str, chat: str, record: AuditRecord) -> tuple[str, ...]:
        kept = self._kept(user, chat)
        kept.deleted_at = record.at
        self.records.append(record)
        return tuple(row.request for row in kept.rows if row.running)

    async def restore(self, user: str, chat: str, record: AuditRecord) -> Conversation:
        kept = self.chats.get(chat)
        if kept is not None and kept.user == user and kept.deleted_at is not None:
            kept.deleted_at = None
            self.records.append(record)
        return self._kept(user, chat).conversation

    async def claim_title(self, user: str, chat: str, request: str) -> str | None:
        kept = self.chats.get(chat)
        if kept is None or kept.user != user or kept.deleted_at is not None or kept.title_by != "question":
            return None
        kept.title_by = "asked"
        parents = [row.message.parent for row in kept.rows if row.request == request]
        question = kept.known(parents[0]) if parents else None
        return None if question is None else question.message.text

    async def entitle(self, user: str, chat: str, title: str) -> None:
        kept = self.chats.get(chat)
        if kept is not None and kept.user == user and kept.deleted_at is None and kept.title_by == "asked":
            kept.title_by = "engine"
            kept.conversation = msgspec.structs.replace(kept.conversation, title=title)

    async def running_in_deleted(self, limit: int) -> tuple[str, ...]:
        deleted = [one for one in self.chats.values() if one.deleted_at is not None]
        return tuple(row.request for one in deleted for row in one.rows if row.running)[:limit]

    async def purge(self, before: float) -> bool:
        gone = [
            id for id, one in self.chats.items() if one.deleted_at is not None and one.deleted_at <= before
        ]
        if gone:
            del self.chats[gone[0]]
        return bool(gone)

    def _of(self, user: str) -> list[Kept]:
        return [one for one in self.chats.values() if one.user == user and one.deleted_at is None]

    def _kept(self, user: str, chat: str) -> Kept:
        kept = self.chats.get(chat)
        if kept is None or kept.user != user or kept.deleted_at is not None:
            raise _not_found()
        return kept


def _answer(chat: Kept, outcomes: Outcomes) -> Row | None:
    answers = [row for row in reversed(chat.rows) if row.message.role == "assistant"]
    if outcomes.answer:
        return next((row for row in answers if row.message.id == outcomes.answer), None)
    call = outcomes.each[-1].call if outcomes.each else ""
    return next((row for row in answers if call in [part.tool_call_id for part in row.held]), None)


def _not_found() -> NotFound:
    return NotFound("There is no such conversation.")


def _require_text(*texts: str) -> None:
    if any(
        "\0" in text or (not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text))
        for text in texts
    ):
        raise InvalidRequest("Text may hold neither the character NUL nor half a surrogate pair.")


def _holds(user: str, text: str, sought: Sought) -> bool:
    stored = lexemes(user, text)
    begun = all(any(word.startswith(start) for word in stored) for start in sought.lexemes)
    return begun and all(run in text for run in sought.runs)


def _page(found: list[tuple[Conversation, T]], limit: int, cursor: str) -> tuple[list[T], str]:
    def place(pair: tuple[Conversation, T]) -> tuple[float, str]:
        return (pair[0].updated_at, pair[0].id)

    found = sorted(found, key=place, reverse=True)
    if cursor:
        last = decode_cursor(cursor, tuple[float, str])
        found = [pair for pair in found if place(pair) < last]
    more = len(found) > limit
    return [one for _, one in found[:limit]], encode_cursor(*place(found[limit - 1])) if more else ""
