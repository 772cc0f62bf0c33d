"""May this worker run this job? Decided from the request's entry in LIVE, then written by compare-and-set. Pure."""

from typing import Literal

import msgspec

from shared.messages import ChatJob, LiveRequest

Verdict = Literal["create", "take", "adopt", "close", "drop", "leave"]
Standing = Literal["held", "cancelled", "lost"]

MAX_FRUITLESS = 3
"""Attempts in a row that gave no token: whatever the reason, it is the job's."""
ALONE_AFTER = 2
"""Engines that died while they ran it; another death must hurt nobody else."""


def verdict(
    job: ChatJob, live: LiveRequest | None, *, worker: str, deliveries: int, sequence: int = 0
) -> Verdict:
    """`create`: nobody has heard of the request (a client published it itself). `adopt`: its answer is made, and
    only has to be told. `close`: it was cancelled, and nobody is left to say so. `drop`: it is over, or was published
    twice. `leave`: another worker was given the same message, which must stay in the queue until that one is through.
    """
    if live is None:
        return "create"
    if live.state == "done" or job.attempt < live.attempt:
        return "drop"
    if live.state == "queued":
        return "take"
    if live.worker and _is_copy(job, live, sequence):
        return "drop"
    if live.worker and not _may_take_over(job, live, worker=worker, deliveries=deliveries):
        return "leave"
    if live.state == "cancelled":
        return "close"
    return "adopt" if live.state == "finishing" and live.answer is not None else "take"


def _is_copy(job: ChatJob, live: LiveRequest, sequence: int) -> bool:
    """The attempt that was claimed is another message than this one; 0: nobody knows which."""
    return (
        job.attempt == live.attempt
        and 0 not in (sequence, live.job_sequence)
        and sequence != live.job_sequence
    )


def _may_take_over(job: ChatJob, live: LiveRequest, *, worker: str, deliveries: int) -> bool:
    lapsed = deliveries > 1  # its worker let the time pass within which it had to say that it is alive
    return lapsed or job.attempt > live.attempt or live.worker == worker


def claimed(
    job: ChatJob, live: LiveRequest | None, *, worker: str, sequence: int, found: Verdict
) -> LiveRequest:
    """The entry as the claimant writes it. `sequence`: where the job lies in its stream."""
    if live is None:
        live = LiveRequest(
            user=job.user,
            chat=job.chat,
            message_id=job.message_id,
            passages=job.passages,
            model=job.model,
            created_at=job.created_at,
            deadline=job.deadline,
            choices=job.sampling.n,
        )
    adopts = found == "adopt"
    return msgspec.structs.replace(
        live,
        state="finishing" if adopts else "running",
        worker=worker,
        attempt=job.attempt,
        job_sequence=sequence,
        answer=live.answer if adopts else None,
    )


def standing(live: LiveRequest | None, *, worker: str, attempt: int) -> Standing:
    """What a worker that thought it held the claim finds when somebody has changed the entry."""
    if live is None or live.worker != worker or live.attempt != attempt:
        return "lost"
    if live.state == "cancelled":
        return "cancelled"
    return "held"


def replaced(fence: int, believed: int) -> bool:
    """Does a reader that believes this fence know of a later claim than ours?"""
    return believed > fence


def expired(job: ChatJob, known: tuple[int, ...], now: float) -> bool:
    """Nobody waits for this answer any more; it must not cost engine time. `known`: what its reader has of it."""
    return now > job.deadline and not known


def lapses(job: ChatJob, live: LiveRequest | None, deliveries: int) -> int:
    """Deliveries of this very job that a worker claimed and did not survive. Others were only given back."""
    has_begun = live is not None and live.worker and live.attempt == job.attempt
    return deliveries - 1 if has_begun else 0


def fruitless(job: ChatJob, known: tuple[int, ...], lapses: int) -> int:
    """Attempts before this one, in a row, that gave no token beyond those that they were given."""
    gave_some = lapses > 0 and len(known) > len(job.resume_ids)
    return 0 if gave_some else job.fruitless + lapses
