"""What a worker keeps of an attempt, and how a reader gets it again: held against the receiver's own rules."""

import random

import pytest

from services.inference.domain.tape import REPLAYED_IDS, Tape, merged, tape_of
from services.inference.domain.tapes import KEEP_S, Tapes
from shared.messages import Delta, End, Finished, Part, Reasoning, Started, Text, Usage
from shared.streams.merge import Cursor, Verdict

END = End(Usage(3, 5))


def taped(*steps: tuple[tuple[int, ...], tuple[Part, ...]]) -> Tape:
    tape = Tape(fence=7)
    for ids, parts in steps:
        tape.add(ids, parts)
    return tape


def plain(count: int, start: int = 0) -> list[tuple[tuple[int, ...], tuple[Part, ...]]]:
    return [((n,), (Text(f" t{n}"),)) for n in range(start, start + count)]


def read(cursor: Cursor, deltas: list[Delta]) -> list[Delta]:
    """What a receiver takes of them. It must meet no gap and no contradiction."""
    taken: list[Delta] = []
    for delta in deltas:
        verdict = cursor.judge(delta)
        assert verdict in (Verdict.TAKE, Verdict.DROP), verdict
        if verdict is Verdict.TAKE:
            taken.append(cursor.take(delta))
    return taken


def text_of(deltas: list[Delta], choice: int = 0) -> str:
    parts = (part for delta in deltas for part in delta.parts)
    return "".join(part.text for part in parts if isinstance(part, Text) and part.choice == choice)


def test_a_plain_token_is_told_from_any_other_step() -> None:
    tape = Tape(fence=1)
    assert tape.add((1,), (Text("a"),))
    assert not tape.add((2,), (Text("b", choice=1),))
    assert not tape.add((3, 4), (Text("c"),))
    assert not tape.add((5,), (Text("d"), Finished("stop")))
    assert not tape.add((), (Finished("stop"),))
    assert list(tape.ids) == [1, 2, 3, 4, 5]


def test_a_replay_from_the_start_keeps_what_is_not_plain_in_its_place() -> None:
    started = Started("w", "m", 1, 3)
    tape = taped(((0,), (started, Text("a"))), *plain(3, 1), ((4,), (Text("z"), Finished("stop"))))
    deltas = tape.replay(9, 0)
    assert [(delta.stream, delta.fence, delta.index) for delta in deltas] == [(9, 7, 0), (9, 7, 1), (9, 7, 4)]
    assert deltas[0].parts == (started, Text("a"))
    assert deltas[1] == Delta(9, 7, 1, (1, 2, 3), (Text(" t1 t2 t3"),))
    assert deltas[2].parts == (Text("z"), Finished("stop"))


def test_plain_tokens_are_replayed_in_deltas_of_bounded_size() -> None:
    deltas = taped(*plain(2 * REPLAYED_IDS + 5)).replay(1, 0)
    assert [len(delta.ids) for delta in deltas] == [REPLAYED_IDS, REPLAYED_IDS, 5]


def test_a_reader_between_two_deltas_is_answered_from_there() -> None:
    assert taped(*plain(10)).replay(1, 4) == [
        Delta(1, 7, 4, tuple(range(4, 10)), (Text(" t4 t5 t6 t7 t8 t9"),))
    ]


def test_a_reader_within_a_delta_gets_one_from_0_that_goes_beyond() -> None:
    tape = taped(((0, 1, 2, 3), (Text("0123"),)), *plain(3, 4))
    first, rest = tape.replay(1, 2)
    assert (first.index, first.ids) == (0, (0, 1, 2, 3))
    assert (rest.index, rest.ids) == (4, (4, 5, 6))


def test_a_reader_at_the_end_is_told_who_has_the_answer_and_how_it_ended() -> None:
    tape = taped(*plain(2))
    assert tape.replay(1, 2) == [Delta(1, 7, 2)]
    tape.end = END
    assert tape.replay(1, 2) == [Delta(1, 7, 2, end=END)]


