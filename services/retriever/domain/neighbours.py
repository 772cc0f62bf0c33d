"""A passage with what its document says right before and after it."""

from collections.abc import Iterable

from shared.errors import NotFound
from shared.messages import Passage, PassageReply


def beside(number: int, found: Iterable[Passage]) -> PassageReply:
    """`found`: the passage and its neighbours, as many as there are. Raises `NotFound`."""
    by_number = {passage.number: passage for passage in found}
    passage = by_number.get(number)
    if passage is None:
        raise NotFound("There is no such passage.")
    before, after = by_number.get(number - 1), by_number.get(number + 1)
    return PassageReply(
        passage,
        "" if before is None else before.text[: max(0, passage.start - before.start)] + _gap(before, passage),
        "" if after is None else _gap(passage, after) + after.text[max(0, passage.end - after.start) :],
    )


def _gap(left: Passage, right: Passage) -> str:
    """Passages overlap, or leave out the white space between them: a paragraph's end, or one character."""
    between = right.start - left.end
    return "\n\n" if between > 1 else " " * max(0, between)
