"""Cutting a text into chunks that the model reads whole.

A chunk ends at the best boundary in the second half of what would fit: a paragraph's end before a line's, before
a sentence's, before a clause's, before a word's. The next one starts a little earlier, at the best boundary
within the overlap, so that a sentence on the seam is whole in one of the two. Offsets are exact:
`text[chunk.start:chunk.end] == chunk.text`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum

import msgspec


class Word(msgspec.Struct, frozen=True):
    """The smallest piece that is never cut: the model makes the same tokens of it wherever it stands."""

    start: int
    end: int
    tokens: int


class Chunk(msgspec.Struct, frozen=True):
    text: str
    start: int
    end: int
    tokens: int


class ChunkRules(msgspec.Struct, frozen=True, kw_only=True):
    max_tokens: int = 254
    """What the model reads, less its special tokens."""
    overlap_tokens: int = 32
    max_characters: int = 2000
    """For text of which the model makes few tokens (blobs, long gaps): 50 passages must fit one message."""


class Boundary(IntEnum):
    INSIDE = 0
    WORD = 1
    CLAUSE = 2
    SENTENCE = 3
    LINE = 4
    PARAGRAPH = 5


CLOSING = "\"'”’)]}»」』）》】〕〉"
SENTENCE_END = re.compile(rf"[.!?…][{re.escape(CLOSING)}]*$")
WIDE_SENTENCE_END = re.compile(rf"[。！？；…][{re.escape(CLOSING)}]*$")
"""Chinese and Japanese set no space after it."""
CLAUSE_END = re.compile(r"[,;:]$")
WIDE_CLAUSE_END = re.compile(r"[，、：]$")
PARAGRAPH = re.compile(r"\n\s*\n")
LOOK_BACK = 8
"""Characters in which a sentence's end and the brackets that it closes are looked for."""


def boundary(text: str, left: Word, right: Word) -> Boundary:
    """What lies between two neighbouring words."""
    gap = text[left.end : right.start]
    if "\n" in gap:
        return Boundary.PARAGRAPH if PARAGRAPH.search(gap) else Boundary.LINE
    before = text[max(0, left.end - LOOK_BACK) : left.end]
    if not gap and text[right.start] in CLOSING:
        return Boundary.INSIDE
    if WIDE_SENTENCE_END.search(before) or (gap and SENTENCE_END.search(before)):
        return Boundary.SENTENCE
    if WIDE_CLAUSE_END.search(before) or (gap and CLAUSE_END.search(before)):
        return Boundary.CLAUSE
    return Boundary.WORD if gap else Boundary.INSIDE


def chunks(text: str, words: Iterable[Word], rules: ChunkRules) -> Iterator[Chunk]:
    """`words` are the text's, in order; none of them is over the rules by itself."""
    window: list[Word] = []
    tokens = 0
    carried = 0  # words at the window's start that the last chunk has, too
    for word in words:
        while window and not fits(window, tokens, word, rules):
            if carried == len(window):  # nothing new in it, and no room for this word: go on without overlap
                window, tokens, carried = [], 0, 0
                break
            cut = best_cut(text, [*window, word], carried)
            yield chunk_of(text, window[:cut])
            start = overlap_start(text, window[:cut], rules.overlap_tokens)
            window, carried = window[start:], cut - start
            tokens = tokens_of(window)
        window.append(word)
        tokens += word.tokens
    if window:
        yield chunk_of(text, window)


def fits(window: Sequence[Word], tokens: int, word: Word, rules: ChunkRules) -> bool:
    return tokens + word.tokens <= rules.max_tokens and word.end - window[0].start <= rules.max_characters


def best_cut(text: str, window: Sequence[Word], carried: int) -> int:
    """Before which word to cut: the best boundary in the second half, the last of equals."""
    candidates = range(max(carried + 1, len(window) // 2), len(window))
    return max(candidates, key=lambda cut: (boundary(text, window[cut - 1], window[cut]), cut))


def overlap_start(text: str, chunk: Sequence[Word], overlap_tokens: int) -> int:
    """From which word of `chunk` on the next one repeats it; its length if from none."""
    start, tokens = len(chunk), 0
    while start > 1 and tokens + chunk[start - 1].tokens <= overlap_tokens:
        start -= 1
        tokens += chunk[start].tokens
    candidates = range(start, len(chunk))
    return max(candidates, key=lambda at: (boundary(text, chunk[at - 1], chunk[at]), -at), default=len(chunk))


def tokens_of(words: Iterable[Word]) -> int:
    return sum(word.tokens for word in words)


def chunk_of(text: str, words: Sequence[Word]) -> Chunk:
    start, end = words[0].start, words[-1].end
    return Chunk(text[start:end], start, end, tokens_of(words))
