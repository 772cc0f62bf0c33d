"""Knowledge's ports in memory. `MemoryLibrary` is held to the same contract as PostgreSQL's two adapters."""

import asyncio
import itertools
import math
import struct
from collections.abc import Iterator, Sequence

import msgspec

from services.retriever.domain.chunking import Chunk, Word
from services.retriever.domain.words import WORTH, Asked, words
from services.retriever.ports import Begun, Found, Vector
from shared.errors import Conflict, InvalidRequest, NotFound, Unavailable
from shared.messages import Document, DocumentFailed, DocumentIngested, Documents, IngestJob, Passage


class MemoryLibrary:
    """`Catalog` and `Intake`. Set `away` for an outage."""

    def __init__(self) -> None:
        self.away = False
        self.reports: list[tuple[int, int]] = []
        self._documents: dict[str, tuple[str, Document]] = {}
        self._attempts: dict[str, int] = {}
        self._passages: dict[str, list[tuple[Passage, Vector]]] = {}

    async def register(self, job: IngestJob, created_at: float) -> Document:
        self._require()
        new = Document(
            id=job.document,
            title=job.title,
            media_type=job.media_type,
            size=job.size,
            status="queued",
            created_at=created_at,
        )
        user, document = self._documents.setdefault(job.document, (job.user, new))
        if user != job.user:
            raise Conflict("There is a document with this id already.")
        return document

    async def list(self, user: str, limit: int, cursor: str) -> Documents:
        self._require()
        if cursor and "/" not in cursor:
            raise InvalidRequest("This cursor is none of ours.", param="cursor")
        mine = [document for owner, document in self._documents.values() if owner == user]
        mine.sort(key=lambda document: (document.created_at, document.id), reverse=True)
        if cursor:
            at, _, id = cursor.partition("/")
            mine = [d for d in mine if (d.created_at, d.id) < (float(at), id)]
        page = mine[:limit]
        return Documents(tuple(page), f"{page[-1].created_at!r}/{page[-1].id}" if len(mine) > limit else "")

    async def get(self, user: str, document: str) -> Document:
        self._require()
        owner, found = self._documents.get(document, ("", None))
        if found is None or owner != user:
            raise NotFound("There is no such document.")
        return found

    async def passages(self, user: str, document: str, first: int, last: int) -> Sequence[Passage]:
        self._require()
        if self._documents.get(document, ("", None))[0] != user:
            return []
        pairs = self._passages.get(document, [])
        return [passage for passage, _ in pairs if first <= passage.number <= last]

    async def delete(self, user: str, document: str) -> None:
        await self.get(user, document)
        del self._documents[document]
        self._passages.pop(document, None)

    async def search(self, user: str, vector: Vector, asked: Sequence[Asked], depth: int) -> Found:
        self._require()
        mine = [
            pair for id, pairs in self._passages.items() if self._documents[id][0] == user for pair in pairs
        ]
        near = [scored(passage, dot(vector, its)) for passage, its in mine]
        shares = zip(mine, word_shares([set(words(it.text)) for it, _ in mine], asked), strict=True)
        worded = [scored(passage, share) for (passage, _), share in shares if share >= WORTH]
        return Found(best(near, depth), best(worded, depth))

    async def begin(self, job: IngestJob) -> Begun | None:
        self._require()
        if self._documents.get(job.document, ("", None))[0] != job.user:
            return None
        if self._change(job.document, status="processing", done=0, passages=0):
            self._attempts[job.document] = self._attempts.get(job.document, 0) + 1
        return Begun(self._documents[job.document][1], self._attempts.get(job.document, 0))

    async def report(self, document: str, done: int, passages: int) -> bool:
        self._require()
        self.reports.append((done, passages))
        return self._change(document, done=done, passages=passages)

    async def finish(self, document: str, chunks: Sequence[Chunk], vectors: Sequence[Vector]) -> bool:
        self._require()
        if not self._change(document, status="ready", done=len(chunks), passages=len(chunks)):
            return False
        title = self._documents[document][1].title
        self._passages[document] = [
            (Passage(document, title, number, chunk.text, chunk.start, chunk.end), vector)
            for number, chunk, vector in zip(itertools.count(1), chunks, vectors, strict=False)
        ]
        return True

    async def fail(self, document: str, reason: str) -> bool:
        self._require()
        return self._change(document, status="failed", error=reason)

    async def postpone(self, document: str) -> None:
        self._require()
        if self._change(document, status="queued", done=0):
            self._attempts[document] -= 1

    def _change(self, id: str, **changes: object) -> bool:
        user, document = self._documents.get(id, ("", None))
        if document is None or document.status in ("ready", "failed"):
            return False
        self._documents[id] = (user, msgspec.structs.replace(document, **changes))
        return True

    def _require(self) -> None:
        if self.away:
            raise Unavailable("The database does not answer.")


class MemoryOriginals:
    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    async def get(self, name: str) -> bytes:
        if name not in self.values:
            raise NotFound("The store has no such entry.")
        return self.values[name]

    async def delete(self, name: str) -> None:
        self.values.pop(name, None)


class MemoryNews:
    def __init__(self) -> None:
        self.told: list[DocumentIngested | DocumentFailed] = []

    async def tell(self, event: DocumentIngested | DocumentFailed) -> None:
        self.told.append(event)


class LetterEmbedder:
    """Vectors that count letters: texts with the same letters are near.

    `errors` are raised first, one a call. While `gate` is clear, calls wait.
    """

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.errors: list[Exception] = []
        self.blocks: list[int] = []

    async def query(self, text: str) -> Vector:
        (vector,) = await self.embed([text])
        return vector

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        if self.errors:
            raise self.errors.pop(0)
        self.blocks.append(len(texts))
        await asyncio.sleep(0)
        await self.gate.wait()
        return [letters(text) for text in texts]


class SpaceTokenizer:
    """A token a word between spaces."""

    def words(self, text: str) -> Iterator[Word]:
        end = 0
        for word in text.split():
            start = text.index(word, end)
            end = start + len(word)
            yield Word(start, end, 1)


def scored(passage: Passage, score: float) -> Passage:
    return msgspec.structs.replace(passage, score=score)


def best(passages: list[Passage], depth: int) -> list[Passage]:
    return sorted(passages, key=lambda it: (-it.score, it.document, it.number))[:depth]


def word_shares(owned: Sequence[set[str]], asked: Sequence[Asked]) -> list[float]:
    """What `adapters.postgres.search` computes in SQL."""
    holders = {it.word: sum(it.word in own for own in owned) for it in asked}
    weights = {word: math.log(1 + (len(owned) - n + 0.5) / (n + 0.5)) for word, n in holders.items()}
    shares: list[float] = []
    for own in owned:
        has = sum(weights[it.word] for it in asked if it.word in own)
        lacks = sum(weights[it.word] * it.missing for it in asked if it.word not in own)
        shares.append(has / (has + lacks) if has else 0.0)
    return shares


def letters(text: str) -> Vector:
    counts = [float(text.lower().count(chr(97 + n % 26))) if n < 26 else 0.0 for n in range(384)]
    length = sum(count * count for count in counts) ** 0.5 or 1.0
    return struct.pack("<384f", *(count / length for count in counts))


def dot(left: Vector, right: Vector) -> float:
    one, other = struct.unpack("<384f", left), struct.unpack("<384f", right)
    return sum(a * b for a, b in zip(one, other, strict=True))
