"""Chat and what belongs to it, put together over its ports."""

from services.edge.domain.chat import ChatRules
from services.edge.ports.audit import Audit
from services.edge.ports.chat import Jobs, Passages, Turns, Workers
from services.edge.ports.identity import Sessions
from services.edge.usecases.admission import Admission
from services.edge.usecases.chat import Chat
from services.edge.usecases.following import Following
from services.edge.usecases.live import LiveAnswers
from services.edge.usecases.settlement import Settlement


class Answering:
    """`close` it with the process."""

    def __init__(
        self,
        *,
        workers: Workers,
        jobs: Jobs,
        history: Turns,
        knowledge: Passages,
        sessions: Sessions,
        audit: Audit,
        rules: ChatRules,
    ) -> None:
        settlement = Settlement(jobs, history, audit)
        self.following = Following(
            jobs=jobs,
            workers=workers,
            sessions=sessions,
            settlement=settlement,
            grace_s=rules.resume_grace_s,
            worker_return_s=rules.worker_return_s,
        )
        # Readers who come back are counted apart, or a user's full number of answers could not be read again.
        self._asking, self._resuming = (_admission(workers, rules) for _ in range(2))
        self.chat = Chat(
            workers=workers,
            jobs=jobs,
            history=history,
            knowledge=knowledge,
            audit=audit,
            rules=rules,
            admission=self._asking,
            following=self.following,
            settlement=settlement,
        )
        self.live = LiveAnswers(
            jobs=jobs, history=history, audit=audit, following=self.following, admission=self._resuming
        )

    def refuse(self) -> None:
        """No more answers: the process is about to end."""
        self._asking.close()
        self._resuming.close()

    async def close(self) -> None:
        await self.following.close()


def _admission(workers: Workers, rules: ChatRules) -> Admission:
    return Admission(
        max_streams=rules.max_streams,
        max_streams_per_user=rules.max_streams_per_user,
        queue_jobs=rules.queue_jobs,
        drain_rate=workers.drain_rate,
    )
