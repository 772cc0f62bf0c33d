"""The functions that an answer may call, and which of them it shall. Whether a schema makes sense, the engine says."""

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from services.edge.adapters.openai.formats import schema_text
from services.edge.adapters.openai.refused import UnsupportedParameter
from shared.errors import InvalidRequest
from shared.messages import Function, Tools

MAX_TOOLS = 128
MAX_BYTES = 131_072
"""Of all schemas together: forced calls are held by one grammar of all of them."""

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class FunctionDefinition(msgspec.Struct):
    name: str
    description: Annotated[str, Meta(max_length=16_384)] | None = None
    parameters: dict[str, object] | None = None
    strict: bool | None = None


class Tool(msgspec.Struct):
    type: str
    function: FunctionDefinition | None = None


class NamedFunction(msgspec.Struct):
    name: str


class NamedTool(msgspec.Struct):
    type: str
    function: NamedFunction | None = None


def to_tools(
    given: tuple[Tool, ...] | None,
    choice: Literal["none", "auto", "required"] | NamedTool | None,
    *,
    parallel: bool,
) -> Tools | None:
    """Raises `InvalidRequest`, naming the field."""
    functions = tuple(_function(tool, f"tools[{place}]") for place, tool in enumerate(given or ()))
    check(functions)
    if isinstance(choice, NamedTool):
        return Tools(functions, "named", _named(choice, functions), parallel)
    if functions:
        return Tools(functions, choice or "auto", parallel=parallel)
    if choice == "required":
        raise InvalidRequest("There are no tools to call.", param="tool_choice")
    return None


def check(functions: tuple[Function, ...]) -> None:
    names = [function.name for function in functions]
    if (twice := next((name for name in names if names.count(name) > 1), None)) is not None:
        raise InvalidRequest(f"Two functions are called '{twice}'.", param="tools")
    if sum(len(function.parameters) for function in functions) > MAX_BYTES:
        raise InvalidRequest(f"The tools' schemas have more than {MAX_BYTES} characters.", param="tools")


def _function(tool: Tool, path: str) -> Function:
    if tool.type != "function":
        raise UnsupportedParameter(
            f"Tools of type '{tool.type}' are not supported here: functions are.", param=f"{path}.type"
        )
    if (found := tool.function) is None:
        raise InvalidRequest("This field is required.", param=f"{path}.function")
    if not NAME.fullmatch(found.name):
        raise InvalidRequest(
            "A function's name has 1 to 64 letters, digits, '_' or '-'.", param=f"{path}.function.name"
        )
    schema = found.parameters
    parameters = "" if schema is None else schema_text(schema, f"{path}.function.parameters")
    return Function(found.name, found.description or "", parameters, bool(found.strict))


def _named(choice: NamedTool, functions: tuple[Function, ...]) -> str:
    if choice.type != "function":
        raise UnsupportedParameter(
            f"A choice of type '{choice.type}' is not supported here.", param="tool_choice.type"
        )
    name = choice.function.name if choice.function is not None else ""
    if all(function.name != name for function in functions):
        raise InvalidRequest("There is no such function among the tools.", param="tool_choice.function.name")
    return name
