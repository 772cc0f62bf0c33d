"""The edge's HTTP API, as a person's own client uses it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import httpx
import msgspec

from services.cli.adapters.chat_stream import Part, read_parts
from services.cli.adapters.credentials import TokenCache
from services.cli.adapters.problems import raise_for, send, translated
from services.cli.adapters.session import Session
from shared.errors import SluiceError
from shared.messages import Document

READ_TIMEOUT_S = 120.0
"""Between two pieces of an answer; the edge sends a comment more often than that."""

T = TypeVar("T")


class Turn(msgspec.Struct, frozen=True):
    """One message of a conversation. `id` tells the edge which one it is when a question is asked again."""

    role: Literal["user", "assistant"]
    text: str
    id: str


class DocumentPage(msgspec.Struct, frozen=True):
    documents: tuple[Document, ...]
    next_cursor: str = ""


class HttpClient:
    """Speaks to one edge.

        async with HttpClient("http://127.0.0.1:8080") as client:
            await client.sign_in("ada", password)
            async for part in client.chat([Turn("user", "What is our notice period?", uuid4().hex)], chat="c1"):
                ...

    Tokens are kept in `cache`, where there is one, and renewed before they run out. Every method raises one of
    `shared.errors`: `Unauthorized` when nobody is signed in, `Unavailable` when the edge does not answer.
    """

    def __init__(
        self, url: str, *, cache: TokenCache | None = None, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        timeout = httpx.Timeout(10.0, connect=3.0, read=READ_TIMEOUT_S)
        self._http = httpx.AsyncClient(base_url=url, timeout=timeout, transport=transport)
        self._session = Session(self._http, cache)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    @property
    def username(self) -> str:
        """Who is signed in; empty: nobody."""
        return self._session.username

    async def sign_in(self, username: str, password: str) -> None:
        """Raises `Unauthorized` for a wrong name or password."""
        await self._session.sign_in(username, password)

    async def sign_out(self) -> None:
        """The whole sign-in ends, here and at the edge."""
        await self._session.sign_out()

    async def chat(self, turns: list[Turn], *, chat: str, model: str = "") -> AsyncGenerator[Part]:
        """The answer to the last turn, part by part; sources come first, `Finish` last.

        `chat` names the conversation: up to 128 letters, digits, `-` and `_`. Closing the generator stops the
        answer. Raises the error that an answer broke off with, too.
        """
        body: dict[str, Any] = {
            "id": chat,
            "trigger": "submit-message",
            "messages": [
                {"id": turn.id, "role": turn.role, "parts": [{"type": "text", "text": turn.text}]}
                for turn in turns
            ],
        }
        body |= {"model": model} if model else {}
        headers = await self._session.authorisation()
        try:
            with translated():
                async with self._http.stream("POST", "/v1/chat", json=body, headers=headers) as response:
                    await raise_for(response)
                    async for part in read_parts(response.aiter_lines()):
                        yield part
        except (GeneratorExit, asyncio.CancelledError):
            with suppress(
                SluiceError
            ):  # else the edge keeps it for a reader who might come back, and ends it then
                await self.stop(chat)
            raise

    async def stop(self, chat: str) -> None:
        """Stops the answer that is being written in a conversation; what there is of it is kept."""
        await self._send("POST", f"/v1/chat/{chat}/stop")

    async def add_document(self, name: str, content: bytes) -> Document:
        """Text or Markdown in UTF-8. It is searchable once its status is `ready`; ask `document` for that."""
        return await self._ask(Document, "POST", "/v1/documents", files={"file": (name, content)})

    async def document(self, id: str) -> Document:
        return await self._ask(Document, "GET", f"/v1/documents/{id}")

    async def documents(self) -> AsyncGenerator[Document]:
        """Newest first, page by page."""
        cursor = ""
        while True:
            page = await self._ask(
                DocumentPage, "GET", "/v1/documents", params={"cursor": cursor} if cursor else {}
            )
            for document in page.documents:
                yield document
            cursor = page.next_cursor
            if not cursor:
                return

    async def delete_document(self, id: str) -> None:
        await self._send("DELETE", f"/v1/documents/{id}")

    async def _ask(self, kind: type[T], method: str, path: str, **content: Any) -> T:
        return msgspec.json.decode(await self._send(method, path, **content), type=kind)

    async def _send(self, method: str, path: str, **content: Any) -> bytes:
        return await send(self._http, method, path, headers=await self._session.authorisation(), **content)
