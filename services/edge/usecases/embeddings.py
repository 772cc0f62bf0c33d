"""Embeddings for whoever is signed in, a block of texts at a time."""

import asyncio

from services.edge.domain.embedding import EmbeddingRules, Texts, blocks, check
from services.edge.domain.identity import Principal
from services.edge.ports.audit import Audit
from services.edge.ports.embedding import Embedder, Lane
from services.edge.ports.identity import Sessions
from services.edge.usecases.admission import Admission
from shared.errors import ContextLengthExceeded, DeadlineExceeded, Unauthorized
from shared.messages import EmbedReply, EmbedRequest


class Embeddings:
    """Call it with texts, and cancel it when nobody waits for them any more: the next block is not asked for."""

    def __init__(
        self,
        *,
        embedder: Embedder,
        sessions: Sessions,
        audit: Audit,
        rules: EmbeddingRules,
    ) -> None:
        self._embedder = embedder
        self._sessions = sessions
        self._audit = audit
        self._rules = rules
        self._admission = Admission(
            max_streams=rules.at_a_time, max_streams_per_user=rules.per_user, what="requests for embeddings"
        )

    def refuse(self) -> None:
        """No more of them: the process is about to end."""
        self._admission.close()

    async def __call__(self, principal: Principal, asked: Texts) -> list[EmbedReply]:
        """The blocks of vectors, in the order of the texts. Raises `InvalidRequest`, `TooLarge`,
        `ContextLengthExceeded`, `ModelNotFound`, `RateLimited`, `DeadlineExceeded` or `Unavailable`."""
        check(asked, self._rules)
        self._admission.enter(principal.user)
        try:
            async with asyncio.timeout(self._rules.deadline_s):
                replies = await self._embed(principal, asked)
        except TimeoutError as error:
            raise DeadlineExceeded("The embeddings took longer than a request may.") from error
        finally:
            self._admission.leave(principal.user)
        detail: dict[str, str | int | float | bool] = {
            "model": replies[0].model,
            "texts": len(asked.texts),
            "tokens": sum(reply.tokens for reply in replies),
        }
        draft = self._audit.draft("embeddings.create", actor=principal.user, detail=detail)
        await self._audit.keep(draft)
        return replies

    async def _embed(self, principal: Principal, asked: Texts) -> list[EmbedReply]:
        """One text is somebody's question; several are bulk."""
        lane: Lane = "query" if len(asked.texts) == 1 else "batch"
        replies: list[EmbedReply] = []
        done = 0
        for block in blocks(asked.texts):
            if self._sessions.revoked(principal):
                raise Unauthorized("Your access was taken back.")
            reply = await self._embedder.embed(EmbedRequest(block, asked.model, asked.dimensions), lane)
            if reply.truncated and not asked.truncate:
                raise ContextLengthExceeded(
                    f"A text is longer than '{reply.model}' reads. Cut it, or let "
                    "'truncate_prompt_tokens' be -1: then only its beginning counts.",
                    param=asked.field.format(done + reply.truncated[0]),
                )
            replies.append(reply)
            done += len(block)
        return replies
