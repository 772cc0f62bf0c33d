"""A front end's way to the process that owns its engine: several of them speak for one, as in vLLM's own server."""

import os
from typing import Any

import msgspec
import psutil
import zmq
import zmq.asyncio
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.v1.engine.async_llm import AsyncLLM

from services.inference.adapters.vllm.control import Attach, Attached, Beat, Said


class OwnerLink:
    """`index` counts from 0 to `count` - 1; `address` is the owner's."""

    def __init__(self, address: str, index: int, count: int) -> None:
        self._address = address
        self._index = index
        self._count = count
        self._context: zmq.asyncio.Context | None = None
        self._socket: Any = None
        self._parent = os.getppid()
        self._core: list[psutil.Process] = []

    async def attach(self) -> Attached:
        """Waits for as long as the owner takes to have an engine."""
        if self._context is None:
            self._context = zmq.asyncio.Context()
            self._socket = self._context.socket(zmq.DEALER)
            self._socket.connect(self._address)
        await self._say(Attach(self._index))
        attached = msgspec.msgpack.decode(await self._socket.recv(), type=Attached)
        self._core = [psutil.Process(pid) for pid in attached.processes if psutil.pid_exists(pid)]
        return attached

    def load(self, args: AsyncEngineArgs, attached: Attached, stat_loggers: list[Any]) -> AsyncLLM:
        """Blocks for seconds. The engine is there already: only this side of it is made."""
        args._api_process_count, args._api_process_rank = self._count, self._index  # noqa: SLF001 as vLLM's server does
        return AsyncLLM.from_vllm_config(
            args.create_engine_config(),
            stat_loggers=stat_loggers,
            disable_log_stats=args.disable_log_stats,
            client_addresses={"input_address": attached.input, "output_address": attached.output},
            client_count=self._count,
            client_index=self._index,
        )

    def slots(self, max_num_seqs: int) -> int:
        """Its share of the engine's."""
        return max(1, max_num_seqs // self._count + (self._index < max_num_seqs % self._count))

    async def beat(self, steps: int, *, is_busy: bool) -> None:
        await self._say(Beat(self._index, steps, is_busy))

    def inherit(self) -> list[psutil.Process]:
        """The engine's processes, when their owner has died: nobody else is left to end them."""
        return [] if os.getppid() == self._parent else self._core

    def close(self) -> None:
        if self._context is not None:
            self._context.destroy(linger=0)
            self._context = None

    async def _say(self, said: Said) -> None:
        if self._context is not None:
            await self._socket.send(msgspec.msgpack.encode(said))
