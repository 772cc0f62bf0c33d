"""The openai engine before upstreams that misbehave, on both event loops; production runs on uvloop."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from services.inference.adapters.openai import OpenAIEngine, OpenAIOptions
from services.inference.adapters.openai.events import MAX_EVENT_BYTES
from services.inference.ports import Outputs
from shared.errors import Cancelled, EngineFailed, InvalidRequest, SluiceError
from shared.messages import Sampling, ServedModel
from tests.engine_contract import Said, Subject, all_of
from tests.upstream import END, STREAM, Script, Upstream, answer, chunk, hang_up, said, say_nothing, upstream

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])


@asynccontextmanager
async def engine_of(server: Upstream, silence_s: float = 30.0) -> AsyncGenerator[OpenAIEngine]:
    options = OpenAIOptions(base_url=server.base_url, api_key="k", upstream={"m": "m"}, silence_s=silence_s)
    engine = OpenAIEngine(options, worker="worker", models=(ServedModel("m", 8192),))
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


def asked(engine: OpenAIEngine) -> Outputs:
    return engine.stream(Subject(engine, Sampling()).job())


async def failed(script: Script | bytes, silence_s: float = 30.0) -> SluiceError:
    """What the engine says to it; by then the upstream's connection is closed and the slot free."""
    async with upstream(script) as server, engine_of(server, silence_s) as engine:
        with pytest.raises(SluiceError) as caught:
            await all_of(asked(engine))
        assert engine.stats().running == 0
        await server.closed()
        return caught.value


async def test_events_of_one_packet_stay_in_order() -> None:
    texts = [f"{n} " for n in range(2000)]
    async with upstream(answer(*texts)) as server, engine_of(server) as engine:
        assert (await all_of(asked(engine))).text() == "".join(texts)


async def test_reasoning_tools_logprobs_and_usage_come_through() -> None:
    delta = {
        "reasoning_content": "hm",
        "tool_calls": [{"id": "t", "function": {"name": "f", "arguments": "{}"}}],
    }
    logprobs: dict[str, object] = {
        "content": [{"token": "a", "logprob": -0.5, "top_logprobs": list[object]()}]
    }
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 3}}
    events = [
        said("a", logprobs=logprobs),
        said("", delta=delta),
        said("", finish_reason="tool_calls", usage=None),
        b'data: {"choices": [], "usage": %s}\n\n' % str(usage).replace("'", '"').encode(),
        b"data: [DONE]\n\n",
    ]
    body = STREAM + b"".join(map(chunk, events)) + END
    async with upstream(body) as server, engine_of(server) as engine:
        found = await all_of(asked(engine))
    kinds = [type(part).__name__ for output in found.outputs for part in output.parts]
    assert kinds == ["Started", "Text", "Logprobs", "Reasoning", "ToolCall", "Finished"]
    assert (found.usage.prompt_tokens, found.usage.completion_tokens, found.usage.cached_tokens) == (9, 4, 3)


async def test_a_line_without_end_is_refused() -> None:
    piece = chunk(b"x" * 65536)

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM + chunk(b"data: "))
        for _ in range(4 * MAX_EVENT_BYTES // 65536):
            writer.write(piece)
            await writer.drain()
        await say_nothing(reader, writer)

    assert "too long" in (await failed(flood)).message


async def test_a_connection_cut_in_the_middle() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM + chunk(said("a")))
        await hang_up(reader, writer)

    assert "broke" in (await failed(cut)).message


async def test_an_end_that_says_no_reason() -> None:
    assert "broke off" in (await failed(STREAM + chunk(said("a")) + END)).message


@pytest.mark.parametrize(
    "body", [b'{"error": {"message": "top_p is odd", "param": "top_p"}}', b"<" * 500_000]
)
async def test_a_refusal_in_pieces_of_any_size(body: bytes) -> None:
    pieces = b"".join(chunk(body[at : at + 1000]) for at in range(0, len(body), 1000))
    head = STREAM.replace(b"200 OK", b"400 Bad Request").replace(b"text/event-stream", b"application/json")
    async with upstream(head + pieces + END) as server, engine_of(server) as engine:
        with pytest.raises(InvalidRequest) as caught:
            await all_of(asked(engine))
    assert caught.value.message == (
        "top_p is odd" if body[:1] == b"{" else "The model's server refused the request."
    )


async def test_silence_before_and_in_an_answer() -> None:
    async def pause(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM + chunk(said("a")))
        await say_nothing(reader, writer)

    assert "silent" in (await failed(say_nothing, silence_s=0.2)).message
    assert "silent" in (await failed(pause, silence_s=0.2)).message


async def test_a_slow_upstream_is_waited_for() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = answer("a", "b")
        for at in range(0, len(data), 40):
            writer.write(data[at : at + 40])
            await asyncio.sleep(0.02)

    async with upstream(slow) as server, engine_of(server, silence_s=3.0) as engine:
        assert (await all_of(asked(engine))).text() == "ab"


@pytest.mark.parametrize("has_begun", [False, True])
async def test_abort_closes_the_upstream_connection(has_begun: bool) -> None:
    async def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if has_begun:
            writer.write(STREAM + chunk(said("a")))
        await say_nothing(reader, writer)

    async with upstream(begin) as server, engine_of(server) as engine:
        outputs = asked(engine)
        reading = asyncio.create_task(all_of(outputs))
        async with asyncio.timeout(5):
            while not server.requests:
                await asyncio.sleep(0.005)
        await engine.abort("request1")
        with pytest.raises(Cancelled):
            await reading
        assert engine.stats().running == 0
        await server.closed()


async def test_a_connection_is_used_again() -> None:
    async with upstream(answer("a")) as server, engine_of(server) as engine:
        for _ in range(3):
            assert (await all_of(asked(engine))).text() == "a"
        assert (len(server.requests), server.connections) == (3, 1)


async def test_an_answer_that_was_cut_short_is_not_read_by_the_next() -> None:
    async def go_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer("a").removesuffix(END))
        await say_nothing(reader, writer)

    async with upstream(go_on, answer("b")) as server, engine_of(server) as engine:
        assert [(await all_of(asked(engine))).text() for _ in range(2)] == ["a", "b"]
        assert server.connections == 2


async def test_a_connection_that_its_server_had_closed_costs_no_answer() -> None:
    async with upstream(answer("a"), hang_up, answer("b")) as server, engine_of(server) as engine:
        assert [(await all_of(asked(engine))).text() for _ in range(2)] == ["a", "b"]
        assert (len(server.requests), server.connections) == (3, 2)


async def test_a_question_is_not_asked_twice_on_new_connections() -> None:
    async with upstream(hang_up) as server, engine_of(server) as engine:
        with pytest.raises(EngineFailed):
            await all_of(asked(engine))
        assert len(server.requests) == 1


async def test_a_reader_who_waits_makes_the_upstream_wait() -> None:
    texts = [f"{n} " + "." * 4000 for n in range(5000)]
    written: list[int] = []

    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM)
        for text in texts:
            writer.write(chunk(said(text)))
            await writer.drain()
            written.append(1)
        writer.write(chunk(said("", finish_reason="stop")) + END)

    async with upstream(stream) as server, engine_of(server, silence_s=1.0) as engine:
        outputs = asked(engine)
        first = await outputs.__anext__()
        await asyncio.sleep(1.5)  # longer than it may be silent: we do not listen
        assert len(written) < len(texts)
        rest = await all_of(outputs)
    assert Said([first, *rest.outputs]).text() == "".join(texts)
