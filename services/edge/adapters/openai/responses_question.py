"""A request for a response as a question."""

import re

from services.edge.adapters.openai.formats import schema_text
from services.edge.adapters.openai.requests import UnsupportedParameter
from services.edge.adapters.openai.responses_body import (
    LOGPROBS,
    FunctionTool,
    ResponsesBody,
    TextFormat,
    ToolChoice,
)
from services.edge.adapters.openai.responses_input import to_messages
from services.edge.domain.chat import Question
from shared.errors import InvalidRequest
from shared.messages import Function, JsonFormat, Sampling, Tools

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


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
    functions = tuple(_function(tool, f"tools[{place}]") for place, tool in enumerate(body.tools or ()))
    names = [function.name for function in functions]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidRequest(f"Two functions are called '{twice}'.", param="tools")
    choice = body.tool_choice or "auto"
    if isinstance(choice, ToolChoice):
        named = _named(choice, names)
        return Tools(functions, "named", named, parallel=body.parallel_tool_calls is not False)
    if not functions:
        if choice == "required":
            raise InvalidRequest("There are no tools to call.", param="tool_choice")
        return None
    return Tools(functions, choice, parallel=body.parallel_tool_calls is not False)


def _function(tool: FunctionTool, path: str) -> Function:
    if tool.type != "function":
        raise UnsupportedParameter(
            f"Tools of type '{tool.type}' are not supported here: functions are.", param=f"{path}.type"
        )
    if tool.name is None or not NAME.fullmatch(tool.name):
        raise InvalidRequest(
            "A function's name has 1 to 64 letters, digits, '_' or '-'.", param=f"{path}.name"
        )
    parameters = "" if tool.parameters is None else schema_text(tool.parameters, f"{path}.parameters")
    return Function(tool.name, tool.description or "", parameters, bool(tool.strict))


def _named(choice: ToolChoice, names: list[str]) -> str:
    if choice.type != "function":
        raise UnsupportedParameter(
            f"A choice of type '{choice.type}' is not supported here.", param="tool_choice.type"
        )
    if choice.name not in names:
        raise InvalidRequest("There is no such function among the tools.", param="tool_choice.name")
    return choice.name
