"""What is left to do about an answer that is over: free its worker, close its turn, record its end."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from services.edge.ports.audit import Audit
from services.edge.ports.chat import Jobs, Turns
from shared.errors import Unavailable
from shared.messages import AuditRecord, ChatCompleted, ChatFailed, ChatJob, End, Failure, Usage

log = logging.getLogger(__name__)

TRIES = 5
PAUSE_S = 0.5
"""Doubled with each try: eight seconds in all."""


class Settlement:
    """Runs beside the request, which may have lost its task: a client that goes away cancels it."""

    def __init__(self, jobs: Jobs, history: Turns, audit: Audit) -> None:
        self._jobs = jobs
        self._history = history
        self._audit = audit
        self._tasks: set[asyncio.Task[None]] = set()

    def over(self, job: ChatJob, end: End, *, abandoned: bool) -> None:
        """`abandoned`: its worker has not said that it is over, and may still be at it."""
        self._hold(self._over(job, end, abandoned=abandoned))

    def unread(self, job: ChatJob) -> None:
        """One of several readers does not read it any more."""
        self._hold(_insist("leave the answer", lambda: self._jobs.detach(job.request, job.stream)))

    def refused(self, job: ChatJob, failure: Failure) -> None:
        """Nobody writes it: it never began, or its worker has gone. The queue may have the job all the same."""
        self._hold(self._refused(job, failure))

    async def close(self) -> None:
        await asyncio.gather(*self._tasks)

    def _hold(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _over(self, job: ChatJob, end: End, *, abandoned: bool) -> None:
        if abandoned:
            await _insist("cancel the job", lambda: self._jobs.cancel(job.request))
        await self._record_end(job, end)

    async def _refused(self, job: ChatJob, failure: Failure) -> None:
        if job.chat:
            await _insist("close the turn", lambda: self._history.finish_turn(_failed(job, failure)))
        await _insist("cancel the job", lambda: self._jobs.cancel(job.request))
        await self._record_end(job, End(Usage(), failure))

    async def _record_end(self, job: ChatJob, end: End) -> None:
        record = end_record(self._audit, job, end)
        await _insist("record the end", lambda: self._audit.keep(record))


def end_record(audit: Audit, answer: ChatJob | ChatCompleted, end: End) -> AuditRecord:
    """The edge that asked records it, and so does the one that stores the answer: the first may have died."""
    code = end.failure.code if end.failure else ""
    detail: dict[str, str | int | float | bool] = {
        "model": answer.model,
        "requested_model": answer.requested_model or answer.model,
        "chat": answer.chat,
        "prompt_tokens": end.usage.prompt_tokens,
        "completion_tokens": end.usage.completion_tokens,
        "code": code,
    }
    return audit.draft(
        "chat.end",
        actor=answer.user,
        resource=answer.request,
        outcome="ok" if code in ("", "cancelled") else "failed",
        detail=detail,
        id=f"{answer.request}.end",
    )


def _failed(job: ChatJob, failure: Failure) -> ChatFailed:
    return ChatFailed(
        request=job.request,
        user=job.user,
        model=job.model,
        answers=(),
        usage=Usage(),
        at=time.time(),
        chat=job.chat,
        message_id=job.message_id,
        requested_model=job.requested_model,
        failure=failure,
    )


async def _insist(what: str, act: Callable[[], Awaitable[object]]) -> None:
    """The bus or the database may be away for a moment. What cannot be done after some tries is logged."""
    for attempt in range(TRIES):
        try:
            await act()
        except Unavailable as error:
            if attempt == TRIES - 1:
                log.error("could not %s: %s", what, error)  # noqa: TRY400 - its trace tells nothing
            else:
                await asyncio.sleep(PAUSE_S * 2**attempt)
        else:
            return
