"""Sluice and LiteLLM before the same engine, in one run.

    python -m bench.peers [--clients 1 64 256] [--seconds 8]

The engine (`bench/fake_engine.py`) sends 50 tokens a second to each stream; each token says when it was sent. The same
clients read it directly, through Sluice (edge, NATS and a worker with ENGINE=openai) and through LiteLLM's proxy
(one worker, no database, in an environment of its own, `.venv-litellm`). CPU is that of all processes in between.

Target at 64 clients: at most 1/25 of LiteLLM's CPU a token, and 0.5 ms of added p50.
"""

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import uvloop

from bench.fake_engine import MODEL, fake_engine
from bench.http_stream import Client, Measured, drive
from deploy.local.ports import free_port
from tests.stack import Stack, running_stack

STEPS_PER_S = 50
STAMP = re.compile(rb'"content":\s*"(\d+\.\d+) "')
LITELLM = "litellm[proxy]==1.106.2"
LITELLM_KEY = "sk-bench"
LITELLM_STARTS_WITHIN_S = 90.0
KEEPS_UP = 0.95
BETWEEN = ("edge", "inference", "nats-server")


class TimedClient(Client):
    """Notes for each token how long it was under way."""

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        stamps = STAMP.findall(data)
        if stamps:
            self.tokens += len(stamps)
            self.bytes += len(data)
            self._arrivals.extend(now - float(stamp) for stamp in stamps)
            self.started.set()
        elif not self.tokens and data.startswith(b"HTTP/") and b" 200 " not in data[:40]:
            raise RuntimeError(f"refused: {data[:400]!r}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 64, 256])
    parser.add_argument("--seconds", type=float, default=8.0)
    arguments = parser.parse_args()
    results: dict[int, dict[str, dict[str, float]]] = {}
    with fake_engine(1 / STEPS_PER_S) as port:
        upstream = f"http://127.0.0.1:{port}/v1"
        environ = {
            "SLUICE_OPENAI_BASE_URL": upstream,
            "SLUICE_OPENAI_API_KEY": "none",
            "SLUICE_OPENAI_SLOTS": "512",
        }
        with running_stack("openai", model=MODEL, environ=environ) as stack, litellm(upstream) as peer:
            token = stack.sign_in()
            for clients in arguments.clients:
                ways = {
                    "engine": (port, "none", dict[str, psutil.Process]()),
                    "sluice": (int(stack.url.rsplit(":", 1)[1]), token, between(stack)),
                    "litellm": (peer[0], LITELLM_KEY, {"litellm": psutil.Process(peer[1])}),
                }
                results[clients] = {
                    name: figures(uvloop.run(measure(*way, clients, arguments.seconds)), arguments.seconds)
                    for name, way in ways.items()
                }
    report(results)


async def measure(
    port: int, key: str, processes: dict[str, psutil.Process], clients: int, seconds: float
) -> Measured:
    return await drive(port, request(key), b"", clients, seconds, processes, TimedClient)


def request(key: str) -> bytes:
    body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": "Count."}]}
    data = json.dumps(body).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {key}\r\ncontent-length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def between(stack: Stack) -> dict[str, psutil.Process]:
    """Edge, worker and nats-server below the supervisor."""
    found: dict[str, psutil.Process] = {}
    for child in psutil.Process(stack.process.pid).children(recursive=True):
        line = child.cmdline()
        for name in BETWEEN:
            if line[-1:] == [f"services.{name}"] or Path(line[0] if line else "").name == name:
                found[name] = child
    if missing := set(BETWEEN) - set(found):
        raise RuntimeError(f"no process of {missing}")
    return found


@contextmanager
def litellm(upstream: str) -> Generator[tuple[int, int]]:
    """Yields its port and process id."""
    home = Path(".venv-litellm")
    if not (home / "bin" / "litellm").exists():
        sys.stdout.write(f"installing {LITELLM} into {home} …\n")
        venv.create(home, with_pip=True)
        subprocess.run([home / "bin" / "pip", "install", "--quiet", LITELLM], check=True)
    model = {
        "model_name": MODEL,
        "litellm_params": {"model": f"openai/{MODEL}", "api_base": upstream, "api_key": "x"},
    }
    with tempfile.TemporaryDirectory() as folder:
        config, port = Path(folder) / "config.yaml", free_port()
        config.write_text(json.dumps({"model_list": [model]}))  # JSON is YAML
        environ = {
            **os.environ,
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_LOG": "ERROR",
            "LITELLM_MASTER_KEY": LITELLM_KEY,
        }
        with (Path(folder) / "log").open("wb") as log:
            command = [home / "bin" / "litellm", "--config", config, "--port", port, "--num_workers", 1]
            process = subprocess.Popen([*map(str, command)], stdout=log, stderr=log, env=environ)
        try:
            wait_until_up(port)
            yield port, process.pid
        finally:
            process.kill()  # asked to end, it waits for streams that have none
            process.wait(20)


def wait_until_up(port: int) -> None:
    deadline = time.monotonic() + LITELLM_STARTS_WITHIN_S
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/liveliness", timeout=2)
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


def figures(measured: Measured, seconds: float) -> dict[str, float]:
    times_s = measured.added_ms or [math.inf]  # seconds here: what each token was under way
    cuts = statistics.quantiles(times_s, n=100) if len(times_s) > 1 else times_s * 99
    return {
        "started": measured.started,
        "tokens_per_s": measured.tokens / seconds,
        "cpu_us": sum(measured.cpu_us.values()),
        "p50_ms": cuts[49] * 1000,
        "p99_ms": cuts[98] * 1000,
        **{f"{name}_us": cost for name, cost in measured.cpu_us.items()},
    }


def report(results: dict[int, dict[str, dict[str, float]]]) -> None:
    sys.stdout.write("clients  way       answered    tokens/s  CPU us a token  added p50     added p99\n")
    for clients, ways in results.items():
        alone = ways["engine"]
        for name, way in ways.items():
            sys.stdout.write(
                f"{clients:>7}  {name:<8} {way['started']:>9.0f}  {way['tokens_per_s']:>10,.0f}  {way['cpu_us']:>14.1f}"
                f"  {way['p50_ms'] - alone['p50_ms']:>8.2f} ms  {way['p99_ms'] - alone['p99_ms']:>8.2f} ms\n"
            )
        sys.stdout.write(f"         {verdict(ways)}\n")
    sys.stdout.write(json.dumps(results) + "\n")


def verdict(ways: dict[str, dict[str, float]]) -> str:
    """What a token costs is worth comparing only where both bring (nearly) all that the engine makes."""
    made = ways["engine"]["tokens_per_s"]
    late = [name for name in ("sluice", "litellm") if ways[name]["tokens_per_s"] < KEEPS_UP * made]
    if not ways["litellm"]["tokens_per_s"]:
        return "LiteLLM brought nothing"
    ratio = ways["litellm"]["cpu_us"] / ways["sluice"]["cpu_us"]
    text = f"LiteLLM takes {ratio:.1f} times the CPU of Sluice a token"
    return f"{text}; not kept up with the engine: {', '.join(late)}" if late else text


if __name__ == "__main__":
    main()
