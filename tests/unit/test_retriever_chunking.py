"""Chunks: never over the model's window, nothing lost, offsets exact, cut where a reader would cut."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.retriever.adapters.tokenizer import BLOCK_CHARACTERS, ModelTokenizer
from services.retriever.domain.chunking import Boundary, Chunk, ChunkRules, Word, boundary, chunks
from tests.fakes.retriever import SpaceTokenizer

MODEL_WINDOW = 256


@pytest.fixture(scope="module")
def tokenizer() -> ModelTokenizer:
    return ModelTokenizer.load("")


def cut(
    text: str, tokenizer: ModelTokenizer | SpaceTokenizer, rules: ChunkRules | None = None
) -> list[Chunk]:
    return list(chunks(text, tokenizer.words(text), rules or ChunkRules()))


def spaced(text: str, max_tokens: int, overlap_tokens: int = 0) -> list[str]:
    rules = ChunkRules(max_tokens=max_tokens, overlap_tokens=overlap_tokens)
    return [chunk.text for chunk in cut(text, SpaceTokenizer(), rules)]


def check(text: str, tokenizer: ModelTokenizer, rules: ChunkRules) -> None:
    found = cut(text, tokenizer, rules)
    assert [chunk.text for chunk in found] == [text[chunk.start : chunk.end] for chunk in found]
    for chunk in found:
        assert tokenizer.count(chunk.text) <= rules.max_tokens + 2
    for one, other in itertools.pairwise(found):
        assert one.start < other.start
        assert one.end < other.end
    covered = {n for chunk in found for n in range(chunk.start, chunk.end)}
    lost = "".join(character for n, character in enumerate(text) if n not in covered)
    assert list(tokenizer.words(lost)) == []


ALPHABET = st.sampled_from(list("ab c.。，,\n漢字é한\u0301xyzXYZ-_'\"”😀\t 　0"))
RULES = st.builds(
    ChunkRules, max_tokens=st.sampled_from([110, 254]), overlap_tokens=st.sampled_from([0, 5, 32, 64])
)


@settings(max_examples=150, deadline=None)
@given(text=st.text(ALPHABET, max_size=2500), rules=RULES)
def test_any_text(tokenizer: ModelTokenizer, text: str, rules: ChunkRules):
    check(text, tokenizer, rules)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 40_000,
        "漢字foo" * 9_000,
        "한국어" * 4_000,
        "https://foo.bar/a-b_c?x=1&y=2 " * 800,
        " " * 30_000 + "a" + "\n" * 30_000 + "b",
        "The quick brown fox jumps over the lazy dog. " * 1500,
        "今天天气很好。我们去公园散步，看到了很多花！“真漂亮。”她说。" * 300,
    ],
    ids=["blob", "mixed scripts", "Hangul", "addresses", "gaps", "English", "Chinese"],
)
def test_long_texts(tokenizer: ModelTokenizer, text: str):
    check(text, tokenizer, ChunkRules())
    assert max(len(chunk.text) for chunk in cut(text, tokenizer)) <= ChunkRules().max_characters


def test_blocks_of_the_tokenizer_are_not_seen_in_its_words(tokenizer: ModelTokenizer):
    text = "wonderful " * (BLOCK_CHARACTERS // 10 * 2 + 5)
    words = list(tokenizer.words(text))
    assert {text[word.start : word.end] for word in words} == {"wonderful"}
    assert len(words) == BLOCK_CHARACTERS // 10 * 2 + 5


def test_a_cut_is_made_at_a_paragraph_before_a_sentence_before_a_word():
    assert spaced("a b c d. e f\n\ng h i j", 8) == ["a b c d. e f", "g h i j"]
    assert spaced("a b c d e f. g h i j", 8) == ["a b c d e f.", "g h i j"]
    assert spaced("a b c d e f g h i j", 8) == ["a b c d e f g h", "i j"]


def test_no_cut_in_the_first_half_of_what_fits():
    assert spaced("a b.\n\nc d e f g h i j", 8) == ["a b.\n\nc d e f g h", "i j"]


def test_the_overlap_begins_with_a_sentence():
    assert spaced("a b c. d e f g. h i j. k l m", 10, overlap_tokens=4) == [
        "a b c. d e f g. h i j.",
        "h i j. k l m",
    ]


def test_without_new_words_there_is_no_chunk():
    assert spaced("a b c d e f g h", 8, overlap_tokens=4) == ["a b c d e f g h"]


@pytest.mark.parametrize(
    ("left", "gap", "right", "expected"),
    [
        ("end.", "\n\n", "Next", Boundary.PARAGRAPH),
        ("item", "\n", "item", Boundary.LINE),
        ("end.", " ", "Next", Boundary.SENTENCE),
        ("“end.”", " ", "Next", Boundary.SENTENCE),
        ("好。", "", "我", Boundary.SENTENCE),
        ("好。", "", "”", Boundary.INSIDE),
        ("好。”", "", "我", Boundary.SENTENCE),
        ("好，", "", "我", Boundary.CLAUSE),
        ("so,", " ", "then", Boundary.CLAUSE),
        ("3.", "", "14", Boundary.INSIDE),
        ("one", " ", "two", Boundary.WORD),
        ("天", "", "气", Boundary.INSIDE),
    ],
)
def test_boundaries(left: str, gap: str, right: str, expected: Boundary):
    at = len(left) + len(gap)
    words = Word(0, len(left), 1), Word(at, at + len(right), 1)
    assert boundary(left + gap + right, *words) == expected


def test_what_the_model_cannot_see_makes_no_chunk(tokenizer: ModelTokenizer):
    for text in ("", " \n", "\u0301\u0301", "\u200b\x01"):
        assert cut(text, tokenizer) == []
