"""Words and sentences of English and Chinese, without a tokenizer."""

import re
from collections.abc import Iterator

_WORD = re.compile(r"[a-z0-9_]+(?:['’-][a-z0-9_]+)*", re.IGNORECASE)
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_SENTENCE_END = re.compile(r"(?<=[。！？；])|(?<=[.!?])[\"'”’)\]]*\s+|\n\s*\n")
_CODE = re.compile(r"^[ \t]*```.*?(?:^[ \t]*```|\Z)", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^[ \t]*#{1,6}\s.*$", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*(?:[-*+>]|\d+[.)])\s+", re.MULTILINE)

_EMPTY = (
    "a about an and are as at be been but by can could did do does for from had has have how i if in into is it its "
    "may me my no not of on or our shall should so some such than that the their them then there these they this to "
    "us was we were what when where which who whom whose why will with would you your"
)
_EMPTY_HAN = "什么 怎么 怎样 如何 为什 多少 哪些 哪个 是否 可以 请问 我们 你们 他们 一个 这个 那个"
STOP_WORDS = frozenset(_EMPTY.split())
STOP_BIGRAMS = frozenset(_EMPTY_HAN.split())


def is_chinese(text: str) -> bool:
    return _HAN.search(text) is not None


def count(text: str) -> int:
    """Roughly its tokens: words, and each Chinese character."""
    return len(_WORD.findall(text)) + sum(len(run) for run in _HAN.findall(text))


def terms(text: str) -> set[str]:
    """What a text is about: its words in lower case without the empty ones, and each two Chinese characters."""
    words = {_stem(word) for word in _WORD.findall(text.lower()) if word not in STOP_WORDS}
    return words | (set(_bigrams(text)) - STOP_BIGRAMS)


def sentences(text: str) -> list[str]:
    """In order, each on one line. An item of a list is one at least; headings and code say nothing by themselves."""
    prose = _ITEM.sub("\n\n", _HEADING.sub("\n\n", _CODE.sub("\n\n", text)))
    found = (" ".join(piece.split()) for piece in _SENTENCE_END.split(prose))
    return [sentence for sentence in found if sentence]


def _bigrams(text: str) -> Iterator[str]:
    for run in _HAN.findall(text):
        if len(run) == 1:
            yield run
        for start in range(len(run) - 1):
            yield run[start : start + 2]


def _stem(word: str) -> str:
    """Enough to let `pumps` meet `pump`, and `valves` meet `valve`."""
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word
