"""OpenAI's legacy completions: prompts that a model goes on with."""

from typing import Any

from litestar import Controller, Request, post
from litestar.di import NamedDependency

from services.edge.adapters.http.answers import AnswerResponse, StreamedAnswer, WholeAnswerBody
from services.edge.adapters.http.openai_errors import openai_error, openai_refusal
from services.edge.adapters.openai.legacy import read_body, to_questions
from services.edge.adapters.openai.legacy_answers import LegacyStream, legacy_completion
from services.edge.domain.identity import Principal
from services.edge.usecases.chat import Chat
from services.edge.usecases.several import ask_all


class LegacyController(Controller):
    path = "/v1/completions"
    tags = ("OpenAI",)

    @post("/", status_code=200, summary="Go on", exception_handlers={Exception: openai_error})
    async def go_on(
        self,
        request: Request[Principal, Any, Any],
        principal: NamedDependency[Principal],
        chat: NamedDependency[Chat],
    ) -> AnswerResponse:
        """Legacy completions as OpenAI has them, streamed or whole; a prompt is text or token ids, as it is."""
        body = read_body(await request.body())
        questions = to_questions(body)
        answer = (
            await chat(principal, questions[0])
            if len(questions) == 1
            else await ask_all(chat, principal, questions)
        )
        job = answer.job
        headers = {"x-sluice-request-id": job.request}
        if not body.stream:
            whole = WholeAnswerBody(
                answer, openai_refusal, headers, lambda whole: legacy_completion(job, whole)
            )
            return AnswerResponse(whole)
        include_usage = bool(body.stream_options and body.stream_options.include_usage)
        stream = LegacyStream(job, answer.choices, include_usage=include_usage)
        return AnswerResponse(StreamedAnswer(answer, openai_refusal, headers, stream))
