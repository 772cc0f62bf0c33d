"""The words by which a message of the history is found, without a dictionary.

Scripts with spaces give their words in lower case, joined ones (`ERR-4012`) their parts. Chinese, Japanese and Korean
give each two neighbouring characters, and the last one of a run: nothing says where their words end. A word of a
question finds those that begin with it.

What is stored was made by these rules: whoever changes them brings a migration that makes it anew.
"""

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterator

import msgspec

LONGEST_WORD = 64
"""Characters; of a longer word its beginning."""
SEARCHED_CHARACTERS = 200_000
"""Of a text; what lies behind them is not found."""
LEXEME_BYTES = 500_000
"""Of one text's: PostgreSQL refuses a tsvector of a megabyte."""
MOST_ASKED = 16
"""Words of a question: each is a look into the index."""

WIDE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
PIECE = re.compile(rf"[{WIDE}]+|(?:(?![{WIDE}])[^\W_])+")
STARTS_WIDE = re.compile(f"[{WIDE}]")


class Sought(msgspec.Struct, frozen=True):
    """What to look for: `pieces` as they stand in a text, `lexemes` as the index has them."""

    pieces: tuple[str, ...]
    lexemes: tuple[str, ...]

    @property
    def runs(self) -> tuple[str, ...]:
        """Pieces of several characters without spaces: their pairs could lie apart."""
        return tuple(piece for piece in self.pieces if STARTS_WIDE.match(piece) and len(piece) > 2)


def lexemes(user: str, text: str) -> list[str]:
    """A user's own: other users' words are never looked at, however many begin alike."""
    tag, found, size = _tag(user), dict[str, None](), 0
    for word in _words(text[:SEARCHED_CHARACTERS]):
        if word in found:
            continue
        size += len(word.encode()) + len(tag)
        if size > LEXEME_BYTES:
            break
        found[word] = None
    return [tag + word for word in found]


def sought(user: str, query: str) -> Sought:
    """Empty where the query holds no word."""
    pieces = tuple(dict.fromkeys(PIECE.findall(_plain(query))))[:MOST_ASKED]
    tag = _tag(user)
    asked = dict.fromkeys(word for piece in pieces for word in _asked(piece))
    return Sought(pieces, tuple(tag + word for word in asked))


def _words(text: str) -> Iterator[str]:
    for piece in PIECE.findall(_plain(text)):
        if STARTS_WIDE.match(piece):
            yield from (piece[start : start + 2] for start in range(len(piece)))
        else:
            yield piece[:LONGEST_WORD]


def _asked(piece: str) -> Iterator[str]:
    if len(piece) > 1 and STARTS_WIDE.match(piece):
        yield from (piece[start : start + 2] for start in range(len(piece) - 1))
    else:
        yield piece[:LONGEST_WORD]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _tag(user: str) -> str:
    """Four characters: where two users share them, the search tells them apart all the same."""
    return base64.b64encode(hashlib.blake2s(user.encode(), digest_size=3).digest()).decode()
