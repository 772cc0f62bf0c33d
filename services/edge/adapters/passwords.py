"""Passwords as argon2id hashes (RFC 9106), off the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shared.errors import Unavailable

T = TypeVar("T")

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1


class Argon2Passwords:
    def __init__(self, *, threads: int, waiting: int) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._limit = threads + waiting
        self._running = 0
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        return await self._run(lambda: self._verify(password_hash, password))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def prepare(self) -> None:
        """Makes the hash that unknown users are compared with; without it the first of them would take longer."""
        self._nobodys = self._hasher.hash("nobody's")

    def _verify(self, password_hash: str | None, password: str) -> bool:
        if self._nobodys is None:
            self.prepare()
        try:
            self._hasher.verify(password_hash or self._nobodys or "", password)
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None

    async def _run(self, work: Callable[[], T]) -> T:
        if self._running >= self._limit:
            raise Unavailable("Too many sign-ins are waiting.")
        self._running += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        # Counted until the thread is done with it, also when the caller has gone.
        future.add_done_callback(self._done)
        return await asyncio.shield(future)

    def _done(self, future: asyncio.Future[T]) -> None:
        self._running -= 1
        if not future.cancelled():
            future.exception()
