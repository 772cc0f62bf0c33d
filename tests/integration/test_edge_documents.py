"""Documents over HTTP. The retriever is a stand-in that speaks its messages on the real bus."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest

from services.edge.settings import MIB
from shared import subjects
from shared.broker import NatsBus, control_broker
from shared.errors import NotFound
from shared.messages import (
    DeleteDocument,
    Document,
    DocumentRequest,
    Documents,
    GetDocument,
    GetPassage,
    IngestJob,
    ListDocuments,
    Passage,
    PassageReply,
    RegisterDocument,
    SearchReply,
    SearchRequest,
)
from tests.edge import RunningEdge, add_user, running_edge


class StandInRetriever:
    """Keeps documents as the retriever does, and finds the query itself in every one of them."""

    def __init__(self) -> None:
        self.owners: dict[str, str] = {}
        self.documents: dict[str, Document] = {}

    async def documents_asked(self, request: DocumentRequest) -> Documents:
        match request:
            case RegisterDocument(job=job, created_at=at):
                self.owners[job.document] = job.user
                document = Document(job.document, job.title, job.media_type, job.size, "queued", at)
                self.documents[job.document] = document
                return Documents((document,))
            case ListDocuments(user=user, limit=limit):
                mine = [document for id, document in self.documents.items() if self.owners[id] == user]
                return Documents(tuple(mine[:limit]), "more" if len(mine) > limit else "")
            case GetDocument(user=user, document=id):
                return Documents((self._owned(user, id),))
            case DeleteDocument(user=user, document=id):
                self._owned(user, id)
                del self.documents[id]
                return Documents(())

    async def searched(self, request: SearchRequest) -> SearchReply:
        mine = [document for id, document in self.documents.items() if self.owners[id] == request.user]
        found = [Passage(one.id, one.title, 0, request.query, 0, len(request.query), 0.5) for one in mine]
        return SearchReply(tuple(found[: request.limit]))

    async def passage_asked(self, request: GetPassage) -> PassageReply:
        document = self._owned(request.user, request.document)
        if request.number != 1:
            raise NotFound("There is no such passage.")
        return PassageReply(
            Passage(document.id, document.title, 1, "On call: Ada.", 7, 20), "Before.", "After."
        )

    def _owned(self, user: str, document: str) -> Document:
        if self.owners.get(document) != user or document not in self.documents:
            raise NotFound("There is no such document.")
        return self.documents[document]


class Shelf(msgspec.Struct):
    edge: RunningEdge
    retriever: StandInRetriever
    bus: NatsBus
    headers: dict[str, str]

    async def upload(self, data: bytes, name: str = "notes.md", **options: object) -> httpx.Response:
        files = {"file": (name, data)}
        return await self.edge.http.post("/v1/documents", files=files, headers=self.headers)


@pytest.fixture
async def shelf(nats_url: str, database_url: str, tmp_path: Path) -> AsyncGenerator[Shelf]:
    await add_user(database_url, "ada")
    await add_user(database_url, "eve")
    retriever = StandInRetriever()
    async with running_edge(nats_url, database_url, tmp_path) as edge:
        broker = control_broker(nats_url, "retriever")
        broker.subscriber(subjects.DOCUMENTS, queue=subjects.RETRIEVERS)(retriever.documents_asked)
        broker.subscriber(subjects.SEARCH, queue=subjects.RETRIEVERS)(retriever.searched)
        broker.subscriber(subjects.PASSAGES, queue=subjects.RETRIEVERS)(retriever.passage_asked)
        await broker.start()
        bus = await NatsBus.connect(nats_url, "test")
        yield Shelf(edge, retriever, bus, await edge.sign_in())
        await bus.close()
        await broker.stop()


async def test_an_upload_reaches_the_store_and_the_queue(shelf: Shelf) -> None:
    answer = await shelf.upload("# 值班\nAda is on call.".encode(), "值班 notes.md")
    assert answer.status_code == 202, answer.text
    document = answer.json()
    assert (document["title"], document["status"]) == ("值班 notes.md", "queued")
    consumer = await shelf.bus.consume("INGEST", subjects.INGESTERS, subjects.INGEST, ack_wait_s=5)
    (delivery,) = await consumer.fetch(1, 2)
    job = msgspec.msgpack.decode(delivery.data, type=IngestJob)
    assert (job.document, job.media_type, job.size) == (document["id"], "text/markdown", document["size"])
    assert (
        await shelf.bus.blobs(subjects.DOCUMENTS_STORE).get(job.document)
        == "# 值班\nAda is on call.".encode()
    )


async def test_list_status_search_delete(shelf: Shelf) -> None:
    http, headers = shelf.edge.http, shelf.headers
    id = (await shelf.upload(b"text")).json()["id"]
    assert [one["id"] for one in (await http.get("/v1/documents", headers=headers)).json()["documents"]] == [
        id
    ]
    assert (await http.get(f"/v1/documents/{id}", headers=headers)).json()["status"] == "queued"
    found = await http.post("/v1/search", json={"query": "who?", "limit": 3}, headers=headers)
    assert found.json()["passages"][0] == {
        "document": id, "title": "notes.md", "number": 0, "text": "who?", "start": 0, "end": 4, "score": 0.5,
    }  # fmt: skip
    assert (await http.delete(f"/v1/documents/{id}", headers=headers)).status_code == 204
    assert (await http.get(f"/v1/documents/{id}", headers=headers)).status_code == 404


async def test_another_users_document_is_not_there(shelf: Shelf) -> None:
    id = (await shelf.upload(b"text")).json()["id"]
    eve = await shelf.edge.sign_in("eve")
    http = shelf.edge.http
    assert (await http.get(f"/v1/documents/{id}", headers=eve)).status_code == 404
    assert (await http.delete(f"/v1/documents/{id}", headers=eve)).status_code == 404
    assert (await http.get("/v1/documents", headers=eve)).json()["documents"] == []
    assert (await http.post("/v1/search", json={"query": "x"}, headers=eve)).json()["passages"] == []


async def test_a_passage_among_its_neighbours(shelf: Shelf) -> None:
    id = (await shelf.upload(b"text")).json()["id"]
    http, headers = shelf.edge.http, shelf.headers
    assert (await http.get(f"/v1/documents/{id}/passages/1", headers=headers)).json() == {
        "document": id, "title": "notes.md", "number": 1, "text": "On call: Ada.", "start": 7, "end": 20,
        "before": "Before.", "after": "After.",
    }  # fmt: skip
    eve = await shelf.edge.sign_in("eve")
    for path, who in (
        (f"{id}/passages/2", headers),
        (f"{id}/passages/1", eve),
        ("nothing/passages/1", headers),
        (f"{id}/passages/-1", headers),
        (f"{id}/passages/99999999999999999999", headers),
        (f"{id}/passages/one", headers),
    ):
        assert (await http.get(f"/v1/documents/{path}", headers=who)).status_code == 404, path


async def test_what_is_no_document(shelf: Shelf) -> None:
    for data, name in (
        (b"", "a.md"),
        (b"\xff\xfe", "a.md"),
        (b"a\0b", "a.txt"),
        (b"x", "a.pdf"),
    ):
        answer = await shelf.upload(data, name)
        assert (answer.status_code, answer.json()["param"]) == (422, "file"), (data, name)
    assert shelf.retriever.documents == {}


async def test_the_limit_is_exact(shelf: Shelf) -> None:
    assert (await shelf.upload(b"x" * (10 * MIB + 1))).status_code == 413
    assert (await shelf.upload(b"x" * 10 * MIB)).status_code == 202


async def test_a_body_far_over_the_limit_is_not_read(shelf: Shelf) -> None:
    """By its announced length, and also when it announces none."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\n\r\n'
        while sent < 300 * MIB:
            yield b"x" * MIB
            sent += MIB
            await asyncio.sleep(0)

    headers = shelf.headers | {"content-type": "multipart/form-data; boundary=b"}
    status = await _status(shelf, endless(), headers)
    assert status in (413, "cut off")
    assert sent < 100 * MIB
    sent = 0
    status = await _status(shelf, endless(), headers | {"content-length": str(300 * MIB)})
    assert status in (413, "cut off")
    assert sent < 100 * MIB
    assert (await shelf.upload(b"fine")).status_code == 202


