"""The words of the history, and the line that a search shows."""

import pytest

from services.edge.domain.snippets import snippet_of
from services.edge.domain.words import LEXEME_BYTES, MOST_ASKED, lexemes, sought


def found(text: str, query: str) -> bool:
    """What the index does with them."""
    asked, stored = sought("ada", query), lexemes("ada", text)
    return bool(asked.lexemes) and all(
        any(word.startswith(start) for word in stored) for start in asked.lexemes
    )


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("The Quarterly report", "quart"),
        ("The Quarterly report", "REPORT the"),
        ("Error ERR-4012 in max_num_seqs", "err-40"),
        ("Error ERR-4012 in max_num_seqs", "seqs"),
        ("第三季度报告已经完成", "季度报告"),
        ("第三季度报告已经完成", "报"),
        ("第三季度报告已经完成", "成"),
        ("用 Python 写的报告", "python 报告"),
        ("ＦＵＬＬ width", "full"),
        ("Größe ÉCOLE", "größe école"),
        ("東京タワー 서울", "タワー 서울"),
    ],
)
def test_found(text: str, query: str) -> None:
    assert found(text, query)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("The Quarterly report", "arter"),
        ("The Quarterly report", "quarterly budget"),
        ("第三季度报告", "年度"),
        ("anything", "?!"),
        ("anything", ""),
    ],
)
def test_not_found(text: str, query: str) -> None:
    assert not found(text, query)


def test_words_belong_to_their_user() -> None:
    assert not set(lexemes("ada", "secret plan")) & set(lexemes("eve", "secret plan"))


def test_what_one_text_and_one_query_may_take_is_bounded() -> None:
    many = " ".join(f"{n:x}" * 9 for n in range(60_000))
    assert sum(len(word.encode()) for word in lexemes("ada", many)) <= LEXEME_BYTES
    assert len(max(lexemes("ada", "x" * 10_000), key=len)) < 100
    assert len(sought("ada", many).pieces) == MOST_ASKED


@pytest.mark.parametrize(
    ("text", "query", "words"),
    [
        ("Who is on call tonight?", "call", ["call"]),
        ("recall Call calls", "call", ["Call", "call"]),
        ("第三季度报告", "季度", ["季度"]),
        ("pump\n\n\tand pump house", "pump house", ["pump", "pump", "house"]),
        ("ＦＵＬＬ", "full", []),
    ],
)
def test_the_words_are_marked_in_the_line(text: str, query: str, words: list[str]) -> None:
    line, ranges = snippet_of(text, sought("ada", query))
    assert [line[start:end] for start, end in ranges] == words
    assert "\n" not in line


def test_the_line_shows_the_place_and_that_it_was_cut() -> None:
    text = "filler words " * 500 + "the needle is here " + "more filler " * 500
    line, ranges = snippet_of(text, sought("ada", "needle"))
    ((start, end),) = ranges
    assert line[start:end] == "needle"
    assert line.startswith("…")
    assert line.endswith("…")
    assert len(line) <= 162
    assert snippet_of("文" * 300 + "针" + "文" * 300, sought("ada", "针"))[1]