def test_a_reader_that_knows_more_may_compare_from_the_start() -> None:
    deltas = taped(*plain(3)).replay(1, 10)
    cursor = Cursor()
    cursor.ids.extend(range(10))
    assert [cursor.judge(delta) for delta in deltas] == [Verdict.DROP]
    other = Cursor()
    other.ids.extend([0, 1, 5, 3])
    assert [other.judge(delta) for delta in deltas] == [Verdict.CONTRADICTION]


def test_an_empty_tape_says_at_least_whose_the_answer_is() -> None:
    assert Tape(fence=7).replay(3, 0) == [Delta(3, 7, 0)]
    assert Tape(fence=7).replay(3, 5) == [Delta(3, 7, 0)]


@pytest.mark.parametrize("seed", range(40))
def test_whoever_stands_anywhere_gets_the_rest_once_and_whole(seed: int) -> None:
    """Whatever mix of steps, wherever the reader stands, of an attempt that resumed anywhere."""
    rng = random.Random(seed)
    said: list[str] = []
    steps: list[tuple[tuple[int, ...], tuple[Part, ...]]] = []
    while len(said) < 60:
        size = rng.choice([1, 1, 1, 1, 2, 5])
        pieces = [f" w{len(said) + n}" for n in range(size)]
        ids = tuple(range(len(said), len(said) + size))
        parts: tuple[Part, ...] = tuple(Text(piece) for piece in pieces)
        steps.append((ids, (Started("w", "m", 1, 3), *parts) if not said else parts))
        said += pieces
    steps.append(((), (Finished("stop"),)))
    tape = taped(*steps)
    tape.end = END
    for stands in range(len(said) + 1):
        cursor = Cursor()
        if stands:
            cursor.take(Delta(1, 3, 0, tuple(range(stands)), (Text("".join(said[:stands])),)))
        taken = read(cursor, tape.replay(1, stands))
        assert text_of(taken) == "".join(said[stands:])
        assert list(cursor.ids) == list(range(len(said)))
        assert taken[-1].end == END


def test_the_whole_is_one_delta_with_few_parts() -> None:
    started = Started("w", "m", 1, 3)
    tape = taped(((0,), (started, Text("a"))), *plain(2, 1), ((3,), (Text("z"), Finished("stop"))))
    whole = tape.whole(2, END)
    assert whole == Delta(2, 7, 0, (0, 1, 2, 3), (started, Text("a t1 t2z"), Finished("stop")), END)


def test_choices_do_not_part_one_anothers_text() -> None:
    parts: list[Part] = [Text("a"), Text("x", 1), Text("b"), Reasoning("y", 1), Text("z", 1), Text("c")]
    assert merged(parts) == (Text("abc"), Text("x", 1), Reasoning("y", 1), Text("z", 1))


def test_an_adopted_answer_has_a_tape_too() -> None:
    whole = taped(*plain(5)).whole(1, END)
    tape = tape_of(whole, fence=11)
    cursor = Cursor()
    cursor.take(Delta(1, 3, 0, (0, 1), (Text(" t0 t1"),)))
    taken = read(cursor, tape.replay(1, 2))
    assert text_of(taken) == " t2 t3 t4"
    assert taken[-1].end == END
    assert cursor.fence == 11


def test_ended_tapes_go_after_a_minute_or_when_they_are_too_much() -> None:
    tape = taped(*plain(100))
    tapes = Tapes(max_bytes=3 * tape.bytes)
    for n in range(3):
        tapes.keep(f"r{n}", tape, now=float(n))
    tapes.trim(3.0, running_bytes=0)
    assert len(tapes) == 3
    tapes.trim(3.0, running_bytes=tape.bytes)
    assert tapes.find("r0") is None
    assert tapes.find("r1") is tape
    tapes.keep("r1", tape, now=10.0)  # a second end, of another attempt: it counts once
    tapes.trim(10.0, running_bytes=tape.bytes)
    assert len(tapes) == 2
    tapes.trim(2.0 + KEEP_S + 0.1, running_bytes=0)
    assert tapes.find("r2") is None
    assert tapes.find("r1") is tape


def test_what_is_not_plain_counts_by_its_size() -> None:
    small, large = taped(((1, 2), (Text("x"),))), taped(((1, 2), (Text("x" * 10_000),)))
    assert large.bytes > small.bytes + 10_000
