"""The way through a proxy that sees no more than whom we want to speak with."""

import asyncio
import socket

from services.inference.adapters.openai.target import Target

MAX_HEAD_BYTES = 16 * 1024


async def opened_tunnel(target: Target, host: str, port: int) -> socket.socket:
    """Connected to the target by the proxy at `host` and `port`. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    family, kind, protocol, _, address = (await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))[0]
    found = socket.socket(family, kind, protocol)
    try:
        found.setblocking(False)
        await loop.sock_connect(found, address)
        await loop.sock_sendall(found, target.connect())
        _check(await _head(found))
    except BaseException:
        found.close()
        raise
    return found


async def _head(proxy: socket.socket) -> bytes:
    """Whom it connects us to speaks after us, so nothing follows it yet."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        more = await asyncio.get_running_loop().sock_recv(proxy, MAX_HEAD_BYTES)
        head += more
        if not more or len(head) > MAX_HEAD_BYTES:
            raise ConnectionError("the proxy gave no whole answer")
    return head


def _check(head: bytes) -> None:
    if head.split(b" ", 2)[1:2] != [b"200"]:
        raise ConnectionError(f"the proxy answered {head[:100]!r}")
