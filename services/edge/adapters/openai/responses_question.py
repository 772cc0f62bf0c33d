"""A request for a response as a question."""

from services.edge.adapters.openai.formats import schema_text
from services.edge.adapters.openai.responses_body import LOGPROBS, ResponsesBody, TextFormat, ToolChoice
from services.edge.adapters.openai.responses_input import to_messages
from services.edge.adapters.openai.tools import Named, chosen, require_function, to_function
from services.edge.domain.chat import Question
from shared.errors import InvalidRequest
from shared.messages import Function, JsonFormat, Sampling, Tools


def to_question(body: ResponsesBody) -> Question:
    """Raises `InvalidRequest`, naming the field."""
    return Question(
        model=body.model,
        messages=to_messages(body.input, body.instructions),
        sampling=Sampling(
            max_tokens=body.max_output_tokens,
            temperature=body.temperature,
            top_p=body.top_p,
            logprobs=LOGPROBS in (body.include or ()),
            top_logprobs=body.top_logprobs or 0,
            json_format=_json_format(body.text.format if body.text else None),
        ),
        tools=_tools(body),
        reasoning_effort=body.reasoning.effort if body.reasoning else None,
        retrieve=body.retrieval,
    )


def _json_format(asked: TextFormat | None) -> JsonFormat | None:
    if asked is None or asked.type == "text":
        return None
    if asked.type == "json_object":
        return JsonFormat()
    if asked.name is None or asked.schema is None:
        missing = "name" if asked.name is None else "schema"
        raise InvalidRequest("This field is required.", param=f"text.format.{missing}")
    return JsonFormat(schema_text(asked.schema, "text.format.schema"), asked.name, bool(asked.strict))


def _tools(body: ResponsesBody) -> Tools | None:
    functions: list[Function] = []
    for place, tool in enumerate(body.tools or ()):
        require_function(tool.type, f"tools[{place}].type")
        functions.append(to_function(tool.name or "", tool, f"tools[{place}]"))
    choice, parallel = body.tool_choice, body.parallel_tool_calls is not False
    if isinstance(choice, ToolChoice):
        require_function(choice.type, "tool_choice.type")
        return chosen(functions, Named(choice.name or "", "tool_choice.name"), parallel=parallel)
    return chosen(functions, choice, parallel=parallel)
