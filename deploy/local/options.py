"""What `make run` was asked for: one immutable value, made from the command line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ENGINES = ("auto", "vllm", "simulated", "extractive", "openai")


@dataclass(frozen=True)
class Options:
    engine: str = "auto"
    model: str = ""
    workers: int = 1
    port: int = 8080
    web_port: int = 0
    """Of the web; 0: without it."""
    nats_port: int = 4222
    postgres_port: int = 55432
    data: Path = Path(".sluice")
    stop_with_parent: bool = False
    """Whether the end of the process that started us (make) is the end of us."""

    def named_ports(self) -> dict[str, int]:
        """Each port under the name of the setting that moves it."""
        named = {"PORT": self.port, "NATS_PORT": self.nats_port, "POSTGRES_PORT": self.postgres_port}
        return named | ({"WEB_PORT": self.web_port} if self.web_port else {})


def parse(arguments: Sequence[str]) -> Options:
    """Exits with 2 and a message for a value that makes no sense, as argparse does."""
    parser = argparse.ArgumentParser(prog="make run", description="Runs all of Sluice on this machine.")
    parser.add_argument("--engine", choices=ENGINES, default="auto")
    parser.add_argument("--model", default="", help="a folder or the name of a model on the hub")
    parser.add_argument("--workers", type=_count, default=1, help="inference workers")
    parser.add_argument("--port", type=_port, default=8080, help="of the HTTP API")
    parser.add_argument("--web-port", type=_port_or_none, default=0, help="of the web; 0: without it")
    parser.add_argument("--nats-port", type=_port, default=4222)
    parser.add_argument("--postgres-port", type=_port, default=55432)
    parser.add_argument("--data", type=Path, default=Path(".sluice"))
    parser.add_argument("--stop-with-parent", action="store_true")
    given = parser.parse_args(arguments)
    return Options(
        engine=given.engine,
        model=given.model,
        workers=given.workers,
        port=given.port,
        web_port=given.web_port,
        nats_port=given.nats_port,
        postgres_port=given.postgres_port,
        data=given.data.resolve(),
        stop_with_parent=given.stop_with_parent,
    )


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 64:
        raise argparse.ArgumentTypeError(f"{value} is not between 1 and 64")
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"{value} is not a port")
    return value


def _port_or_none(text: str) -> int:
    return 0 if text == "0" else _port(text)
