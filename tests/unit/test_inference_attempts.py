"""Who may claim a request, and what an attempt keeps of its answer."""

from typing import Any

import msgspec
import pytest

from services.inference.domain import claiming
from services.inference.domain.attempts import Attempt, IllegalTransition
from shared.messages import ChatJob, Failure, Finished, LiveRequest, Started, Text, Usage

JOB = ChatJob(
    request="r", user="u", model="m", messages=(), inbox="i", stream=5, created_at=0.0, deadline=10.0
)


def live(**fields: Any) -> LiveRequest:
    return LiveRequest(user="u", **fields)


@pytest.mark.parametrize(
    ("entry", "attempt", "deliveries", "expected"),
    [
        (None, 1, 1, "create"),
        (live(), 1, 1, "take"),
        (live(state="running", worker="other"), 1, 1, "drop"),
        (live(state="running", worker="other"), 1, 2, "take"),
        (live(state="running", worker="other"), 2, 1, "take"),
        (live(state="running", worker="me"), 1, 1, "take"),
        (live(state="finishing", worker="other"), 1, 2, "drop"),
        (live(state="finishing", worker="me"), 1, 2, "take"),
        (live(state="queued", attempt=3), 2, 1, "drop"),
        (live(state="done", worker="me"), 2, 1, "drop"),
        (live(state="cancelled"), 1, 1, "drop"),
    ],
)
def test_who_may_claim(entry: LiveRequest | None, attempt: int, deliveries: int, expected: str) -> None:
    job = msgspec.structs.replace(JOB, attempt=attempt)
    assert claiming.verdict(job, entry, worker="me", deliveries=deliveries) == expected


def test_the_claimants_entry_keeps_what_the_edge_wrote() -> None:
    entry = claiming.claimed(JOB, live(chat="c", message_id="n"), worker="me", sequence=9)
    assert entry == live(chat="c", message_id="n", state="running", worker="me", job_sequence=9)


def test_standing_after_somebody_wrote() -> None:
    assert claiming.standing(None, worker="me", attempt=1) == "lost"
    assert claiming.standing(live(worker="other"), worker="me", attempt=1) == "lost"
    assert claiming.standing(live(worker="me", attempt=2), worker="me", attempt=1) == "lost"
    assert claiming.standing(live(worker="me", state="cancelled"), worker="me", attempt=1) == "cancelled"
    assert claiming.standing(live(worker="me", state="finishing"), worker="me", attempt=1) == "held"


def test_a_job_that_brings_workers_down_is_poisonous_unless_it_gave_tokens() -> None:
    assert not claiming.poisonous(JOB, deliveries=3)
    assert claiming.poisonous(JOB, deliveries=4)
    assert not claiming.poisonous(msgspec.structs.replace(JOB, resume_ids=(1,)), deliveries=4)


def test_index_counts_over_the_whole_answer() -> None:
    attempt = Attempt(msgspec.structs.replace(JOB, resume_ids=(7, 8)), fence=3)
    attempt.begin("so far")
    assert attempt.delta((1,), (Text(" a"),)).index == 2
    last = attempt.delta((2, 3), (Text(" b"), Finished("stop")), Usage(4, 5))
    assert (last.index, last.fence, last.stream) == (3, 3, 5)
    attempt.become("complete")
    assert attempt.answers()[0].text == "so far a b"
    assert attempt.answers()[0].finish_reason == "stop"
    end = attempt.end()
    assert end.index == 5
    assert end.end is not None
    assert end.end.usage == Usage(4, 5)


def test_an_answer_that_was_cut_off_counts_what_came() -> None:
    attempt = Attempt(JOB, fence=1)
    attempt.begin("")
    attempt.delta((1, 2), (Started("w", "m", 1, prompt_tokens=11), Text("two")))
    attempt.become("cancelled", Failure("cancelled", "stopped"))
    assert attempt.usage == Usage(11, 2)
    assert attempt.answers()[0].finish_reason == "cancelled"


def test_a_lost_attempt_comes_to_nothing_else() -> None:
    attempt = Attempt(JOB, fence=1)
    attempt.become("lost")
    with pytest.raises(IllegalTransition):
        attempt.become("complete")
