"""The engines that need no model, held to one contract. tests/vllm holds the fourth to the same one."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import msgspec
import pytest

from services.inference.adapters.extractive import ExtractiveEngine
from services.inference.adapters.openai import OpenAIEngine, OpenAIOptions
from services.inference.adapters.simulated import SimulatedEngine, SimulatedOptions
from services.inference.ports import Engine
from shared.errors import EngineFailed, InvalidRequest, SluiceError, Unavailable
from shared.messages import Passage, Sampling, ServedModel, Started
from tests.engine_contract import EngineContract, Subject, all_of
from tests.openai_server import OpenAIServer, openai_server

LONG = Sampling(max_tokens=4000)
TEXT = (
    "The wheel turns when water flows. The wheel was built by two brothers in the year of the flood. "
    "A wheel of oak lasts for thirty years. The wheel stops when the gate is closed at night."
)
PASSAGES = (Passage(document="d", title="Mill", number=0, text=TEXT, start=0, end=len(TEXT)),)


def simulated(**options: float) -> SimulatedEngine:
    return SimulatedEngine(SimulatedOptions(step_s=options.get("step_s", 0.002)), worker="worker")


@pytest.fixture
async def server() -> AsyncGenerator[OpenAIServer]:
    async with openai_server(simulated()) as running:
        yield running


def openai_of(server: OpenAIServer) -> OpenAIEngine:
    options = OpenAIOptions(base_url=server.base_url, api_key="a key", upstream={"ours": "simulated"})
    return OpenAIEngine(options, worker="worker", models=(ServedModel("ours", 8192),))


@pytest.fixture(params=["simulated", "extractive", "openai"])
async def subject(request: pytest.FixtureRequest) -> AsyncGenerator[Subject]:
    async with AsyncExitStack() as stack:
        found: Engine
        if request.param == "simulated":
            found, passages = simulated(), ()
        elif request.param == "extractive":
            found, passages = ExtractiveEngine(worker="worker", piece_s=0.03), PASSAGES
        else:
            found, passages = openai_of(await stack.enter_async_context(openai_server(simulated()))), ()
        await found.start()
        stack.push_async_callback(found.stop)
        yield Subject(found, Sampling(max_tokens=4000), passages)


class TestEngine(EngineContract):
    async def test_stop_fails_what_runs_and_start_begins_anew(self, subject: Subject) -> None:
        reading = asyncio.create_task(all_of(subject.engine.stream(subject.long_job())))
        await asyncio.sleep(0.02)
        await subject.engine.stop()
        with pytest.raises(EngineFailed):
            await reading
        await subject.engine.start()
        await subject.engine.health()
        assert (await all_of(subject.engine.stream(subject.job()))).text()


class TestForms:
    @pytest.mark.parametrize("engine", [simulated(), ExtractiveEngine(worker="worker")])
    async def test_what_cannot_hold_to_a_form_refuses_it(self, engine: Engine) -> None:
        await engine.start()
        with pytest.raises(InvalidRequest) as caught:
            await all_of(engine.stream(Subject(engine, LONG).job(json_format={})))
        assert caught.value.param == "response_format"
        assert engine.stats().running == 0
        await engine.stop()

    @pytest.mark.parametrize(
        ("form", "expected"),
        [
            ({}, {"type": "json_object"}),
            (
                {"schema": '{"type": "object"}', "name": "n", "strict": True},
                {
                    "type": "json_schema",
                    "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True},
                },
            ),
        ],
    )
    async def test_a_form_goes_upstream(
        self, server: OpenAIServer, form: dict[str, object], expected: dict[str, object]
    ) -> None:
        engine = openai_of(server)
        await engine.start()
        await all_of(engine.stream(Subject(engine, LONG).job(json_format=form)))
        assert server.requests[0]["response_format"] == expected
        await engine.stop()


class TestOpenAI:
    async def test_what_was_asked_goes_upstream(self, server: OpenAIServer) -> None:
        engine = openai_of(server)
        await engine.start()
        subject = Subject(engine, LONG)
        await all_of(
            engine.stream(subject.job("hello", max_tokens=3, top_p=0.5, seed=7, presence_penalty=1.5))
        )
        (body,) = server.requests
        assert body == {
            "model": "simulated",
            "messages": [{"role": "user", "content": "hello"}],
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": 3,
            "temperature": 0.0,
            "top_p": 0.5,
            "seed": 7,
            "presence_penalty": 1.5,
        }
        assert server.headers[0]["authorization"] == "Bearer a key"
        await engine.stop()

    async def test_leaving_closes_the_upstream_request(self, server: OpenAIServer) -> None:
        engine = openai_of(server)
        await engine.start()
        subject = Subject(engine, LONG)
        outputs = engine.stream(subject.long_job())
        await outputs.__anext__()
        assert server.engine.stats().running == 1
        await outputs.aclose()
        async with asyncio.timeout(0.5):
            while server.engine.stats().running:
                await asyncio.sleep(0.002)
        await engine.stop()

    @pytest.mark.parametrize(
        ("status", "body", "expected"),
        [
            (400, b'{"error": {"message": "top_p is odd", "param": "top_p"}}', InvalidRequest),
            (401, b"{}", EngineFailed),
            (404, b"no such model", EngineFailed),
            (429, b"{}", Unavailable),
            (500, b"oops", EngineFailed),
            (503, b"", Unavailable),
            (200, b"data: not json\n\n", EngineFailed),
            (200, b'data: {"error": {"message": "out of memory"}}\n\n', EngineFailed),
            (200, b"", EngineFailed),
        ],
    )
    async def test_refusals_become_our_errors(
        self, server: OpenAIServer, status: int, body: bytes, expected: type[SluiceError]
    ) -> None:
        engine = openai_of(server)
        await engine.start()
        server.broken = (status, body)
        with pytest.raises(expected) as caught:
            await all_of(engine.stream(Subject(engine, LONG).job()))
        assert caught.type is expected
        assert engine.stats().running == 0
        await engine.stop()

    async def test_an_answer_that_breaks_off_has_failed(self, server: OpenAIServer) -> None:
        engine = openai_of(server)
        await engine.start()
        server.cut_after = 3
        with pytest.raises(EngineFailed):
            await all_of(engine.stream(Subject(engine, LONG).job()))
        await engine.stop()

    async def test_each_model_is_asked_for_by_the_upstreams_name(self, server: OpenAIServer) -> None:
        options = OpenAIOptions(base_url=server.base_url, upstream={"large": "v/large", "small": "v/small"})
        models = (ServedModel("large", 8192), ServedModel("small", 8192))
        engine = OpenAIEngine(options, worker="w", models=models)
        await engine.start()
        for name in ("small", "large"):
            job = msgspec.structs.replace(Subject(engine, LONG).job(), model=name, request=name)
            said = await all_of(engine.stream(job))
            assert isinstance(started := said.outputs[0].parts[0], Started)
            assert started.model == name
        assert [request["model"] for request in server.requests] == ["v/small", "v/large"]
        await engine.stop()

    async def test_an_upstream_that_is_away_is_unavailable_and_not_well(self) -> None:
        options = OpenAIOptions(base_url="http://127.0.0.1:9", upstream={"m": "m"})
        engine = OpenAIEngine(options, worker="w", models=(ServedModel("m", 8192),))
        await engine.start()
        with pytest.raises(Unavailable):
            await engine.health()
        with pytest.raises(Unavailable):
            await all_of(engine.stream(Subject(engine, LONG).job()))
        await engine.stop()
