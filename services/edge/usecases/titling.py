"""Titles that the model makes: one small job for a conversation, after its first finished answer, in nobody's way.

Nothing waits for it and nothing fails by it. What cannot be had now (too many at once, a queue that is full, a model
that says no title) leaves the title that the question gave.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable

import msgspec

from services.edge.domain.answers import WholeAnswer
from services.edge.domain.titles import TITLE_TOKENS, title_from, title_request
from services.edge.ports.audit import Audit
from services.edge.ports.chat import Incoming, Jobs
from services.edge.ports.history import Titles
from shared.errors import SluiceError
from shared.messages import ChatCompleted, ChatJob, Sampling, end_of

log = logging.getLogger(__name__)

TEMPLATE_KWARGS = {"vllm": '{"enable_thinking": false}'}
"""By engine: a model that thinks first would have no token left for the title. Other servers may refuse the field."""


class TitleRules(msgspec.Struct, frozen=True, kw_only=True):
    at_a_time: int = 4
    """Of one edge; more are not asked for."""
    deadline_s: float = 60.0


class Titling:
    """`engine_of`: what serves a model and can give titles; empty if nothing. `close` it with the process."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        history: Titles,
        audit: Audit,
        engine_of: Callable[[str], str],
        rules: TitleRules,
    ) -> None:
        self._jobs = jobs
        self._history = history
        self._audit = audit
        self._engine_of = engine_of
        self._rules = rules
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def consider(self, event: ChatCompleted) -> None:
        """After an answer in a conversation that still has its question's title. One that was stopped or broke off, or
        says nothing, gives none: the next one may."""
        engine = self._engine_of(event.model)
        said = event.answers[0].text.strip() if event.answers else ""
        if type(event) is not ChatCompleted or not said or not engine:
            return
        if self._closed or len(self._tasks) >= self._rules.at_a_time:
            return
        task = asyncio.create_task(self._title(event, engine))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _title(self, event: ChatCompleted, engine: str) -> None:
        try:
            question = await self._history.claim_title(event.user, event.chat, event.request)
            if question is None:
                return
            title = await self._ask(self._job(event, question, engine), event.chat)
            if title:
                await self._history.entitle(event.user, event.chat, title)
        except SluiceError as error:
            log.info("no title for a conversation: %s", error)

    def _job(self, event: ChatCompleted, question: str, engine: str) -> ChatJob:
        """Of no conversation: its end is told to nobody's history."""
        now = time.time()
        return ChatJob(
            request=uuid.uuid4().hex,
            user=event.user,
            model=event.model,
            messages=title_request(question, event.answers[0].text),
            inbox=self._jobs.inbox,
            stream=0,
            created_at=now,
            deadline=now + self._rules.deadline_s,
            sampling=Sampling(max_tokens=TITLE_TOKENS, temperature=0.0),
            chat_template_kwargs=TEMPLATE_KWARGS.get(engine, ""),
            priority="batch",
        )

    async def _ask(self, job: ChatJob, chat: str) -> str:
        detail: dict[str, str | int | float | bool] = {"model": job.model, "chat": chat}
        await self._audit.record("title.start", actor=job.user, resource=job.request, detail=detail)
        incoming = self._jobs.open(job.request)
        whole = WholeAnswer()
        code = "cancelled"
        try:
            async with asyncio.timeout(self._rules.deadline_s):
                await self._jobs.submit(msgspec.structs.replace(job, stream=incoming.number))
                await _read(incoming, whole)
            code = whole.failure.code if whole.failure else ""
        except TimeoutError:
            code = "deadline_exceeded"
        except SluiceError as error:
            code = error.code
            raise
        finally:
            incoming.close()
            await self._over(job, whole, detail, code)
        return "" if code else title_from(whole.choices[0].text, whole.choices[0].finish_reason)

    async def _over(
        self, job: ChatJob, whole: WholeAnswer, detail: dict[str, str | int | float | bool], code: str
    ) -> None:
        usage = whole.usage
        counted = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}
        record = self._audit.draft(
            "title.end",
            actor=job.user,
            resource=job.request,
            outcome="failed" if code else "ok",
            detail={**detail, **counted, "code": code},
            id=f"{job.request}.end",
        )
        await self._audit.keep(record)
        if code:
            await self._jobs.cancel(job.request)


async def _read(incoming: Incoming, whole: WholeAnswer) -> None:
    while True:
        pieces = await incoming.next()
        whole.add(pieces)
        if end_of(pieces) is not None:
            return
