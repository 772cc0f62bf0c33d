"""The words by which passages are found, and what is left of a question."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.retriever.domain.words import LONGEST_WORD, MOST_ASKED, SEAM, Asked, asked, words


def of(question: str) -> list[str]:
    return [it.word for it in asked(question)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Pumps are red.", ["the", "pump", "are", "red"]),
        ("ERR-4012:", ["err-4012", "err", "4012"]),
        ("max_num_seqs=256", ["max_num_seq", "max", "num", "seq", "256"]),
        ("P-7 at 0.8 bar", ["p-7", "at", "0.8", "bar"]),
        ("v2.4.1, 10.0.3.17", ["v2.4.1", "v2", "10.0.3.17", "10", "17"]),
        ("O'Brien's class", ["o", "brien", "s", "class"]),
        ("ＡＢＣ１２ Straße", ["abc12", "strasse"]),
        ("水泵P-7每九十天", ["水泵", "p-7", "每九", "九十", "十天"]),
        ("东京都。大阪", ["东京", "京都", "大阪"]),
        ("한국어 テスト", ["한국", "국어", "テス", "スト"]),
        ("水 ，。 - _ ' \x00 \ud800", ["_"]),
    ],
)
def test_words_of_a_text(text: str, expected: list[str]):
    assert list(words(text)) == expected


def test_what_is_too_long_is_found_by_its_parts():
    assert list(words("https://example.org/" + "x" * 80 + "/readme")) == [
        "http",
        "example",
        "org",
        "readme",
    ]


def test_a_question_keeps_what_it_is_about_once():
    assert of("What does the pump P-7 do, and do the pumps leak?") == ["pump", "p-7", "leak"]
    assert of("请问会议室的密码是什么？") == ["会议", "议室", "密码"]
    assert of("What's O'Brien's number? I don't know.") == ["o", "brien", "number", "know"]
    assert of("Who is it?") == of("这个是什么呢？") == of("") == []


def test_a_pair_that_is_missing_counts_half():
    assert asked("密码 FP-20") == (
        Asked("密码", SEAM),
        Asked("fp-20", 1.0),
        Asked("fp", 1.0),
        Asked("20", 1.0),
    )


def test_a_question_has_a_bounded_number_of_words():
    assert len(asked(" ".join(f"word{n}" for n in range(500)))) == MOST_ASKED


@given(st.text(max_size=300))
def test_every_word_of_a_question_is_a_word_of_a_text_that_repeats_it(text: str):
    held = set(words(text))
    assert all(0 < len(word) <= LONGEST_WORD and "\x00" not in word and not word.isspace() for word in held)
    if text.isascii():
        assert set(of(text)) <= held


@pytest.mark.parametrize(
    "text", ["a-" * 100_000, "x" * 200_000, "'" * 200_000, "a.b" * 70_000, "水" * 200_000]
)
def test_no_text_takes_long(text: str):
    began = time.perf_counter()
    assert sum(1 for _ in words(text)) < len(text)
    assert time.perf_counter() - began < 2
