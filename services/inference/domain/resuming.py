"""How an answer goes on that was begun before: after which ids, and as which job. Pure."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from services.inference.domain.attempts import Attempt
from shared.messages import ChatJob, Sampling, Shown

Resume = Literal["ids", "replay", "restart", "none"]
"""What an engine can do with token ids that were shown already: go on after them exactly; the same, and pass through
them again where their state is more than they are; say the same answer again from its start; or none of it."""

HANDED_OVER_S = 60.0
"""An answer that is moved in its middle may wait so long for its next worker, whatever its deadline was."""


def known_ids(job: ChatJob, shown: Shown | None) -> tuple[int, ...]:
    """What the reader has seen, by its own word; by the job's where it says nothing. A worker that handed over may
    have made more than has arrived: that is taken up, and the reader asks for what it lacks."""
    if shown is None or not shown.known:
        return job.resume_ids
    seen = len(shown.ids)
    if job.sampling.n == 1 and job.resume_ids[:seen] == shown.ids:
        return job.resume_ids
    return shown.ids


def is_more_than_ids(job: ChatJob) -> bool:
    """The state of an answer is more than its ids: a stop string may begin before them, and text waits for it;
    penalties count them; a grammar has read them."""
    return bool(job.sampling.stop or _has_grammar(job) or _penalises(job.sampling))


def furthest(told: Iterable[Shown | None]) -> Shown | None:
    """Of what several readers say, the most; None where none of them reads it."""
    known = [shown for shown in told if shown is not None and shown.known]
    return max(known, key=lambda shown: len(shown.ids), default=None)


def way(job: ChatJob, engine: Resume) -> Resume:
    """Several choices' ids are interleaved, so these are made anew, and their readers compare. So is what is more than
    its ids, where the engine cannot replay them; but penalties alone, where chance would say something else anew."""
    sampling = job.sampling
    if engine == "replay" and sampling.n == 1:
        return "replay" if is_more_than_ids(job) else "ids"
    if engine not in ("ids", "replay"):
        return engine
    is_penalised = _penalises(sampling) and _repeats(sampling)
    if sampling.n > 1 or sampling.stop or _has_grammar(job) or is_penalised:
        return "restart"
    return "ids"


def start_ids(job: ChatJob, known: tuple[int, ...], engine: Resume) -> tuple[int, ...] | None:
    """What the engine goes on after; None: it can neither go on nor begin anew unnoticed."""
    how = way(job, engine)
    if not known or how == "restart":
        return ()
    return None if how == "none" else known


def can_be_moved(made: int, engine: Resume) -> bool:
    return engine != "none" or not made


def next_attempt(attempt: Attempt, *, sequence: int, engine: Resume, has_died: bool, now: float) -> ChatJob:
    """The same question for the next worker. `sequence`: where this attempt's job lies in its stream. An attempt that
    was ended by its engine's death and gave nothing is fruitless; one that had to stop for our sake is not."""
    job, made = attempt.job, attempt.made
    is_barren = len(made) <= attempt.known
    return msgspec.structs.replace(
        job,
        attempt=job.attempt + 1,
        resume_ids=made if way(job, engine) in ("ids", "replay") else (),
        previous_sequence=sequence,
        deadline=max(job.deadline, now + HANDED_OVER_S),
        fruitless=attempt.fruitless + has_died if is_barren else 0,
        engine_deaths=job.engine_deaths + has_died,
    )


def _has_grammar(job: ChatJob) -> bool:
    """vLLM holds forced calls, strict ones, and the number of calls, by a grammar."""
    if job.sampling.json_format is not None:
        return True
    tools = job.tools
    if tools is None or tools.choice == "none":
        return False
    return tools.choice != "auto" or not tools.parallel or any(each.strict for each in tools.functions)


def _penalises(sampling: Sampling) -> bool:
    return bool(sampling.presence_penalty or sampling.frequency_penalty)


def _repeats(sampling: Sampling) -> bool:
    return sampling.temperature == 0 or sampling.seed is not None
