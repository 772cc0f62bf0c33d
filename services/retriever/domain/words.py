"""The words by which a passage is found, without a dictionary.

Scripts with spaces give their words in lower case: a joined one (`ERR-4012`, `max_num_seqs`, `10.0.3.17`) as it
stands and in its parts. Chinese, Japanese and Korean give each two neighbouring characters, since nothing says where
their words end; most Chinese words have two.

What is stored was made by these rules: whoever changes them brings a migration that makes it anew.
"""

import re
import unicodedata
from collections.abc import Iterator

import msgspec

LONGEST_WORD = 64
"""Characters. What is longer is found by its parts."""
MOST_ASKED = 32
"""Words of a question: each is a look into the index."""
SEAM = 0.5
"""What a pair counts for that a passage lacks: about half of a question's pairs lie across two words."""
WORTH = 0.35
"""The share of a question's words from which on a passage that holds them is found by them. With less, what shares an
everyday word came first; with 0.5, most long questions found nothing (docs/decisions.md)."""
COMMON_PASSAGES = 10_000
"""A word that more of a user's passages hold tells them no more apart than an empty one."""

WIDE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
NARROW = rf"(?:(?![{WIDE}])\w)+"
PIECE = re.compile(rf"[{WIDE}]+|{NARROW}(?:[-./:@]{NARROW})*")
PART = re.compile(r"[^\W_]+")
STARTS_WIDE = re.compile(f"[{WIDE}]")

NO_TOPIC = (
    "a about all also am an and any are as at be been but by can could did do does for from get had has have how i if "
    "in into is it its many may me much must my no not of on or our shall should so some such tell than that the their "
    "them then there these they this to us was we were what when where which who whom whose why will with would you "
    "your "
    "d didn doesn don isn ll m re s t ve wasn"  # of I'd, didn't, we'll and their like
)
EMPTY = frozenset(NO_TOPIC.split())
"""Words that say nothing on what a question is about."""
EMPTY_WIDE = re.compile(
    "请问|什么时候|什么|怎么样|怎么办|怎么|怎样|如何|为什么|为何|多少|多久|哪里|哪儿|哪些|哪个|是否|是不是|有没有|可以|能不能|应该|应当|需要|"
    "我们|你们|他们|一个|这个|那个|[的了吗呢吧啊是谁几哪我你他她它]"
)
"""The same in Chinese, longest first. With their neighbours they would make pairs of no meaning; so would many more
single characters, but those are in words, too (会议, 请假, 用户)."""


class Asked(msgspec.Struct, frozen=True):
    """A word of a question."""

    word: str
    missing: float
    """Its part in what a passage without it lacks."""


def words(text: str) -> Iterator[str]:
    """A text's, in order and with repeats."""
    return map(singular, found(text))


def asked(question: str) -> tuple[Asked, ...]:
    """What a question is about, each word once, at most `MOST_ASKED`."""
    spaced = EMPTY_WIDE.sub(" ", unicodedata.normalize("NFKC", question))
    kept = dict.fromkeys(singular(word) for word in found(spaced) if word not in EMPTY)
    return tuple(Asked(word, SEAM if STARTS_WIDE.match(word) else 1.0) for word in kept)[:MOST_ASKED]


def found(text: str) -> Iterator[str]:
    for piece in PIECE.findall(unicodedata.normalize("NFKC", text).casefold()):
        yield from pairs(piece) if STARTS_WIDE.match(piece) else joined(piece)


def pairs(run: str) -> Iterator[str]:
    """None of a character by itself."""
    return (run[start : start + 2] for start in range(len(run) - 1))


def joined(piece: str) -> Iterator[str]:
    """A part of one character says nothing apart from the whole."""
    parts = PART.findall(piece)
    if len(piece) <= LONGEST_WORD:
        yield piece
    if parts != [piece]:
        yield from (part for part in parts if 1 < len(part) <= LONGEST_WORD)


def singular(word: str) -> str:
    """Enough to let `pumps` meet `pump`; what is no plural loses its `s` on both sides."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
