"""`python -m services.inference`: one worker."""

import asyncio
import os
import signal
import sys

import uvloop

from services.inference.app import App, build_app
from services.inference.settings import Settings
from services.inference.several import Several, is_owner
from shared import telemetry
from shared.errors import EngineFailed
from shared.runtime import tune_gc
from shared.settings import SettingsError, load

VLLM_ENVIRONMENT = {
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
    "VLLM_CONFIGURE_LOGGING": "0",
}
"""What vLLM reads when it is imported; what the user has set stays."""


async def serve(app: App | Several, settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if settings.engine_owner:
        stop_with_owner(loop, stop)
    await app.run(stop)


def stop_with_owner(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Its end of our standard input closes when it is gone, however that was."""
    descriptor = sys.stdin.fileno()

    def gone() -> None:
        loop.remove_reader(descriptor)
        stop.set()

    loop.add_reader(descriptor, gone)


def main() -> int:
    try:
        settings = load(Settings, os.environ)
        if settings.engine == "vllm":
            for name, value in VLLM_ENVIRONMENT.items():
                os.environ.setdefault(name, value)
        telemetry.start("inference", settings)
        app = Several(settings) if is_owner(settings) else build_app(settings)
    except SettingsError as error:
        sys.stderr.write(f"inference: {error}\n")
        return 2
    tune_gc()
    code = 0
    try:
        uvloop.run(serve(app, settings))
    except* EngineFailed as failed:
        sys.stderr.write(f"inference: {_first(failed)}\n")
        code = 1
    return code


def _first(group: BaseExceptionGroup[EngineFailed]) -> EngineFailed:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found


if __name__ == "__main__":
    sys.exit(main())
