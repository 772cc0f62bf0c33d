"""Requests that each have a task of their own, for engines that do not step all streams at once."""

import asyncio
from collections.abc import AsyncGenerator

from services.inference.adapters.mailbox import Mailbox
from services.inference.ports import Output
from shared.errors import SluiceError


class Feeds:
    """Holds the tasks. One that ends, in whatever way, leaves its slot free and its mailbox closed."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[asyncio.Task[None], Mailbox]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def open(self, request: str, outputs: AsyncGenerator[Output, None]) -> Mailbox:
        mailbox = Mailbox(lambda: self.close(request))
        task = asyncio.create_task(self._feed(request, outputs, mailbox))
        self._open[request] = (task, mailbox)
        return mailbox

    def close(self, request: str, error: SluiceError | None = None) -> None:
        """Ends it now; a reader that is still there is told `error`. An unknown request is none of ours."""
        task, mailbox = self._open.pop(request, (None, None))
        if task is not None and mailbox is not None:
            task.cancel()
            if error is not None:
                mailbox.close(error)

    def close_all(self, error: SluiceError) -> None:
        for request in list(self._open):
            self.close(request, error)

    async def drain(self) -> None:
        while self._open:
            await asyncio.wait([task for task, _ in self._open.values()])

    async def _feed(self, request: str, outputs: AsyncGenerator[Output, None], mailbox: Mailbox) -> None:
        try:
            async for output in outputs:
                mailbox.put(output)
            mailbox.close()
        except SluiceError as error:
            mailbox.close(error)
        finally:
            await outputs.aclose()
            if request in self._open and self._open[request][1] is mailbox:
                del self._open[request]
