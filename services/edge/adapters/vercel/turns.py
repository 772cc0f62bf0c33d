"""An answer that a client sends back, as the turns that a model reads: what it said and called, and what came of that.

Its parts come in steps, one for each time that the model spoke: `step-start` is between them.
"""

import msgspec

from services.edge.adapters.vercel.client_calls import ClientCall, call_of, invoked
from services.edge.adapters.vercel.client_messages import MAX_CALLS, ClientMessage, ClientPart
from services.edge.domain.parts import Outcome
from shared.errors import InvalidRequest
from shared.messages import ChatMessage


class Step(msgspec.Struct):
    texts: list[str] = []
    reasonings: list[str] = []
    calls: list[ClientCall] = []


def steps_of(message: ClientMessage, path: str) -> list[Step]:
    """Raises `InvalidRequest`, naming the field."""
    steps = [Step()]
    for place, part in enumerate(message.known_parts):
        if part.type == "step-start":
            steps.append(Step())
        else:
            _add(steps[-1], part, f"{path}.parts[{place}]")
    last = steps[-1]
    if not any(step.texts for step in steps) and isinstance(message.content, str):
        last.texts.append(message.content)
    if not any(step.calls for step in steps):
        last.calls.extend(map(invoked, message.tool_invocations or ()))
    if any(len(step.calls) > MAX_CALLS for step in steps):
        raise InvalidRequest(f"An answer has at most {MAX_CALLS} calls at a time.", param=f"{path}.parts")
    return [step for step in steps if step.texts or step.reasonings or step.calls]


def _add(step: Step, part: ClientPart, path: str) -> None:
    if part.type == "text" and isinstance(part.text, str):
        step.texts.append(part.text)
    elif part.type == "reasoning" and isinstance(part.text, str):
        step.reasonings.append(part.text)
    elif (call := call_of(part, path)) is not None:
        step.calls.append(call)


def turns_of(steps: list[Step], *, with_reasoning: bool = False) -> list[ChatMessage]:
    """`with_reasoning`: also what it thought, for the answer that goes on; of others templates leave it out."""
    turns: list[ChatMessage] = []
    texts: list[str] = []
    reasonings: list[str] = []
    for place, step in enumerate(steps):
        texts += step.texts
        reasonings += step.reasonings if with_reasoning else []
        if not step.calls and place < len(steps) - 1:  # many templates take no two turns of one role
            continue
        text, reasoning = "\n".join(texts), "\n".join(reasonings)
        if text or step.calls:
            calls = tuple(each.call for each in step.calls)
            turns.append(ChatMessage("assistant", text, reasoning=reasoning, tool_calls=calls))
            turns += [call.result() for call in step.calls]
        texts, reasonings = [], []
    return turns


def outcomes_of(steps: list[Step]) -> tuple[Outcome, ...]:
    return tuple(call.outcome for step in steps for call in step.calls if call.outcome is not None)


def has_all_results(steps: list[Step]) -> bool:
    """It called something, and waits for nothing: it can go on."""
    return bool(steps and steps[-1].calls) and all(call.outcome is not None for call in steps[-1].calls)
