"""vLLM's engine core without a front end of its own, for several that attach to it."""

import asyncio
import copy
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import structlog
import zmq
import zmq.asyncio
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.v1.engine.core import EngineCoreProc
from vllm.v1.engine.utils import EngineZmqAddresses, launch_core_engines
from vllm.v1.executor import Executor

from services.inference.adapters.vllm.control import Attached
from services.inference.adapters.vllm.processes import kill, reap
from services.inference.adapters.vllm.relay import Relay
from shared.errors import EngineFailed

log = structlog.get_logger()

LIFE_POLL_S = 0.1
TOLD_S = 1.0
SHUTDOWN_S = 10.0


class Core:
    """One start of it; another start is another `Core`, in another `folder`."""

    def __init__(self, args: AsyncEngineArgs, front_ends: int, folder: Path) -> None:
        self._args = copy.copy(args)
        self._args._api_process_count, self._args._api_process_rank = front_ends, -1  # noqa: SLF001 as vLLM's server
        self._folder = folder
        self._context = zmq.asyncio.Context()
        self._outputs = [f"ipc://{folder}/output-{index}" for index in range(front_ends)]
        self._inputs = [f"ipc://{folder}/core-{index}" for index in range(front_ends)]
        self._relays = [Relay(self._context, address) for address in self._inputs]
        self._passing: dict[int, asyncio.Task[None]] = {}
        self._attached = 0
        self._manager: Any = None
        self.processes: list[psutil.Process] = []

    async def start(self) -> None:
        """Returns when it is ready. Raises `EngineFailed`. Cancelled, it ends what it has begun."""
        loading = asyncio.create_task(asyncio.to_thread(self._load))
        try:
            await asyncio.shield(loading)
        except asyncio.CancelledError:
            while not loading.done():
                self._end_processes()
                await asyncio.wait({loading}, timeout=LIFE_POLL_S)
            loading.exception()
            raise
        except Exception as error:
            log.exception("vllm.start_failed", model=self._args.model)
            raise EngineFailed(f"vLLM could not load {self._args.model}: {error}") from error
        for relay in self._relays:
            await relay.hear_ready()
        self.processes = self._all_processes()

    async def attach(self, index: int) -> Attached:
        await self.detach(index)
        self._attached += 1
        address = f"ipc://{self._folder}/input-{index}-{self._attached}"
        attached = Attached(address, self._outputs[index], [process.pid for process in self.processes])
        await self._relays[index].attach(attached.input)
        self._passing[index] = asyncio.create_task(self._relays[index].pass_on())
        return attached

    async def detach(self, index: int) -> None:
        """The front end has gone: its requests end."""
        if (passing := self._passing.pop(index, None)) is not None:
            passing.cancel()
            with suppress(asyncio.CancelledError):
                await passing
        await self._relays[index].detach()

    async def death(self) -> None:
        """Returns when it has died."""
        while all(process.exitcode is None for process in self._manager.processes):
            await asyncio.sleep(LIFE_POLL_S)

    async def tell_of_death(self) -> None:
        """To the front ends, in the core's own words: one that was killed could not say them."""
        for address in self._outputs:
            socket: Any = self._context.socket(zmq.PUSH)
            socket.setsockopt(zmq.LINGER, int(1000 * TOLD_S))
            socket.connect(address)
            await socket.send(EngineCoreProc.ENGINE_CORE_DEAD)
            socket.close()

    def kill(self) -> int:
        return len(kill(self.processes))

    async def stop(self) -> None:
        for passing in self._passing.values():
            passing.cancel()
        await asyncio.gather(*self._passing.values(), return_exceptions=True)
        for relay in self._relays:
            relay.close()
        await asyncio.to_thread(self._shutdown)
        self._context.destroy(linger=int(1000 * TOLD_S))

    def _load(self) -> None:
        config = self._args.create_engine_config()
        addresses = EngineZmqAddresses(inputs=self._inputs, outputs=self._outputs)
        with launch_core_engines(config, Executor.get_class(config), True, addresses) as launched:
            started: Any = launched  # 0.26: a tuple
            self._manager = started[0] if isinstance(started, tuple) else started.engine_manager

    def _all_processes(self) -> list[psutil.Process]:
        found: list[psutil.Process] = []
        for each in () if self._manager is None else self._manager.processes:
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(each.pid)
                found += [process, *process.children(recursive=True)]
        return found

    def _end_processes(self) -> None:
        reap(self._all_processes())

    def _shutdown(self) -> None:
        left = self.processes or self._all_processes()
        if self._manager is not None:
            self._manager.shutdown(timeout=SHUTDOWN_S)
        reap(left)
