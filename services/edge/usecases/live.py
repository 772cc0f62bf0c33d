"""An answer that is being written, found again: read from its beginning, or stopped; at any edge."""

from services.edge.domain.chat import NOTICES
from services.edge.domain.identity import Principal
from services.edge.domain.live import LiveAnswer
from services.edge.domain.parts import MessagePart
from services.edge.ports.audit import Audit
from services.edge.ports.chat import Jobs, Turns
from services.edge.usecases.admission import Admission
from services.edge.usecases.answers import AnswerStream
from services.edge.usecases.following import Following
from shared.errors import NotFound
from shared.messages import ChatJob, Sampling


class LiveAnswers:
    """Both raise `NotFound` for a conversation that is another user's or nobody's, and `Unavailable`."""

    def __init__(
        self, *, jobs: Jobs, history: Turns, audit: Audit, following: Following, admission: Admission
    ) -> None:
        self._jobs = jobs
        self._history = history
        self._audit = audit
        self._following = following
        self._admission = admission

    async def resume(self, principal: Principal, chat: str) -> AnswerStream | None:
        """The newest answer of the conversation, from its beginning; None when none is being written."""
        live = await self._find(principal.user, chat)
        if live is None:
            return None
        beginning = await self._beginning(live) if live.goes_on else ()
        self._admission.enter(principal.user)
        try:
            incoming = await self._jobs.attach(live)
        except BaseException:
            self._admission.leave(principal.user)
            raise
        if incoming is None:
            self._admission.leave(principal.user)
            return None
        job = _job(live, self._jobs.inbox, incoming.number)
        notices = tuple(NOTICES[code] for code in live.notices if code in NOTICES)
        answer = self._following.follow(principal, job, incoming, notices, self._admission, resumed=True)
        answer.beginning = beginning
        return answer

    async def stop(self, principal: Principal, chat: str) -> None:
        """What there is of the answer is stored. Where none is being written there is nothing to do."""
        live = await self._find(principal.user, chat)
        if live is None:
            return
        record = self._audit.draft("chat.stop", actor=principal.user, resource=live.request)
        await self._jobs.cancel(live.request)
        await self._audit.keep(record)

    async def _beginning(self, live: LiveAnswer) -> tuple[MessagePart, ...]:
        return await self._history.beginning(live.user, live.chat, live.message_id)

    async def _find(self, user: str, chat: str) -> LiveAnswer | None:
        live = await self._jobs.find(chat)
        if live is None:
            await self._history.require(user, chat)
        elif live.user != user:
            raise NotFound("There is no such conversation.")
        return live


def _job(live: LiveAnswer, inbox: str, stream: int) -> ChatJob:
    """As far as it is known: without the messages, and how to sample."""
    return ChatJob(
        request=live.request,
        user=live.user,
        model=live.model,
        messages=(),
        inbox=inbox,
        stream=stream,
        created_at=live.created_at,
        deadline=live.deadline,
        sampling=Sampling(n=live.choices),
        passages=live.passages,
        chat=live.chat,
        message_id=live.message_id,
    )
