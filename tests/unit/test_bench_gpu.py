"""The GPU benchmark's own arithmetic: what is sent where, and what is made of what came back."""

import msgspec
import pytest

from bench.gpu.client import Answer, Connection, Seen
from bench.gpu.load import Level, Target, figures, kind_of, orders, percentile
from bench.gpu.report import text
from bench.gpu.servers import flags

TARGET = Target(name="vllm-1", ports=(1, 2), model="m", token="t", roots=())
LEVEL = Level(streams=10, requests=25, words=5, max_tokens=8, clients=4)


def test_streams_and_requests_are_spread_over_clients_and_ports_and_none_is_lost() -> None:
    found = list(orders(TARGET, LEVEL))
    assert [order.streams for order in found] == [3, 3, 2, 2]
    assert sum(order.requests for order in found) == 25
    assert [order.port for order in found] == [1, 2, 1, 2]
    assert len({order.start_at for order in found}) == 1


def test_one_stream_is_one_client() -> None:
    assert len(list(orders(TARGET, msgspec.structs.replace(LEVEL, streams=1)))) == 1


def test_a_level_is_summed_up() -> None:
    answers = [Answer(began=0.0, first=0.1, last=1.1, prompt_tokens=7, tokens=11) for _ in range(24)]
    seen = [
        Seen(answers, cpu_s=0.5, seconds=2.0),
        Seen([Answer(0.0, error="refused")], cpu_s=0.1, seconds=2.0),
    ]
    found = figures(TARGET, LEVEL, seen, {"api": 0.0264})
    assert found.tokens == 264
    assert found.tokens_per_s == pytest.approx(240)
    assert (found.ttft_p50, found.tpot_p99) == (pytest.approx(100), pytest.approx(100))
    assert (found.failed, found.error) == (1, "refused")
    assert found.cpu_us["api"] == pytest.approx(100)
    assert found.client_cores == pytest.approx(0.25)


def test_percentiles_are_by_rank() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert (percentile(values, 50), percentile(values, 99), percentile([], 50)) == (51.0, 100.0, 0.0)


def test_ratios_compare_level_by_level() -> None:
    answers = [Answer(began=0.0, first=0.1, last=1.1, prompt_tokens=7, tokens=11)]
    ours = msgspec.structs.replace(TARGET, name="sluice-2")
    both = [figures(target, LEVEL, [Seen(answers, 0.1, 1.0)], {}) for target in (TARGET, ours)]
    assert "sluice-2 over vllm-1" in text(both)
    assert "1.00 x" in text(both)


def test_engine_arguments_as_flags() -> None:
    given = {"dtype": "half", "enforce_eager": True, "enable_prefix_caching": False, "x": {"a": 1}}
    assert flags(given) == [
        "--dtype",
        "half",
        "--enforce-eager",
        "--no-enable-prefix-caching",
        "--x",
        '{"a": 1}',
    ]


def test_processes_are_known_by_what_they_run() -> None:
    assert kind_of(["VLLM::EngineCore"]) == "core"
    assert kind_of(["VLLM::APIServer_2"]) == "api"
    assert kind_of(["python", "-m", "services.inference"]) == "worker"
    assert kind_of(["/bin/sleep"]) == "other"


class Wire:
    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.sent.append(data)


async def test_a_client_reads_an_answer_in_whatever_pieces_it_comes() -> None:
    connection, wire = Connection(0.0), Wire()
    connection.connection_made(wire)  # pyright: ignore[reportArgumentType]
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    stream = (
        b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n'
        b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'
        b'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}\n\ndata: [DONE]\n\n0\r\n\r\n'
    )
    for _ in range(2):  # the connection is kept
        asked = connection.ask(b"request")
        asked.send(None)
        for place in range(0, len(head), 20):
            connection.data_received(head[place : place + 20])
        for place in range(0, len(stream), 60):
            connection.data_received(stream[place : place + 60])
        with pytest.raises(StopIteration) as ended:
            asked.send(None)
        answer = ended.value.value
        assert (answer.prompt_tokens, answer.tokens, answer.error) == (5, 2, "")
        assert answer.first > 0


async def test_a_refusal_is_an_error() -> None:
    connection = Connection(0.0)
    connection.connection_made(Wire())  # pyright: ignore[reportArgumentType]
    asked = connection.ask(b"request")
    asked.send(None)
    connection.data_received(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
    with pytest.raises(StopIteration) as ended:
        asked.send(None)
    assert "503" in ended.value.value.error
