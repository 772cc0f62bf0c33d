"""Words and sentences of English and Chinese, without a tokenizer."""

import re
from collections.abc import Iterator

_HAN_RANGE = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HAN = re.compile(f"[{_HAN_RANGE}]+")
_LETTERS = rf"(?:(?![{_HAN_RANGE}])\w)+"
_WORD = re.compile(rf"{_LETTERS}(?:['’-]{_LETTERS})*")
_LETTER = re.compile(r"\w")
_SENTENCE_END = re.compile(
    "(?<=[。！？；])(?![。！？；…”’」』）】])|(?<=[。！？；…][”’」』）】])"  # no space follows in Chinese
    r"|(?<=[.!?])[\"'”’)\]]*\s+|\n\s*\n"
)
_PROSE_END = re.compile(r"[。！？]|\w[.!?][\"'”’)\]]*(?=\s|\Z)")
_WRAPPED_HAN = re.compile(rf"(?<=[{_HAN_RANGE}，、：])\s+(?=[{_HAN_RANGE}])")
_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[ \t]*([^`\n]*)$", re.MULTILINE)
_HEADING = re.compile(r"^[ \t]*#{1,6}\s.*$", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*(?:(?:[-*+>]|\d+[.)])\s+|\|\s*)", re.MULTILINE)

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


def pieces(text: str) -> list[str]:
    """What `count` counts."""
    return [*_WORD.findall(text), *"".join(_HAN.findall(text))]


def terms(text: str) -> set[str]:
    """What a text is about: its words in lower case without the empty ones, and each two Chinese characters."""
    words = {_stem(word) for word in _WORD.findall(text.lower()) if word not in STOP_WORDS}
    return words | (set(_bigrams(text)) - STOP_BIGRAMS)


def sentences(text: str) -> list[str]:
    """In order, each on one line. An item of a list and a row of a table are one at least; headings and code say
    nothing by themselves."""
    prose = _ITEM.sub("\n\n", _HEADING.sub("\n\n", _without_code(text)))
    found = (
        " ".join(_WRAPPED_HAN.sub("", piece).split()).rstrip(" |") for piece in _SENTENCE_END.split(prose)
    )
    return [sentence for sentence in found if _LETTER.search(sentence)]


def _without_code(text: str) -> str:
    """A passage may begin within a code block whose opening fence is in the passage before."""
    pieces = _FENCE.split(text)  # what is between fences, and what each fence names: by turns
    blocks, languages = pieces[::2], [language.strip() for language in pieces[1::2]]
    return "\n\n".join(blocks[0 if _begins_outside(blocks, languages) else 1 :: 2])


def _begins_outside(blocks: list[str], languages: list[str]) -> bool:
    """Only an opening fence names a language. Where none does, an even number are pairs, and of an odd number
    prose is on the side with more ends of sentences."""
    for place, language in enumerate(languages):
        if language:
            return place % 2 == 0
    if len(languages) % 2 == 0:
        return True
    ends = [len(_PROSE_END.findall(block)) for block in blocks]
    return sum(ends[::2]) >= sum(ends[1::2])


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
