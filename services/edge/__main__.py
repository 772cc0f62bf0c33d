"""`python -m services.edge`: serves HTTP until SIGTERM or SIGINT, then lets its streams finish."""

import asyncio
import os
import signal
import socket
import sys

import structlog
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from services.edge.app import Edge, build_edge
from services.edge.settings import EdgeSettings
from shared import telemetry
from shared.runtime import tune_gc
from shared.settings import SettingsError, load

log = structlog.get_logger()

OPEN_REQUESTS = 16_384
"""At a time; beyond it connections wait to be accepted. An open stream costs 43 KiB."""
BREAK_OFF_S = 2.0
"""Streams that outlived the grace are cut or get an error, and have this long to be rid of it."""


def require_free_port(host: str, port: int) -> None:
    """granian shares its port with whoever asks for the same (SO_REUSEPORT). Raises `OSError`."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


async def serve(settings: EdgeSettings) -> int:
    edge = build_edge(settings)
    tune_gc()
    server = Server(
        edge.http,
        address=settings.http_host,
        port=settings.http_port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        backpressure=OPEN_REQUESTS,
        log_enabled=False,
    )
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    serving = asyncio.create_task(server.serve(), name="http")
    ends = [asyncio.create_task(stop.wait()), asyncio.create_task(edge.tasks.failed.wait())]
    await asyncio.wait([serving, *ends], return_when=asyncio.FIRST_COMPLETED)
    for task in ends:
        task.cancel()
    if not serving.done():
        edge.drain()
        server.stop()
        await finish(edge, serving, settings.shutdown_grace_s)
    return 0 if stop.is_set() else 1


async def finish(edge: Edge, serving: asyncio.Task[None], grace_s: float) -> None:
    """No new requests come in; those that are open have `grace_s`."""
    done, _ = await asyncio.wait([serving], timeout=grace_s)
    if not done:
        log.warning("edge.breaking_off_streams")
        await edge.end_streams()
        done, _ = await asyncio.wait([serving], timeout=BREAK_OFF_S)
    if done:
        serving.result()


def main() -> int:
    try:
        settings = load(EdgeSettings, os.environ)
    except SettingsError as error:
        sys.stderr.write(f"edge: {error}\n")
        return 2
    try:
        require_free_port(settings.http_host, settings.http_port)
    except OSError as error:
        sys.stderr.write(
            f"edge: cannot listen on {settings.http_host}:{settings.http_port}: {error.strerror}\n"
        )
        return 1
    telemetry.start("edge", settings)
    return uvloop.run(serve(settings))


if __name__ == "__main__":
    sys.exit(main())
