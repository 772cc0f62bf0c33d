"""Who may claim a request, what becomes of it then, and when a job is given up."""

from typing import Any

import msgspec
import pytest

from services.inference.domain import claiming
from shared.messages import ChatJob, Delta, LiveRequest, Sampling

JOB = ChatJob(
    request="r", user="u", model="m", messages=(), inbox="i", stream=5, created_at=1.0, deadline=10.0
)
ANSWER = Delta(5, 3, 0, (1, 2))


def live(**fields: Any) -> LiveRequest:
    return LiveRequest(user="u", **fields)


@pytest.mark.parametrize(
    ("entry", "attempt", "deliveries", "expected"),
    [
        (None, 1, 1, "create"),
        (live(), 1, 1, "take"),
        (live(), 1, 3, "take"),
        (live(state="queued", attempt=3), 2, 1, "drop"),
        (live(state="running", worker="other"), 1, 1, "leave"),
        (live(state="running", worker="other"), 1, 2, "take"),
        (live(state="running", worker="other"), 2, 1, "take"),
        (live(state="running", worker="other", attempt=2), 1, 2, "drop"),
        (live(state="running", worker="me"), 1, 1, "take"),
        (live(state="finishing", worker="other", answer=ANSWER), 1, 1, "leave"),
        (live(state="finishing", worker="other", answer=ANSWER), 1, 2, "adopt"),
        (live(state="finishing", worker="other", answer=ANSWER), 2, 1, "adopt"),
        (live(state="finishing", worker="me", answer=ANSWER), 1, 2, "adopt"),
        (live(state="finishing", worker="other"), 1, 2, "take"),
        (live(state="finishing", worker="other"), 1, 1, "leave"),
        (live(state="done", worker="me"), 2, 1, "drop"),
        (live(state="cancelled"), 1, 1, "close"),
        (live(state="cancelled", worker="other"), 1, 1, "leave"),
        (live(state="cancelled", worker="other"), 1, 2, "close"),
        (live(state="cancelled", worker="other"), 2, 1, "close"),
        (live(state="cancelled", worker="other", attempt=2), 1, 2, "drop"),
    ],
)
def test_who_may_claim(entry: LiveRequest | None, attempt: int, deliveries: int, expected: str) -> None:
    job = msgspec.structs.replace(JOB, attempt=attempt)
    assert claiming.verdict(job, entry, worker="me", deliveries=deliveries) == expected


def test_a_job_that_was_published_twice_takes_nothing_over() -> None:
    entry = live(state="running", worker="other", job_sequence=4)
    found = [
        claiming.verdict(JOB, entry, worker="me", deliveries=deliveries, sequence=sequence)
        for sequence in (4, 5)
        for deliveries in (1, 2)
    ]
    assert found == ["leave", "take", "drop", "drop"]


def test_the_claimants_entry_keeps_what_the_edge_wrote() -> None:
    entry = claiming.claimed(JOB, live(chat="c", message_id="n"), worker="me", sequence=9, found="take")
    assert entry == live(chat="c", message_id="n", state="running", worker="me", job_sequence=9)


def test_the_entry_names_the_newest_attempts_job() -> None:
    job = msgspec.structs.replace(JOB, attempt=3)
    before = live(state="running", worker="other", attempt=2, job_sequence=4)
    entry = claiming.claimed(job, before, worker="me", sequence=17, found="take")
    assert (entry.attempt, entry.job_sequence, entry.worker) == (3, 17, "me")


def test_what_a_client_published_itself_gets_an_entry_like_any_other() -> None:
    job = msgspec.structs.replace(JOB, chat="c", sampling=Sampling(n=2))
    entry = claiming.claimed(job, None, worker="me", sequence=9, found="create")
    assert (entry.model, entry.created_at, entry.deadline, entry.choices) == ("m", 1.0, 10.0, 2)


def test_an_adopted_answer_stays_decided_and_one_made_anew_does_not() -> None:
    before = live(state="finishing", worker="other", answer=ANSWER)
    adopted = claiming.claimed(JOB, before, worker="me", sequence=9, found="adopt")
    assert (adopted.state, adopted.answer, adopted.worker) == ("finishing", ANSWER, "me")
    anew = claiming.claimed(JOB, before, worker="me", sequence=9, found="take")
    assert (anew.state, anew.answer) == ("running", None)


def test_standing_after_somebody_wrote() -> None:
    assert claiming.standing(None, worker="me", attempt=1) == "lost"
    assert claiming.standing(live(worker="other"), worker="me", attempt=1) == "lost"
    assert claiming.standing(live(worker="me", attempt=2), worker="me", attempt=1) == "lost"
    assert claiming.standing(live(worker="me", state="cancelled"), worker="me", attempt=1) == "cancelled"
    assert claiming.standing(live(worker="me", state="finishing"), worker="me", attempt=1) == "held"


def test_a_reader_that_believes_a_later_claim_has_replaced_us() -> None:
    assert claiming.replaced(5, believed=6)
    assert not claiming.replaced(5, believed=5)
    assert not claiming.replaced(5, believed=0)


def test_a_job_expires_only_while_nobody_has_any_of_it() -> None:
    assert not claiming.expired(JOB, (), now=10.0)
    assert claiming.expired(JOB, (), now=10.1)
    assert not claiming.expired(JOB, (1,), now=10.1)


def test_only_deliveries_that_a_worker_claimed_count_against_a_job() -> None:
    assert claiming.lapses(JOB, None, deliveries=3) == 0
    assert claiming.lapses(JOB, live(), deliveries=3) == 0
    assert claiming.lapses(JOB, live(state="running", worker="other"), deliveries=3) == 2
    later = msgspec.structs.replace(JOB, attempt=2)
    assert claiming.lapses(later, live(state="running", worker="other"), deliveries=3) == 0


def test_a_job_is_fruitless_until_it_has_given_a_token() -> None:
    job = msgspec.structs.replace(JOB, resume_ids=(1, 2), fruitless=1)
    assert claiming.fruitless(job, (1, 2), lapses=0) == 1
    assert claiming.fruitless(job, (1, 2), lapses=2) == 3
    assert claiming.fruitless(job, (1, 2, 3), lapses=2) == 0
    assert claiming.fruitless(job, (1, 2, 3), lapses=0) == 1  # from before it: nothing of this one has come
