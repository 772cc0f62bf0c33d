"""Reciprocal rank fusion: places count, scores decide between equals."""

from collections.abc import Sequence

from services.retriever.domain.fusion import fuse
from shared.messages import Passage


def ranking(*entries: tuple[str, float]) -> Sequence[Passage]:
    return [
        Passage(document=name, title=name, number=1, text=name, start=0, end=1, score=s)
        for name, s in entries
    ]


def order(*rankings: Sequence[Passage]) -> list[str]:
    return [passage.document for passage in fuse(*rankings)]


def test_what_stands_in_both_comes_before_what_is_first_in_one():
    assert order(ranking(("a", 0.9), ("b", 0.8)), ranking(("c", 1.0), ("b", 0.4))) == ["b", "c", "a"]


def test_a_score_changes_no_place():
    near = ranking(("a", 0.5), ("b", 0.49), ("c", 0.48))
    assert order(near, ranking(("c", 0.99), ("a", 0.4))) == ["a", "c", "b"]


def test_of_two_that_swap_places_the_better_score_is_first():
    assert order(ranking(("a", 0.7), ("b", 0.6)), ranking(("b", 0.8), ("a", 0.5))) == ["b", "a"]
    assert order(ranking(("a", 0.9), ("b", 0.6)), ranking(("b", 0.8), ("a", 0.5))) == ["a", "b"]


def test_each_passage_is_there_once_with_its_best_score():
    near = ranking(("a", 0.2), ("b", 0.1))
    assert [(it.document, it.score) for it in fuse(near, ranking(("a", 0.6)))] == [("a", 0.6), ("b", 0.1)]
    assert [it.score for it in fuse(ranking(("a", 0.6)), ranking(("a", 0.2)))] == [0.6]


def test_passages_of_one_document_are_not_one():
    one = Passage(document="a", title="", number=1, text="", start=0, end=0)
    other = Passage(document="a", title="", number=2, text="", start=0, end=0)
    assert fuse([one], [other]) == [one, other]


def test_one_ranking_stays_as_it_is():
    near = ranking(("a", 0.3), ("b", 0.2), ("c", 0.1))
    assert fuse(near, []) == near
    assert fuse([], []) == fuse() == []
