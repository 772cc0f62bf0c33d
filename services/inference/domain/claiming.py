"""May this worker run this job? Decided from the request's entry in LIVE, then written by compare-and-set."""

from typing import Literal

import msgspec

from shared.messages import ChatJob, LiveRequest

Verdict = Literal["create", "take", "drop"]
Standing = Literal["held", "cancelled", "lost"]

MAX_DELIVERIES = 3
"""A job that was delivered more often, and never gave a token, brings down whoever runs it."""


def verdict(job: ChatJob, live: LiveRequest | None, *, worker: str, deliveries: int) -> Verdict:
    """`create`: nobody has heard of the request (a client published it itself). `drop`: it is over, or another's."""
    if live is None:
        return "create"
    if live.state in {"done", "cancelled"} or job.attempt < live.attempt:
        return "drop"
    if live.state == "queued" or live.worker == worker or job.attempt > live.attempt:
        return "take"
    lapsed = deliveries > 1  # its worker let the time pass within which it had to say that it is alive
    return "take" if live.state == "running" and lapsed else "drop"


def claimed(job: ChatJob, live: LiveRequest | None, *, worker: str, sequence: int) -> LiveRequest:
    """The entry as the claimant writes it. `sequence`: where the job lies in its stream."""
    if live is None:
        live = LiveRequest(user=job.user, chat=job.chat, message_id=job.message_id, passages=job.passages)
    if job.attempt == 1 and not live.job_sequence:  # its publisher learns it later than we do
        live = msgspec.structs.replace(live, job_sequence=sequence)
    return msgspec.structs.replace(live, state="running", worker=worker, attempt=job.attempt)


def standing(live: LiveRequest | None, *, worker: str, attempt: int) -> Standing:
    """What a worker that thought it held the claim finds when somebody has changed the entry."""
    if live is None or live.worker != worker or live.attempt != attempt:
        return "lost"
    if live.state == "cancelled":
        return "cancelled"
    return "held"


def expired(job: ChatJob, now: float) -> bool:
    """Nobody waits for this answer any more; it must not cost engine time."""
    return now > job.deadline


def poisonous(job: ChatJob, deliveries: int) -> bool:
    return deliveries > MAX_DELIVERIES and not job.resume_ids
