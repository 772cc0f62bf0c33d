"""How the openai engine gets to its upstream: TLS, and the proxies that the environment names."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.inference.adapters.openai import OpenAIEngine, OpenAIOptions
from shared.errors import Unavailable
from shared.messages import Sampling, ServedModel
from tests.engine_contract import Subject, all_of
from tests.upstream import answer, upstream

PROXIES = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
)


pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """An authority's file, and a server that it vouches for as `localhost`."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", context


async def answers(base_url: str, times: int = 1) -> list[str]:
    options = OpenAIOptions(base_url=base_url, api_key="k", upstream={"m": "m"})
    engine = OpenAIEngine(options, worker="w", models=(ServedModel("m", 8192),))
    await engine.start()
    try:
        return [(await all_of(engine.stream(Subject(engine, Sampling()).job()))).text() for _ in range(times)]
    finally:
        await engine.stop()


class Tunnels:
    """A proxy that only connects."""

    def __init__(self, refusal: bytes = b"") -> None:
        self.heads: list[bytes] = []
        self.port = 0
        self._refusal = refusal

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        if self._refusal:
            writer.write(self._refusal)
            writer.close()
            return
        port = int(head.split(b" ")[1].rpartition(b":")[2])
        there, back = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(reader, back), pump(there, writer), return_exceptions=True)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@asynccontextmanager
async def tunnels(refusal: bytes = b"") -> AsyncGenerator[Tunnels]:
    handler, tasks = Tunnels(refusal), set[asyncio.Task[None]]()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(handler.connected(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    handler.port = server.sockets[0].getsockname()[1]
    try:
        yield handler
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_over_tls_a_connection_is_used_again(
    certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    async with upstream(answer("a"), tls=certificate[1]) as server:
        assert await answers(server.base_url, times=2) == ["a", "a"]
        assert server.connections == 1


async def test_a_certificate_that_nobody_vouches_for(certificate: tuple[Path, ssl.SSLContext]) -> None:
    async with upstream(answer("a"), tls=certificate[1]) as server:
        with pytest.raises(Unavailable):
            await answers(server.base_url)
        assert not server.requests


async def test_through_a_tunnel(
    certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    async with upstream(answer("a"), tls=certificate[1]) as server, tunnels() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:p%40ss@127.0.0.1:{proxy.port}")
        assert await answers(server.base_url, times=2) == ["a", "a"]
        (head,) = proxy.heads
        assert head.startswith(f"CONNECT localhost:{server.port} HTTP/1.1\r\n".encode())
        assert b"proxy-authorization: Basic bWU6cEBzcw==\r\n" in head
        assert b"Bearer" not in head
        assert b"proxy-authorization" not in server.requests[0]


async def test_a_proxy_that_refuses(
    certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"
    async with upstream(answer("a"), tls=certificate[1]) as server, tunnels(refusal) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(Unavailable):
            await answers(server.base_url)
        assert not server.requests


async def test_a_proxy_of_plain_http_gets_the_whole_address(monkeypatch: pytest.MonkeyPatch) -> None:
    async with upstream(answer("a")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        assert await answers("http://models.example/v1") == ["a"]
        (request,) = proxy.requests
        assert request.startswith(b"POST http://models.example:80/v1/chat/completions HTTP/1.1\r\n")
        assert b"host: models.example\r\n" in request


async def test_no_proxy_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    async with upstream(answer("a")) as server:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("NO_PROXY", "localhost")
        assert await answers(server.base_url) == ["a"]
