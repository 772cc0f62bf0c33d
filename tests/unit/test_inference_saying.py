"""Calls of functions, piece by piece: joined, folded, kept, and cut where a reader has had their beginning."""

from services.inference.domain.ending import ending_of
from services.inference.domain.saying import characters, merged
from services.inference.domain.tape import Tape
from shared.messages import (
    Answer,
    Delta,
    End,
    Finished,
    FunctionCall,
    Logprobs,
    Part,
    Reasoning,
    Text,
    TokenLogprob,
    ToolCall,
    Usage,
)
from shared.streams.merge import Cursor, Verdict

PIECES: tuple[Part, ...] = (
    Reasoning("Both."),
    Text("I turn."),
    ToolCall(0, "c0", "turn", ""),
    ToolCall(0, "", "", '{"a"'),
    ToolCall(0, "", "", ":1}"),
    ToolCall(1, "c1", "stop", "{"),
    ToolCall(1, "", "", "}"),
    Finished("tool_calls"),
)
WHOLE: tuple[Part, ...] = (
    Reasoning("Both."),
    Text("I turn."),
    ToolCall(0, "c0", "turn", '{"a":1}'),
    ToolCall(1, "c1", "stop", "{}"),
    Finished("tool_calls"),
)


def tape() -> Tape:
    made = Tape(fence=3)
    for id, piece in enumerate(PIECES):
        made.add((id,), (piece,))
    return made


def test_pieces_of_a_call_are_joined() -> None:
    assert merged(list(PIECES)) == WHOLE
    assert tape().whole(1, None).parts == WHOLE
    assert sum(map(characters, WHOLE)) == sum(map(characters, PIECES))


def test_two_calls_that_follow_each_other_stay_two() -> None:
    calls: list[Part] = [ToolCall(0, "a", "f", "{}"), ToolCall(0, "b", "f", "{}")]
    assert merged(calls) == tuple(calls)


def test_choices_do_not_part_one_anothers_calls() -> None:
    calls: list[Part] = [
        ToolCall(0, "a", "f", "{", 0),
        ToolCall(0, "b", "g", "[", 1),
        ToolCall(0, "", "", "}", 0),
    ]
    assert merged(calls) == (ToolCall(0, "a", "f", "{}", 0), ToolCall(0, "b", "g", "[", 1))


def test_the_stored_answer_has_its_calls() -> None:
    made = tape()
    made.end = End(Usage())
    calls = (FunctionCall("c0", "turn", '{"a":1}'), FunctionCall("c1", "stop", "{}"))
    assert ending_of(made.whole(1, made.end), 1).answers == (Answer("I turn.", "tool_calls", "Both.", calls),)


def test_a_reader_gets_of_an_answer_that_is_told_anew_what_it_lacks() -> None:
    """Wherever it stands, and though the calls come in other pieces."""
    anew = Delta(7, 4, 0, tuple(range(len(PIECES))), WHOLE)
    for had in range(1, len(PIECES)):
        cursor = Cursor()
        shown: list[Part] = []
        for id, piece in enumerate(PIECES[:had]):
            shown += cursor.take(Delta(7, 3, id, (id,), (piece,))).parts
        assert cursor.judge(anew) is Verdict.TAKE
        assert merged([*shown, *cursor.take(anew).parts]) == WHOLE


def test_log_probabilities_are_told_once() -> None:
    def told(*tokens: str) -> Logprobs:
        return Logprobs(tuple((TokenLogprob(token, -1.0, ()),) for token in tokens))

    cursor = Cursor()
    cursor.take(Delta(7, 3, 0, (1, 2), (Text("ab"), told("a", "b"))))
    fresh = cursor.take(Delta(7, 4, 0, (1, 2, 3), (Text("abc"), told("a", "b", "c"))))
    assert fresh.parts == (Text("c"), told("c"))