async def _status(shelf: Shelf, body: AsyncIterator[bytes], headers: dict[str, str]) -> int | str:
    """A client that is still sending may learn of the refusal by a closed connection."""
    try:
        return (await shelf.edge.http.post("/v1/documents", content=body, headers=headers)).status_code
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        return "cut off"


MULTIPART = "multipart/form-data; boundary=b"


MALFORMED = (
    (MULTIPART, b""),
    (MULTIPART, b"--b--\r\n"),
    (MULTIPART, b"nonsense"),
    (MULTIPART, b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nno file\r\n--b--\r\n'),
    (MULTIPART, b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\n\xff\r\n--b--\r\n'),
    (
        MULTIPART,
        (
            b'--b\r\nContent-Disposition: form-data; name="o"\r\nContent-Type: text/plain; charset=x\r\n\r\n?\r\n'
            b"--b--\r\n"
        ),
    ),
    (MULTIPART, b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\n\r\ntext'),
    (MULTIPART, b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n' * 40 + b"--b--\r\n"),
    (
        MULTIPART,
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\n\r\n1\r\n' * 2
        + b"--b--\r\n",
    ),
    ("multipart/form-data", b"--b--\r\n"),
    ("multipart/form-data; boundary=", b"--b--\r\n"),
    ("multipart/form-data; boundary=" + "b" * 3000, b"--b--\r\n"),
    ("application/json", b'{"file": "text"}'),
    ("text/plain", b"text"),
    ("", b"text"),
)


async def test_malformed_uploads_are_the_clients_mistake(shelf: Shelf) -> None:
    for content_type, body in MALFORMED:
        headers = shelf.headers | {"content-type": content_type}
        answer = await shelf.edge.http.post("/v1/documents", content=body, headers=headers)
        assert answer.status_code == 400, (content_type, body, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_malformed_searches_name_their_field(shelf: Shelf) -> None:
    for body, param in (
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": "x" * 8193}, "query"),
        ({"query": "x", "limit": 0}, "limit"),
        ({"query": "x", "limit": 51}, "limit"),
        ({"query": "x", "limit": "lots"}, "limit"),
    ):
        answer = await shelf.edge.http.post("/v1/search", json=body, headers=shelf.headers)
        assert (answer.status_code, answer.json()["param"]) == (400, param), body


async def test_without_a_retriever_it_says_so_within_two_seconds(
    nats_url: str, database_url: str, tmp_path: Path
) -> None:
    await add_user(database_url)
    async with running_edge(nats_url, database_url, tmp_path) as edge:
        headers = await edge.sign_in()
        for request in (
            edge.http.get("/v1/documents", headers=headers),
            edge.http.post("/v1/documents", files={"file": ("a.md", b"text")}, headers=headers),
            edge.http.post("/v1/search", json={"query": "x"}, headers=headers),
            edge.http.get("/v1/documents/d1/passages/1", headers=headers),
        ):
            began = time.monotonic()
            answer = await request
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) >= 1
            assert time.monotonic() - began < 2
