"""The functions that an answer may call, and which of them it shall. Whether a schema makes sense, the engine says."""

import re
from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

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


class FunctionFields(msgspec.Struct):
    description: Annotated[str, Meta(max_length=16_384)] | None = None
    parameters: dict[str, object] | None = None
    strict: bool | None = None


class FunctionDefinition(FunctionFields, kw_only=True):
    name: str


class Tool(msgspec.Struct):
    type: str
    function: FunctionDefinition | None = None


class NamedFunction(msgspec.Struct):
    name: str


class NamedTool(msgspec.Struct):
    type: str
    function: NamedFunction | None = None


class Named(NamedTuple):
    """A choice of one function, and where its name stands in the request."""

    name: str
    param: str


def to_tools(
    given: tuple[Tool, ...] | None,
    choice: Literal["none", "auto", "required"] | NamedTool | None,
    *,
    parallel: bool,
) -> Tools | None:
    """Raises `InvalidRequest`, naming the field."""
    functions = [_function(tool, f"tools[{place}]") for place, tool in enumerate(given or ())]
    return choose(functions, choice, parallel=parallel)


def choose(
    functions: Sequence[Function],
    choice: Literal["none", "auto", "required"] | NamedTool | None,
    *,
    parallel: bool,
) -> Tools | None:
    """`chosen`, where the choice is in the form of chat completions."""
    if isinstance(choice, NamedTool):
        require_function(choice.type, "tool_choice.type")
        name = choice.function.name if choice.function is not None else ""
        return chosen(functions, Named(name, "tool_choice.function.name"), parallel=parallel)
    return chosen(functions, choice, parallel=parallel)


def chosen(
    functions: Sequence[Function],
    choice: Literal["none", "auto", "required"] | Named | None,
    *,
    parallel: bool,
) -> Tools | None:
    """All of them, within bounds, and which shall be called. Raises `InvalidRequest`, naming the field."""
    names = [function.name for function in functions]
    if (twice := next((name for name in names if names.count(name) > 1), None)) is not None:
        raise InvalidRequest(f"Two functions are called '{twice}'.", param="tools")
    if sum(len(function.parameters) for function in functions) > MAX_BYTES:
        raise InvalidRequest(f"The tools' schemas have more than {MAX_BYTES} characters.", param="tools")
    if isinstance(choice, Named):
        if choice.name not in names:
            raise InvalidRequest("There is no such function among the tools.", param=choice.param)
        return Tools(tuple(functions), "named", choice.name, parallel)
    if functions:
        return Tools(tuple(functions), choice or "auto", parallel=parallel)
    if choice == "required":
        raise InvalidRequest("There are no tools to call.", param="tool_choice")
    return None


def to_function(name: str, found: FunctionFields, path: str) -> Function:
    """Raises `InvalidRequest`, naming the field."""
    if not NAME.fullmatch(name):
        raise InvalidRequest(
            "A function's name has 1 to 64 letters, digits, '_' or '-'.", param=f"{path}.name"
        )
    parameters = "" if found.parameters is None else schema_text(found.parameters, f"{path}.parameters")
    return Function(name, found.description or "", parameters, bool(found.strict))


def require_function(kind: str, param: str) -> None:
    if kind != "function":
        raise UnsupportedParameter(f"'{kind}' is not supported here: functions are.", param=param)


def _function(tool: Tool, path: str) -> Function:
    require_function(tool.type, f"{path}.type")
    if tool.function is None:
        raise InvalidRequest("This field is required.", param=f"{path}.function")
    return to_function(tool.function.name, tool.function, f"{path}.function")
