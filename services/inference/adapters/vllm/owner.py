"""Owns one engine core and the front ends that speak for it: what is on the bus are they."""

import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import structlog
import zmq
import zmq.asyncio

from services.inference.adapters.front_ends import FrontEnds
from services.inference.adapters.vllm.control import Attach, Attached, Beat, Said
from services.inference.adapters.vllm.core import Core
from services.inference.adapters.vllm.options import VllmOptions, engine_args, is_on_cpu
from services.inference.adapters.vllm.processes import effort
from services.inference.domain.hanging import HangWatch
from shared.errors import EngineFailed
from shared.settings import SettingsError

log = structlog.get_logger()

LOOK_S = 0.5
BEAT_IS_OLD_S = 2.0
"""A front end that is silent for so long waits for nothing."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0


class Owner:
    """Front ends attach at `address`, from the beginning to the end of `run`."""

    def __init__(self, options: VllmOptions, front_ends: int) -> None:
        """Raises `SettingsError`."""
        self._args = engine_args(options)
        if self._args.data_parallel_size > 1:
            raise SettingsError("SLUICE_ENGINE_FRONT_ENDS above 1 takes no data_parallel_size above 1")
        self._hang_s = options.hang_s
        self._count = front_ends
        self._folder = Path()
        self._control: Any = None
        self._core: Core | None = None
        self._asking: dict[int, bytes] = {}
        """Front ends that wait for an engine: their names on the control socket."""
        self._beats: dict[int, tuple[float, Beat]] = {}
        self._served: set[int] = set()

    @property
    def address(self) -> str:
        return f"ipc://{self._folder}/control"

    async def run(self, front_ends: FrontEnds, stop: asyncio.Event) -> None:
        """Until `stop` is set. Raises the first start's `EngineFailed`, as a worker does that owns its engine."""
        async with AsyncExitStack() as last:
            self._folder = Path(last.enter_context(tempfile.TemporaryDirectory(prefix="sluice-vllm-")))
            context = zmq.asyncio.Context()
            last.callback(context.destroy, linger=0)
            self._control = context.socket(zmq.ROUTER)
            self._control.bind(self.address)
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(self._listen())
                engine = tasks.create_task(self._keep_engine())
                keeping = tasks.create_task(front_ends.run(self._left, self._served.__contains__))
                last.push_async_callback(front_ends.stop)
                await stop.wait()
                await front_ends.stop()
                for task in (keeping, engine, listening):
                    task.cancel()

    async def _keep_engine(self) -> None:
        """Raises what the first start raises."""
        pause_s, generation = 0.0, 0
        while True:
            generation += 1
            folder = self._folder / str(generation)
            folder.mkdir(mode=0o700)
            core = Core(self._args, self._count, folder)
            try:
                await core.start()
                pause_s = 0.0
                await self._lend(core)
            except EngineFailed as error:
                if generation == 1:
                    raise
                pause_s = min(max(2 * pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
                log.warning("engine.dead", reason=error.message, again_in_s=pause_s)
            finally:
                self._core = None
                await core.stop()
            await asyncio.sleep(pause_s)

    async def _lend(self, core: Core) -> None:
        """Returns when it has died, and its front ends know."""
        self._beats.clear()
        self._core = core
        log.info("engine.ready", processes=len(core.processes), front_ends=self._count)
        for index in list(self._asking):
            await self._attach(index)
        watching = asyncio.create_task(self._watch(core))
        try:
            await core.death()
        finally:
            watching.cancel()
        log.error("engine.dead", reason="It died while it ran.")
        self._core = None
        await core.tell_of_death()

    async def _watch(self, core: Core) -> None:
        hang = HangWatch(self._hang_s, effort(core.processes, is_on_cpu=is_on_cpu()), clock=time.monotonic)
        while not hang.look(self._steps(), is_busy=self._is_busy()):
            await asyncio.sleep(LOOK_S)
        log.error("vllm.hung", processes=core.kill(), steps=self._steps())

    async def _listen(self) -> None:
        while True:
            name, said = await self._control.recv_multipart()
            match msgspec.msgpack.decode(said, type=Said):
                case Attach(index):
                    self._asking[index] = name
                    if self._core is not None:
                        await self._attach(index)
                case Beat(index) as beat:
                    self._beats[index] = (time.monotonic(), beat)

    async def _attach(self, index: int) -> None:
        if (core := self._core) is None or (name := self._asking.pop(index, None)) is None:
            return
        attached: Attached = await core.attach(index)
        self._served.add(index)
        await self._control.send_multipart([name, msgspec.msgpack.encode(attached)])

    async def _left(self, index: int) -> None:
        self._asking.pop(index, None)
        self._beats.pop(index, None)
        if self._core is not None:
            await self._core.detach(index)

    def _steps(self) -> int:
        return sum(beat.steps for _, beat in self._beats.values())

    def _is_busy(self) -> bool:
        now = time.monotonic()
        return any(beat.is_busy and now - at < BEAT_IS_OLD_S for at, beat in self._beats.values())
