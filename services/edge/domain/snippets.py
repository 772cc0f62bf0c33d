"""The place in a text where what was looked for stands, as a line that a list can show."""

import re
from collections.abc import Sequence

from services.edge.domain.words import STARTS_WIDE, Sought

SNIPPET_CHARACTERS = 160
LEAD_CHARACTERS = 40
"""Of those, before the first place."""
SPACE = re.compile(r"\s+")

Ranges = tuple[tuple[int, int], ...]


def snippet_of(text: str, sought: Sought) -> tuple[str, Ranges]:
    """And where in it the words stand, in characters. None where a text writes them otherwise than it was asked, as
    full-width letters."""
    place = re.compile("|".join(_piece(piece) for piece in _longest_first(sought.pieces)), re.IGNORECASE)
    first = place.search(text)
    line = _line(text, first.start() if first else 0)
    return line, tuple(found.span() for found in place.finditer(line))


def _line(text: str, at: int) -> str:
    start = max(0, at - LEAD_CHARACTERS)
    if start > 0:
        gap = SPACE.search(text, start, at)
        start = gap.end() if gap else start
    end = start + SNIPPET_CHARACTERS
    shown = SPACE.sub(" ", text[start:end]).strip()
    return ("…" if start > 0 else "") + shown + ("…" if text[end:].strip() else "")


def _longest_first(pieces: Sequence[str]) -> list[str]:
    return sorted(pieces, key=len, reverse=True)


def _piece(piece: str) -> str:
    """Words are found by their beginnings."""
    escaped = re.escape(piece)
    return escaped if STARTS_WIDE.match(piece) else rf"(?<![^\W_]){escaped}"
