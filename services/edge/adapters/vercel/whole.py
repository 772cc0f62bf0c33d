"""The whole answer as one JSON object, for the bare body with `stream: false`."""

from services.edge.adapters.openai.completions import call_fields
from services.edge.adapters.streaming import encode_json
from services.edge.adapters.vercel.sources import source_metadata
from services.edge.domain.answers import WholeAnswer
from services.edge.usecases.answers import AnswerStream


def whole_answer(answer: AnswerStream, whole: WholeAnswer) -> bytes:
    job = answer.job
    choice = whole.choices[0]
    return encode_json(
        {
            "id": job.message_id,
            "chat_id": job.chat,
            "model": job.model,
            "content": choice.text,
            "reasoning": choice.reasoning,
            "tool_calls": [call_fields(call) for call in choice.calls],
            "sources": [
                {"title": passage.title} | source_metadata(citation, passage)["sluice"]
                for citation, passage in enumerate(job.passages, 1)
            ],
            "notices": [{"code": notice.code, "message": notice.message} for notice in answer.notices],
            "finish_reason": choice.finish_reason,
            "usage": {
                "prompt_tokens": whole.usage.prompt_tokens,
                "completion_tokens": whole.usage.completion_tokens,
                "total_tokens": whole.usage.total_tokens,
            },
        }
    )
