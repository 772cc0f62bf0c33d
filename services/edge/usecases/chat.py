"""The product's main job: admission → history → retrieval → job → stream → events."""

import asyncio
import time
import uuid

import msgspec

from services.edge.domain.chat import NO_SOURCES, ChatRules, Notice, Question, check, query_of, title_of
from services.edge.domain.conversations import Turn
from services.edge.domain.identity import Principal
from services.edge.ports.audit import Audit
from services.edge.ports.chat import Incoming, Jobs, Passages, Turns, Workers
from services.edge.usecases.admission import Admission
from services.edge.usecases.answers import AnswerStream
from services.edge.usecases.following import Following
from services.edge.usecases.settlement import Settlement
from services.edge.usecases.turnstile import Turnstile
from shared.errors import Cancelled, QueueFull, SluiceError, Unavailable, to_failure
from shared.messages import ChatJob, Passage


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
        return self._following.follow(principal, job, incoming, notices, self._admission)

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
            if job.chat:
                turn = _turn(job, question)
                await self._turnstile(lambda: self._history.begin_turn(turn))
            passages, notices = await self._retrieve(job.user, question)
            job = msgspec.structs.replace(job, passages=passages)
            await self._enqueue(job, notices)
        except (SluiceError, asyncio.CancelledError) as error:
            known = error if isinstance(error, SluiceError) else Cancelled("The request was given up.")
            self._settlement.refused(job, to_failure(known))
            raise
        return job, notices

    async def _enqueue(self, job: ChatJob, notices: tuple[Notice, ...]) -> None:
        try:
            await self._jobs.submit(job, tuple(notice.code for notice in notices))
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
    text = question.messages[-1].text
    return Turn(
        user=job.user,
        chat=job.chat,
        question_id=question.question_id or uuid.uuid4().hex,
        text=text,
        title=title_of(text),
        at=job.created_at,
        request=job.request,
        message_id=job.message_id,
        before=question.before,
        beside=question.beside,
    )
