"""Whatever a model says, both of Vercel's parsers and OpenAI's hand it on byte for byte."""

import asyncio
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import httpx2  # what `openai` is built on
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openai import OpenAI, Stream
from openai.types.chat import ChatCompletionChunk

from services.edge.adapters.openai.chunks import ChunkStream
from services.edge.adapters.streaming import StreamFormat
from services.edge.adapters.vercel.data_stream import DataStream
from services.edge.adapters.vercel.ui_stream import UiStream
from services.edge.usecases.answers import AnswerStream
from shared.messages import ChatJob, Delta, End, Finished, Piece, Reasoning, Text, Usage
from shared.streams import Receiver
from tests.node_clients import NodeClients

pytestmark = pytest.mark.node

JOB = ChatJob(
    request="r",
    user="u",
    model="m",
    messages=(),
    inbox="i",
    stream=1,
    created_at=1.0,
    deadline=2.0,
    message_id="m1",
)
NASTY = (
    '\r\n\n\n \0\x1f\x7f\x85\u2028\u2029\ufeff"\'\\\\n</script>data: [DONE]\n\n0:"x"'
    " 😀👩‍👩‍👧‍👦 é ẅ 中文 \ud7ff\ue000\U0010ffff"
)

pieces = st.lists(
    st.tuples(
        st.sampled_from([Text, Reasoning]), st.text(st.characters(exclude_categories=["Cs"])) | st.just(NASTY)
    ),
    max_size=12,
)
Pieces = list[tuple[type[Text] | type[Reasoning], str]]
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def stream_of(make: Callable[[], StreamFormat[AnswerStream]], said: Pieces) -> list[bytes]:
    """One write a piece, as a fast client gets them."""
    answer = AnswerStream(JOB, Receiver(inbox="i").open("r"), (), lambda _: None)
    format_ = make()
    deltas: list[Piece] = [
        text if n and kind is Text else Delta(1, 1, n, parts=(kind(text),))
        for n, (kind, text) in enumerate(said)
    ]
    deltas.append(Delta(1, 1, len(said), parts=(Finished("stop"),), end=End(Usage(1, 2))))
    return [format_.begin(answer), *(format_.encode([delta]) for delta in deltas)]


def expected(said: Pieces, kind: type[Text] | type[Reasoning]) -> str:
    return "".join(text for one, text in said if one is kind)


class Runner:
    """Hypothesis calls plain functions; Node is asked on a loop that outlives them."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._node = self._loop.run_until_complete(NodeClients.start())

    def read(self, client: str, chunks: list[bytes]) -> dict[str, Any]:
        return self._loop.run_until_complete(self._node.read(client, *chunks, text="?"))

    def close(self) -> None:
        self._loop.run_until_complete(self._node.close())
        self._loop.close()


@pytest.fixture(scope="module")
def node() -> Generator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


@many
@given(said=pieces)
@example(said=[(Text, NASTY), (Reasoning, NASTY), (Text, "")])
def test_ai_sdk_4(node: Runner, said: Pieces) -> None:
    seen = node.read("ai4", stream_of(DataStream, said))
    assert seen["error"] is None
    assert seen["message"]["content"] == expected(said, Text)
    assert seen["message"].get("reasoning", "") == expected(said, Reasoning)
    assert seen["finish"]["finishReason"] == "stop"


@many
@given(said=pieces)
@example(said=[(Text, NASTY), (Reasoning, NASTY), (Text, "")])
def test_ai_sdk_7(node: Runner, said: Pieces) -> None:
    seen = node.read("ai7", stream_of(UiStream, said))
    assert seen["error"] is None
    parts = seen["messages"][1]["parts"]
    assert "".join(part["text"] for part in parts if part["type"] == "text") == expected(said, Text)
    assert "".join(part["text"] for part in parts if part["type"] == "reasoning") == expected(said, Reasoning)
    assert all(part.get("state", "done") == "done" for part in parts)


@many
@given(said=pieces, cut=st.integers(1, 40))
@example(said=[(Text, NASTY), (Reasoning, NASTY), (Text, "")], cut=1)
def test_openai(said: Pieces, cut: int) -> None:
    """Cut into packets anywhere, also within a character."""
    data = b"".join(stream_of(partial(ChunkStream, JOB, include_usage=True), said))
    body = [data[at : at + cut] for at in range(0, len(data), cut)]
    with OpenAI(api_key="-", base_url="http://edge") as client:
        response = httpx2.Response(200, content=iter(body))
        stream = Stream(cast_to=ChatCompletionChunk, response=response, client=client)
        deltas = [chunk.choices[0].delta for chunk in stream if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == expected(said, Text)
    reasoning = [(delta.model_extra or {}).get("reasoning_content") or "" for delta in deltas]
    assert "".join(reasoning) == expected(said, Reasoning)


@many
@given(said=pieces)
@example(said=[(Text, NASTY)])
def test_every_part_is_one_line_whoever_splits_them(said: Pieces) -> None:
    for make in (DataStream, UiStream, partial(ChunkStream, JOB, include_usage=False)):
        data = b"".join(stream_of(make, said))
        assert data.decode().splitlines() == [line.decode() for line in data.split(b"\n")][:-1]
