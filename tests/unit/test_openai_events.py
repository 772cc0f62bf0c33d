"""What comes off an upstream's socket, cut wherever TCP likes."""

import pytest

from services.inference.adapters.openai.events import MAX_EVENT_BYTES, Events
from shared.errors import EngineFailed

STREAM = (
    ': hello\r\n\r\ndata: {"a": "水\u2028"}\r\n\r\ndata:two\n\nevent: x\ndata: three\n\nid: 4\n\n'.encode()
)
SAID = ['{"a": "水\u2028"}'.encode(), b"two", b"three"]


def fed(*pieces: bytes) -> list[bytes]:
    events = Events()
    return [event for piece in pieces for event in events.feed(piece)]


@pytest.mark.parametrize("at", range(len(STREAM) + 1))
def test_a_cut_anywhere_changes_nothing(at: int) -> None:
    assert fed(STREAM[:at], STREAM[at:]) == SAID


def test_one_byte_at_a_time() -> None:
    assert fed(*(STREAM[at : at + 1] for at in range(len(STREAM)))) == SAID


def test_many_events_at_once_stay_in_order() -> None:
    assert fed(b"".join(b"data: %d\n\n" % n for n in range(1000))) == [b"%d" % n for n in range(1000)]


def test_a_line_that_is_not_complete_waits() -> None:
    events = Events()
    assert events.feed(b"data: a\ndata: b") == [b"a"]
    assert events.feed(b"c\n") == [b"bc"]


def test_a_line_that_does_not_end_is_refused_in_time() -> None:
    events, piece = Events(), b"x" * (MAX_EVENT_BYTES // 4)
    for _ in range(4):
        assert events.feed(piece) == []
    with pytest.raises(EngineFailed):
        events.feed(b"x")


def test_a_long_line_in_one_piece_is_refused() -> None:
    with pytest.raises(EngineFailed):
        Events().feed(b"y" * (MAX_EVENT_BYTES + 1))
