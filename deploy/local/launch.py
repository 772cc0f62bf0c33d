"""Puts a run together and runs it."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.local import engines
from deploy.local.console import Console
from deploy.local.data import DataFolder, RunLock
from deploy.local.errors import StartError
from deploy.local.keeper import Fleet, Spawner
from deploy.local.logs import Logs
from deploy.local.nats_server import NatsServer
from deploy.local.options import Options
from deploy.local.ports import check_ports
from deploy.local.postgres_server import PostgresServer
from deploy.local.readiness import Readiness
from deploy.local.ready import Ready
from deploy.local.services import Plan
from deploy.local.supervisor import Parts, Supervisor
from deploy.local.tasks import Commands
from deploy.local.watch import Guard
from deploy.local.web import Web

ROOT = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1


def launch(options: Options, console: Console, adapt: Callable[[Parts], Parts] = lambda parts: parts) -> int:
    """Runs until it is told to stop; the exit status. `adapt` puts other parts in place of some (tests)."""
    os.chdir(ROOT)
    if options.stop_with_parent:
        stop_with_parent()
    try:
        engine = engines.choose(options.engine, options.model, engines.look(ROOT, os.environ))
        data = DataFolder(options.data)
        data.make()
        lock = RunLock(data.path).take(console.note)
        check_ports(options.named_ports())
        asyncio.run(run(options, engine, data, lock, console, adapt))
    except (StartError, OSError) as error:  # OSError: a full disk, a folder that may not be read
        console.error(str(error))
        return 1
    return 0


async def run(
    options: Options,
    engine: engines.EngineChoice,
    data: DataFolder,
    lock: int,
    console: Console,
    adapt: Callable[[Parts], Parts],
) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    parts = adapt(await build_parts(options, engine, data, lock, console))
    ready = Ready(console, data, engine, options.port, parts.nats.url, parts.postgres.url)
    await Supervisor(parts, ready.show).run(stop)


async def build_parts(
    options: Options, engine: engines.EngineChoice, data: DataFolder, lock: int, console: Console
) -> Parts:
    nats = NatsServer(data.nats, options.nats_port, data.password("nats"))
    owner, password = data.password("postgres-owner"), data.password("postgres")
    postgres = PostgresServer(data.postgres, options.postgres_port, owner, password)
    logs = Logs(data.logs)
    logs.bound()
    guard = await Guard.start(lock)
    return Parts(
        console=console,
        data=data,
        logs=logs,
        nats=nats,
        postgres=postgres,
        guard=guard,
        fleet=Fleet(Spawner(logs, guard), console),
        commands=Commands(ROOT, logs),
        plan=Plan(ROOT, data.path, nats.url, postgres.url, options.port, options.workers, engine, os.environ),
        probe=Readiness(nats.url, options.port),
        web=Web(ROOT, options.web_port, options.port, os.environ, console, logs)
        if options.web_port
        else None,
    )


def stop_with_parent() -> None:
    """make forwards SIGTERM but cannot forward SIGKILL; Linux tells us of its end, other systems do not."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
