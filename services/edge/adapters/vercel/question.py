"""What a client has sent as a question: turns for the model, files, and results of the calls that it was told of.

An assistant's message at the end, all of whose last calls have results, is an answer that shall go on.
"""

import uuid

import msgspec

from services.edge.adapters.openai.tools import choose, require_function, to_function
from services.edge.adapters.vercel.client_messages import ClientMessage, text_of
from services.edge.adapters.vercel.files import ClientFile, files_of
from services.edge.adapters.vercel.requests import ChatBody, ChatTool
from services.edge.adapters.vercel.turns import has_all_results, outcomes_of, steps_of, turns_of
from services.edge.domain.chat import Question
from services.edge.domain.parts import Outcomes
from shared.errors import InvalidRequest
from shared.messages import ChatMessage, Function, ImageContent, Sampling, TextContent, Tools

LAST = "The last message must be the user's, with some text or a file, or an answer whose calls all have results."


def to_question(body: ChatBody) -> Question:
    """Raises `InvalidRequest`, naming the field, or `TooLarge`."""
    last = body.messages[-1]
    chat = body.id or uuid.uuid4().hex
    turns: list[ChatMessage] = []
    for place, message in enumerate(body.messages[:-1]):
        turns += _turns(message, f"messages[{place}]")
    asked = Question(
        model=body.model or "",
        sampling=Sampling(
            max_tokens=body.max_tokens, temperature=body.temperature, top_p=body.top_p, seed=body.seed
        ),
        tools=_tools(body),
        needs_tools=body.tool_choice not in (None, "auto"),
        retrieve=body.retrieval,
        chat=chat,
    )
    path = f"messages[{len(body.messages) - 1}]"
    if last.role == "assistant":
        return _going_on(asked, turns, last, path)
    return _asking(asked, turns, body, path)


def _asking(asked: Question, turns: list[ChatMessage], body: ChatBody, path: str) -> Question:
    last = body.messages[-1]
    files, text = files_of(last, path), text_of(last)
    if last.role != "user" or not (text.strip() or files):
        raise InvalidRequest(LAST, param=path)
    turns.append(_question(text, files))
    return msgspec.structs.replace(
        asked,
        messages=tuple(turns),
        question_id=last.id or _question_id(asked.chat, turns),
        before=_before(body.messages),
        beside=body.trigger is not None,
        asked=text,
        files=tuple(file.part for file in files),
        outcomes=_newest_outcomes(body.messages[:-1]),
    )


def _going_on(asked: Question, turns: list[ChatMessage], last: ClientMessage, path: str) -> Question:
    steps = steps_of(last, path)
    if not has_all_results(steps):
        raise InvalidRequest(LAST, param=path)
    turns += turns_of(steps, with_reasoning=True)
    outcomes = Outcomes(last.id or "", outcomes_of(steps))
    return msgspec.structs.replace(asked, messages=tuple(turns), outcomes=outcomes, goes_on=True)


def _before(messages: tuple[ClientMessage, ...]) -> tuple[str, ...] | None:
    """A list that is cut, and goes on with a new question, is a new branch."""
    earlier = [message for message in messages[:-1] if message.role in ("user", "assistant")]
    return tuple(message.id for message in reversed(earlier) if message.id) or (None if earlier else ())


def _newest_outcomes(messages: tuple[ClientMessage, ...]) -> Outcomes | None:
    """Of the answer before the question: results that its client has had and not sent yet."""
    for place in range(len(messages) - 1, -1, -1):
        if messages[place].role == "assistant":
            found = outcomes_of(steps_of(messages[place], f"messages[{place}]"))
            return Outcomes(messages[place].id or "", found) if found else None
    return None


def _turns(message: ClientMessage, path: str) -> list[ChatMessage]:
    match message.role:
        case "assistant":
            return turns_of(steps_of(message, path))
        case "user":
            files, text = files_of(message, path), text_of(message)
            return [_question(text, files)] if text or files else []
        case "system":
            return [ChatMessage("system", text)] if (text := text_of(message)) else []
        case "data":
            return []


def _question(text: str, files: list[ClientFile]) -> ChatMessage:
    """Text alone stays text."""
    contents = [file.content for file in files]
    if any(isinstance(content, ImageContent) for content in contents):
        return ChatMessage("user", (*contents, *([TextContent(text)] if text else [])))
    told = [content.text for content in contents if isinstance(content, TextContent)]
    return ChatMessage("user", "\n\n".join([*told, text] if text else told))


def _tools(body: ChatBody) -> Tools | None:
    functions = [_function(tool, f"tools[{place}]") for place, tool in enumerate(body.tools or ())]
    return choose(functions, body.tool_choice, parallel=body.parallel_tool_calls is not False)


def _function(tool: ChatTool, path: str) -> Function:
    require_function(tool.type, f"{path}.type")
    if tool.function is not None:
        return to_function(tool.function.name, tool.function, f"{path}.function")
    if tool.name is None:
        raise InvalidRequest("This field is required.", param=f"{path}.name")
    return to_function(tool.name, tool, path)


def _question_id(chat: str, messages: list[ChatMessage]) -> str:
    """Version 4 sends no ids: a question is known by its place, so that asking it again replaces its answer."""
    place = sum(message.role == "user" for message in messages)
    return uuid.uuid5(uuid.NAMESPACE_URL, f"sluice:{chat}:{place}").hex
