"""What an upstream answers to a question whose answer is of no interest beyond its status."""

import asyncio

from services.inference.adapters.openai.answers import Broken, Unread
from services.inference.adapters.openai.pool import CONNECT_S, Pool
from shared.errors import Unavailable


class Status(Unread):
    def __init__(self) -> None:
        self.known: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def begun(self, status: int, _headers: dict[str, str]) -> None:
        self.known.set_result(status)

    def over(self, _why: Broken | None) -> None:
        if not self.known.done():
            self.known.set_exception(Unavailable("The model's server does not answer."))


async def status(pool: Pool, request: bytes) -> int:
    """Raises `Unavailable`, also when the answer takes longer than connecting may."""
    connection = await pool.connection(fresh=True)
    answer = Status()
    try:
        connection.ask(request, answer)
        async with asyncio.timeout(CONNECT_S):
            return await answer.known
    except TimeoutError as error:
        raise Unavailable("The model's server does not answer.") from error
    finally:
        connection.abort()
