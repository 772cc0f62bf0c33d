"""What stands around a passage, as its document has it."""

import pytest

from services.retriever.domain.neighbours import beside
from shared.errors import NotFound
from shared.messages import Passage

TEXT = "One two three.\n\nFour five six. Seven eight."


def passage(number: int, start: int, end: int) -> Passage:
    return Passage("d1", "Notes", number, TEXT[start:end], start, end)


FIRST, SECOND, THIRD = passage(1, 0, 14), passage(2, 16, 30), passage(3, 21, len(TEXT))


def test_before_and_after_go_on_where_the_passage_ends() -> None:
    """The second begins a paragraph, and the third overlaps it."""
    reply = beside(2, [FIRST, SECOND, THIRD])
    assert reply.before + reply.passage.text + reply.after == TEXT
    assert (reply.before, reply.after) == ("One two three.\n\n", " Seven eight.")
    assert beside(3, [SECOND, THIRD]).before == "Four "


def test_the_first_and_the_last_have_nothing_beyond() -> None:
    assert (beside(1, [FIRST, SECOND]).before, beside(3, [SECOND, THIRD]).after) == ("", "")


def test_neighbours_do_not_stand_in_for_it() -> None:
    for found in ([], [FIRST, THIRD]):
        with pytest.raises(NotFound):
            beside(2, found)
