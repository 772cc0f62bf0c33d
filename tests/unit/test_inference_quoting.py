"""The extractive engine's answers: which sentences, from where, and what is said when there are none."""

import pytest

from services.inference.domain import quoting, words
from shared.messages import Passage
from tests.passages import PASSAGES, QUESTIONS


def passage(text: str, number: int = 0) -> Passage:
    return Passage(document="d", title="t", number=number, text=text, start=0, end=len(text))


PUMP = passage(
    "The station was built in 1974. Pump P-7 is serviced every 90 days by the night shift. "
    "Its filter is changed at 0.8 bar. Visitors sign in at the gate."
)
OTHER = passage("Coffee is free. The canteen opens at seven. Ask the night shift for keys.")


def test_the_best_sentence_comes_first_with_its_source() -> None:
    pieces = quoting.answer("How often is pump P-7 serviced?", (OTHER, PUMP))
    assert pieces[0] == "Pump P-7 is serviced every 90 days by the night shift. [2]"
    assert pieces[-1].endswith(quoting.NOTE_EN)
    assert "Coffee" not in "".join(pieces)


def test_a_chinese_question_finds_a_chinese_sentence_and_is_answered_in_chinese() -> None:
    text = passage("本站建于1974年。七号水泵每九十天由夜班检修一次！访客在门口登记。")
    pieces = quoting.answer("七号水泵多久检修一次？", (OTHER, text))
    assert pieces[0] == "七号水泵每九十天由夜班检修一次！ [2]"
    assert pieces[-1].endswith(quoting.NOTE_ZH)


def test_no_passages_says_what_it_is_and_what_to_do() -> None:
    (english,) = quoting.answer("Who are you?", ())
    (chinese,) = quoting.answer("你是谁？", ())
    assert "not a language model" in english
    assert "make run ENGINE=vllm" in english
    assert "不是语言模型" in chinese


def test_without_a_common_word_the_nearest_passage_speaks() -> None:
    pieces = quoting.answer("maintenance interval", (PUMP,))
    assert pieces[0] == "The station was built in 1974. [1]"


def test_a_chinese_question_without_a_common_word_is_not_answered_by_accident() -> None:
    text = passage("本站建于1974年。访客在门口登记。")
    assert quoting.answer("法国的首都是哪里？", (text,)) == [quoting.NOTHING_ZH]


@pytest.mark.parametrize("kind", ["names, numbers, codes", "Chinese", "Chinese with a code"])
def test_of_many_passages_the_right_one_is_quoted_first(kind: str) -> None:
    passages = tuple(passage(text) for text in PASSAGES.values())
    titles = list(PASSAGES)
    wrong = [
        question
        for question, title in QUESTIONS[kind].items()
        if titles[quoting.best_quotes(question, passages)[0].passage - 1] != title
    ]
    assert wrong == []


def test_a_sentence_that_two_passages_share_is_quoted_once() -> None:
    pieces = quoting.answer("When is pump P-7 serviced?", (PUMP, PUMP))
    assert sum("90 days" in piece for piece in pieces) == 1


def test_at_most_four_sentences() -> None:
    many = passage(" ".join(f"The pump number {n} is red." for n in range(50)))
    assert len(quoting.best_quotes("Which pump is red?", (many,))) == quoting.MAX_SENTENCES


def test_sentences_of_markdown_lose_their_marks() -> None:
    assert words.sentences(
        "# Title\nIntroduction.\n- first item\n- second item\nstill second\n\n1. third"
    ) == [
        "Introduction.",
        "first item",
        "second item still second",
        "third",
    ]


def test_a_row_of_a_table_is_a_sentence_and_its_rules_are_none() -> None:
    table = "| engine | what |\n|---|---|\n| vllm | on a GPU |\n| simulated | no model |"
    assert words.sentences(table) == ["engine | what", "vllm | on a GPU", "simulated | no model"]


BEFORE, CODE, AFTER = "Install it first. It is small.", "make run  # the port. it is 8080.", "Then sign in."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{BEFORE}\n```sh\n{CODE}\n```\n{AFTER}", [BEFORE, AFTER]),
        (f"{BEFORE}\n~~~\n{CODE}\n~~~\n{AFTER}", [BEFORE, AFTER]),
        (f"{BEFORE}\n```\n{CODE}", [BEFORE]),
        (f"{BEFORE}\n  ```python\n{CODE}", [BEFORE]),
        (f"pip install sluice\n```\n{AFTER}", [AFTER]),
        (f"pip install sluice\n```\n{AFTER}\n```sh\n{CODE}", [AFTER]),
        (f"pip install sluice\n```\n{AFTER}\n```sh\n{CODE}\n```\n{BEFORE}", [AFTER, BEFORE]),
        ("print(1)\n```\n运行之后登录。", ["运行之后登录。"]),
        (f"Use ```make run``` here.\n{AFTER}", ["Use ```make run``` here.", AFTER]),
    ],
    ids=[
        "whole",
        "tildes",
        "open",
        "open, indented",
        "begins inside",
        "inside twice",
        "inside, whole",
        "Chinese",
        "inline",
    ],
)
def test_code_is_no_sentence_wherever_the_passage_was_cut(text: str, expected: list[str]) -> None:
    assert " ".join(words.sentences(text)) == " ".join(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("泵停了！！！请关阀门；再打电话。", ["泵停了！！！", "请关阀门；", "再打电话。"]),
        ("他说：“关阀门。”然后走了。", ["他说：“关阀门。”", "然后走了。"]),
        ("水泵每九十天\n检修一次。\n访客登记。", ["水泵每九十天检修一次。", "访客登记。"]),
        ("压力为0.8巴时停机。Call Bob. 然后等待？", ["压力为0.8巴时停机。", "Call Bob.", "然后等待？"]),
        ("# 水泵\n- 七号：九十天\n- 九号：一百天\n\n结束", ["七号：九十天", "九号：一百天", "结束"]),
    ],
)
def test_chinese_sentences(text: str, expected: list[str]) -> None:
    assert words.sentences(text) == expected


def test_a_number_with_a_point_is_no_end() -> None:
    assert words.sentences("At 0.8 bar it stops. Then call 3.14.") == [
        "At 0.8 bar it stops.",
        "Then call 3.14.",
    ]


def test_terms_leave_out_empty_words_and_plural() -> None:
    assert words.terms("What are the pumps of this station?") == {"pump", "station"}
    assert words.terms("水泵") == {"水泵"}
    assert words.terms("Größe der Überweisung") == {"größe", "der", "überweisung"}
    assert words.count("Где вокзал, 水泵?") == 4
