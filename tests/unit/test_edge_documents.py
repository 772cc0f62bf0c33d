"""Which uploads are documents, and what becomes of one that cannot be handed over."""

from typing import Any

import pytest

from services.edge.domain.documents import media_type_of, require_text, title_of
from services.edge.domain.identity import Principal
from services.edge.usecases.documents import Library
from shared.errors import NotFound, SluiceError, TooLarge, Unavailable, Unprocessable
from shared.messages import Document, Documents, IngestJob, Passage, PassageReply
from tests.fakes.chat import AuditLog

ADA = Principal("a" * 32, "ada", "user", "t1", 0.0, 4e9)


@pytest.mark.parametrize(
    "data", [b"", b"  \n\t ", b"\xff\xfe\x00", b"caf\xe9", b"PK\x03\x04", b"a\0b", "\ufeff".encode()]
)
def test_what_is_no_text(data: bytes) -> None:
    with pytest.raises(Unprocessable):
        require_text(data, 100)


@pytest.mark.parametrize(
    "data", ["夜班的时候找谁？".encode(), b"a\r\n\tb\f", "\ufeffBOM".encode(), b"x" * 100]
)
def test_what_is_text(data: bytes) -> None:
    require_text(data, 100)


def test_too_large() -> None:
    with pytest.raises(TooLarge):
        require_text(b"x" * 101, 100)


@pytest.mark.parametrize(
    ("filename", "title"),
    [
        ("notes.md", "notes.md"),
        ("C:\\Users\\ada\\notes.md", "notes.md"),
        ("../../etc/notes.txt", "notes.txt"),
        ("a\0\nb.txt", "ab.txt"),
        ("x" * 500 + ".txt", "x" * 252 + ".txt"),
        ("值班 表.md", "值班 表.md"),
    ],
)
def test_titles(filename: str, title: str) -> None:
    assert title_of(filename) == title


def test_endings() -> None:
    assert media_type_of("A.TXT") == "text/plain"
    assert media_type_of("a.md") == "text/markdown"
    for other in ("a.pdf", "a", "", "a.txt.exe"):
        with pytest.raises(Unprocessable):
            media_type_of(other)


class Shelf:
    """The port in memory; `refusal` is raised when a document is handed over, `lost` when one is deleted."""

    def __init__(self) -> None:
        self.documents: dict[str, IngestJob] = {}
        self.refusal: SluiceError | None = None
        self.lost: SluiceError | None = None

    async def search(self, user: str, query: str, limit: int, min_score: float) -> tuple[Passage, ...]:
        return ()

    async def register(self, job: IngestJob, created_at: float) -> Document:
        self.documents[job.document] = job
        return Document(job.document, job.title, job.media_type, job.size, "queued", created_at)

    async def list(self, user: str, limit: int, cursor: str) -> Documents:
        return Documents(())

    async def get(self, user: str, document: str) -> Any:
        return self.documents[document]

    async def passage(self, user: str, document: str, number: int) -> PassageReply:
        return PassageReply(Passage(document, "notes.md", number, "text", 0, 4))

    async def delete(self, user: str, document: str) -> None:
        if self.lost is not None:
            raise self.lost
        del self.documents[document]

    async def submit(self, job: IngestJob, data: bytes) -> None:
        if self.refusal is not None:
            raise self.refusal


async def test_a_number_that_no_passage_can_have_is_not_asked_for() -> None:
    library = Library(Shelf(), AuditLog(), max_bytes=100)
    assert (await library.passage(ADA, "d1", 7)).passage.number == 7
    for number in (-1, 2**31, 10**30):
        with pytest.raises(NotFound):
            await library.passage(ADA, "d1", number)


async def test_an_upload_that_cannot_be_handed_over_is_withdrawn() -> None:
    shelf, audit = Shelf(), AuditLog()
    library = Library(shelf, audit, max_bytes=100)
    document = await library.add(ADA, "notes.md", b"text")
    assert document.status == "queued"
    shelf.refusal = Unavailable("NATS is away.")
    with pytest.raises(Unavailable, match="NATS is away"):
        await library.add(ADA, "more.md", b"text")
    assert list(shelf.documents) == [document.id]
    shelf.lost = Unavailable("The retriever is away.")
    with pytest.raises(Unavailable, match="NATS is away"):
        await library.add(ADA, "more.md", b"text")
    assert [record[0] for record in audit.records] == ["document.add"]
