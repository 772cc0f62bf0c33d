"""What an attempt keeps of its answer, and what is told of it at the end."""

import msgspec
import pytest

from services.inference.domain.attempts import Attempt, IllegalTransition
from services.inference.domain.ending import ending_of
from shared.messages import Answer, ChatJob, Failure, Finished, Reasoning, Sampling, Started, Text, Usage

JOB = ChatJob(
    request="r", user="u", model="m", messages=(), inbox="i", stream=5, created_at=0.0, deadline=10.0
)
CANCELLED = Failure("cancelled", "stopped")


def test_index_counts_over_the_whole_answer() -> None:
    attempt = Attempt(msgspec.structs.replace(JOB, resume_ids=(7, 8)), fence=3, given=(7, 8))
    attempt.begin((Text("so far"),))
    assert attempt.add((1,), (Text(" a"),)) == 2
    assert attempt.add((2, 3), (Text(" b"), Finished("stop")), Usage(4, 5)) == 3
    attempt.become("complete")
    whole = attempt.whole()
    assert (whole.stream, whole.fence, whole.index, whole.ids) == (5, 3, 0, (7, 8, 1, 2, 3))
    ending = ending_of(whole, 1)
    assert ending.answers == (Answer("so far a b", "stop"),)
    assert (ending.usage, ending.state) == (Usage(4, 5), "complete")


def test_an_answer_that_was_cut_off_counts_what_came() -> None:
    attempt = Attempt(JOB, fence=1)
    attempt.begin(())
    attempt.add((1, 2), (Started("w", "m", 1, prompt_tokens=11), Text("two")))
    attempt.become("cancelled", CANCELLED)
    ending = ending_of(attempt.whole(), 1)
    assert ending.usage == Usage(11, 2)
    assert ending.answers == (Answer("two", "cancelled"),)
    assert ending.state == "cancelled"
    assert attempt.finish_reasons == ["cancelled"]


def test_an_answer_that_ended_before_it_began_keeps_the_ids_it_was_given() -> None:
    attempt = Attempt(JOB, fence=1, given=(7, 8))
    assert attempt.made == (7, 8)
    attempt.become("failed", Failure("unavailable", "gone"))
    whole = attempt.whole()
    assert whole.ids == (7, 8)
    assert ending_of(whole, 1).state == "failed"
    assert ending_of(whole, 1).usage == Usage(0, 2)


def test_one_that_breaks_off_before_it_has_caught_up_ends_with_what_was_shown() -> None:
    attempt = Attempt(JOB, fence=1, known=3)
    attempt.begin(())
    attempt.add((7,), (Text("so"),))
    attempt.become("cancelled", CANCELLED)
    attempt.recall((7, 8, 9), (Text("so far so"),))
    assert attempt.whole().ids == (7, 8, 9)
    assert ending_of(attempt.whole(), 1).answers == (Answer("so far so", "cancelled"),)


def test_each_choice_has_its_own_text_reasoning_and_reason() -> None:
    attempt = Attempt(msgspec.structs.replace(JOB, sampling=Sampling(n=3)), fence=1)
    attempt.begin(())
    attempt.add((1, 2, 3), (Text("a"), Reasoning("why"), Text("x", 1), Text("o", 2)))
    attempt.add((4, 5), (Text("b"), Text("y", 1), Finished("stop"), Finished("length", 1)))
    attempt.become("failed", Failure("engine_failed", "died"))
    assert ending_of(attempt.whole(), 3).answers == (
        Answer("ab", "stop", "why"),
        Answer("xy", "length"),
        Answer("o", "error"),
    )
    assert attempt.finish_reasons == ["stop", "length", "error"]


def test_a_lost_attempt_comes_to_nothing_else() -> None:
    attempt = Attempt(JOB, fence=1)
    attempt.become("lost")
    with pytest.raises(IllegalTransition):
        attempt.become("complete")
