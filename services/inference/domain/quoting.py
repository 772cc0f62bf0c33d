"""An answer made of sentences that stand in the passages, for a machine without a language model."""

import math
from typing import NamedTuple

from services.inference.domain.words import is_chinese, sentences, terms
from shared.messages import Passage

MAX_SENTENCES = 4
WORTH = 0.34
"""A sentence that covers less than this share of the best one's score is left out."""

NOTE_EN = "(Quoted from your documents word for word; no language model is running here.)"
NOTE_ZH = "（以上为文档原句摘录；此处没有运行语言模型。）"
NOTHING_EN = (
    "I am not a language model: I can only quote your documents, and found nothing in them for this question. "
    "Add a document that answers it, or start a language model with `make run ENGINE=vllm MODEL=<path or id>`."
)
NOTHING_ZH = (
    "我不是语言模型，只能摘录您的文档，而其中没有找到与这个问题有关的内容。"
    "请添加包含答案的文档，或用 `make run ENGINE=vllm MODEL=<路径或名称>` 启动语言模型。"
)


class Quote(NamedTuple):
    passage: int
    """Counts from 1, as the client sees the sources."""
    place: int
    text: str
    score: float


def answer(question: str, passages: tuple[Passage, ...]) -> list[str]:
    """The answer in pieces, a sentence each; joined they are the whole text."""
    chinese = is_chinese(question)
    quotes = best_quotes(question, passages)
    if not quotes:
        return [NOTHING_ZH if chinese else NOTHING_EN]
    pieces = [f"{quote.text} [{quote.passage}]" for quote in quotes]
    return [pieces[0], *(f"\n\n{piece}" for piece in [*pieces[1:], NOTE_ZH if chinese else NOTE_EN])]


def best_quotes(question: str, passages: tuple[Passage, ...]) -> list[Quote]:
    """By the terms that they share with the question; a term that few sentences have counts for more."""
    asked = terms(question)
    candidates = _candidates(passages)
    if not candidates:
        return []
    owned = [terms(quote.text) for quote in candidates]
    weights = {
        term: math.log(1 + len(owned) / sum(term in own for own in owned)) for own in owned for term in own
    }
    scored = [
        quote._replace(score=_score(asked & own, own, weights))
        for quote, own in zip(candidates, owned, strict=True)
    ]
    ranked = sorted(scored, key=lambda quote: (-quote.score, quote.passage, quote.place))
    floor = ranked[0].score * WORTH
    chosen = [quote for quote in ranked[:MAX_SENTENCES] if quote.score > 0 and quote.score >= floor]
    return chosen or _unshared(question, candidates)


def _candidates(passages: tuple[Passage, ...]) -> list[Quote]:
    """Overlapping passages hold some sentences twice: the first one counts."""
    seen: set[str] = set()
    found: list[Quote] = []
    for number, passage in enumerate(passages, start=1):
        for place, text in enumerate(sentences(passage.text)):
            if text not in seen:
                seen.add(text)
                found.append(Quote(number, place, text, 0.0))
    return found


def _score(shared: set[str], own: set[str], weights: dict[str, float]) -> float:
    """Length counts a little, so that a long sentence does not win by holding everything."""
    return sum(weights[term] for term in shared) / (1 + math.log1p(len(own)) / 8)


def _unshared(question: str, candidates: list[Quote]) -> list[Quote]:
    """Retrieval knows meanings, we only words: where they differ, the nearest passage speaks for itself.

    Not in Chinese, of which the default embedding model knows few characters: what is nearest there is an accident.
    """
    return [] if is_chinese(question) else candidates[:1]
