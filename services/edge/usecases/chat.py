"""The product's main job: admission → history → retrieval → job → stream → events."""

import asyncio
import time
import uuid

import msgspec

from services.edge.domain.chat import (
    NO_SOURCES,
    ChatRules,
    Notice,
    Question,
    check,
    query_of,
    title_of,
    words_of,
)
from services.edge.domain.conversations import Beginning, GoingOn, Turn
from services.edge.domain.identity import Principal
from services.edge.domain.parts import Outcomes
from services.edge.ports.audit import Audit
from services.edge.ports.chat import Incoming, Jobs, Passages, Turns, Workers
from services.edge.usecases.admission import Admission
from services.edge.usecases.answers import AnswerStream
from services.edge.usecases.following import Following
from services.edge.usecases.settlement import Settlement
from services.edge.usecases.turnstile import Turnstile
from shared.errors import Cancelled, Conflict, QueueFull, SluiceError, Unavailable, to_failure
from shared.messages import ChatJob, Passage

STORED_S = 0.05
"""An answer that has just ended is looked for again after so long."""


class Chat:
    """Call it with a question; it returns the answer's stream, which the caller leaves."""

    def __init__(
        self,
        *,
        workers: Workers,
        jobs: Jobs,
        history: Turns,
        knowledge: Passages,
        audit: Audit,
        rules: ChatRules,
        admission: Admission,
        following: Following,
        settlement: Settlement,
    ) -> None:
        self._workers = workers
        self._jobs = jobs
        self._history = history
        self._knowledge = knowledge
        self._audit = audit
        self._rules = rules
        self._admission = admission
        self._following = following
        self._settlement = settlement
        self._turnstile = Turnstile(
            width=rules.turns_at_a_time, waiting=rules.max_streams, patience_s=rules.patience_s
        )

    async def __call__(self, principal: Principal, question: Question) -> AnswerStream:
        """Raises `InvalidRequest`, `ModelNotFound`, `NotFound` for another user's conversation, `RateLimited`, or
        `Unavailable`."""
        check(question, self._rules)
        model = await self._workers.resolve(question.model)
        if question.tools is not None and not (question.needs_tools or model.tools):
            question = msgspec.structs.replace(question, tools=None)
        self._admission.enter(principal.user)
        request = uuid.uuid4().hex
        incoming = self._jobs.open(request)
        job = self._job(principal.user, question, model.name, request, incoming)
        try:
            job, notices = await self._submit(job, question)
        except BaseException:
            self._admission.leave(principal.user)
            incoming.close()
            raise
        answer = self._following.follow(principal, job, incoming, notices, self._admission)
        answer.goes_on = question.goes_on
        return answer

    def _job(self, user: str, question: Question, model: str, request: str, incoming: Incoming) -> ChatJob:
        now = time.time()
        return ChatJob(
            request=request,
            user=user,
            model=model,
            requested_model=question.model if question.model != model else "",
            messages=question.messages,
            inbox=self._jobs.inbox,
            stream=incoming.number,
            created_at=now,
            deadline=now + self._rules.deadline_s,
            sampling=question.sampling,
            prompt=question.prompt,
            tools=question.tools,
            reasoning_effort=question.reasoning_effort,
            chat_template_kwargs=question.chat_template_kwargs,
            chat=question.chat,
            message_id=uuid.uuid4().hex,
        )

    async def _submit(self, job: ChatJob, question: Question) -> tuple[ChatJob, tuple[Notice, ...]]:
        detail: dict[str, str | int | float | bool] = {
            "model": job.model,
            "requested_model": job.requested_model or job.model,
            "chat": job.chat,
        }
        await self._audit.record("chat.start", actor=job.user, resource=job.request, detail=detail)
        try:
            if question.goes_on:
                job, notices = await self._go_on(job, question), ()
            else:
                if job.chat:
                    turn = _turn(job, question)
                    await self._turnstile(lambda: self._history.begin_turn(turn))
                passages, notices = await self._retrieve(job.user, question)
                job = msgspec.structs.replace(job, passages=passages)
            await self._enqueue(job, notices, goes_on=question.goes_on)
        except (SluiceError, asyncio.CancelledError) as error:
            known = error if isinstance(error, SluiceError) else Cancelled("The request was given up.")
            self._settlement.refused(job, to_failure(known))
            raise
        return job, notices

    async def _go_on(self, job: ChatJob, question: Question) -> ChatJob:
        """The same answer, from the same passages. Its client may be faster than the history that stores it."""
        outcomes = question.outcomes or Outcomes("", ())
        going = GoingOn(job.user, job.chat, outcomes, job.created_at, job.request)
        begun: list[Beginning] = []

        async def go_on() -> None:
            begun.append(await self._history.go_on(going))

        give_up_at = time.monotonic() + self._rules.patience_s
        while not begun:
            try:
                await self._turnstile(go_on)
            except Conflict:
                if time.monotonic() > give_up_at:
                    raise
                await asyncio.sleep(STORED_S)
        return msgspec.structs.replace(job, message_id=begun[0].message_id, passages=begun[0].passages)

    async def _enqueue(self, job: ChatJob, notices: tuple[Notice, ...], *, goes_on: bool) -> None:
        try:
            await self._jobs.submit(job, tuple(notice.code for notice in notices), goes_on=goes_on)
        except QueueFull as error:
            raise self._admission.queue_refused() from error
        self._admission.queue_took()

    async def _retrieve(
        self, user: str, question: Question
    ) -> tuple[tuple[Passage, ...], tuple[Notice, ...]]:
        """Without its sources an answer is worth less, but it is worth something: the reader is told."""
        query = query_of(question)
        if not question.retrieve or not query:
            return (), ()
        rules = self._rules
        try:
            found = await self._knowledge.search(
                user, query, rules.retrieval_limit, rules.retrieval_min_score
            )
        except Unavailable:
            return (), (NO_SOURCES,)
        return found, ()


def _turn(job: ChatJob, question: Question) -> Turn:
    return Turn(
        user=job.user,
        chat=job.chat,
        question_id=question.question_id or uuid.uuid4().hex,
        text=words_of(question),
        title=title_of(question),
        at=job.created_at,
        request=job.request,
        message_id=job.message_id,
        before=question.before,
        beside=question.beside,
        files=question.files,
        outcomes=question.outcomes,
    )
