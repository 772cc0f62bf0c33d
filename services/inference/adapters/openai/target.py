"""Where the upstream is, by which way it is reached, and how a request to it is written."""

import base64
import os
import ssl
import urllib.request
from urllib.parse import SplitResult, unquote, urlsplit

import certifi

from shared.settings import SettingsError

PORTS = {"http": 80, "https": 443}


class Target:
    """`proxy` is what the environment names for it (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`).
    Raises `SettingsError`."""

    def __init__(self, base_url: str, api_key: str) -> None:
        url = _checked("SLUICE_OPENAI_BASE_URL", base_url, PORTS)
        self.host, self.port = url.hostname or "", url.port or PORTS[url.scheme]
        self.tls = _tls() if url.scheme == "https" else None
        self.proxy = _proxy(url)
        name = f"[{self.host}]" if ":" in self.host else self.host
        self.authority = f"{name}:{self.port}"
        self._prefix = url.path.rstrip("/")
        if self.proxy is not None and self.tls is None:
            self._prefix = f"http://{self.authority}{self._prefix}"
        headers = {"host": self.authority if url.port else name, "user-agent": "sluice", "accept": "*/*"}
        headers["accept-encoding"] = "identity"
        if api_key:
            headers["authorization"] = f"Bearer {api_key}"
        if self.tls is None:
            headers |= self._proxy_headers()
        told = (self._prefix, *headers.values())
        if " " in self._prefix or not all(text.isascii() and text.isprintable() for text in told):
            raise SettingsError("SLUICE_OPENAI_BASE_URL or SLUICE_OPENAI_API_KEY holds what no header may")
        self._head = _lines(headers)

    def connect(self) -> bytes:
        """To the proxy, for a tunnel."""
        headers = {"host": self.authority, **self._proxy_headers()}
        return f"CONNECT {self.authority} HTTP/1.1\r\n{_lines(headers)}\r\n".encode()

    def get(self, path: str) -> bytes:
        return f"GET {self._prefix}{path} HTTP/1.1\r\n{self._head}\r\n".encode()

    def post(self, path: str, body: bytes) -> bytes:
        told = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        return f"POST {self._prefix}{path} HTTP/1.1\r\n{self._head}{told}\r\n".encode() + body

    def _proxy_headers(self) -> dict[str, str]:
        if self.proxy is None or not self.proxy.username:
            return {}
        known = f"{unquote(self.proxy.username)}:{unquote(self.proxy.password or '')}"
        return {"proxy-authorization": f"Basic {base64.b64encode(known.encode()).decode()}"}


def _lines(headers: dict[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


def _checked(name: str, url: str, schemes: dict[str, int]) -> SplitResult:
    """The error does not say the URL: it may hold a password."""
    try:
        found = urlsplit(url)
        if found.scheme in schemes and found.hostname and found.port != 0:
            return found
    except ValueError as error:
        raise SettingsError(f"{name} is no URL: {error}") from error
    raise SettingsError(f"{name} is to start with {' or '.join(f'{scheme}://' for scheme in schemes)}")


def _proxy(url: SplitResult) -> SplitResult | None:
    known, host = urllib.request.getproxies(), url.hostname or ""
    found = known.get(url.scheme) or known.get("all")
    if not found or urllib.request.proxy_bypass(f"{host}:{url.port}" if url.port else host):
        return None
    return _checked("the proxy", found if "://" in found else f"http://{found}", {"http": 80})


def _tls() -> ssl.SSLContext:
    """Trusts `SSL_CERT_FILE` or `SSL_CERT_DIR` where one is set, else Mozilla's authorities: a bare image has none."""
    is_told = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
    context = ssl.create_default_context(cafile=None if is_told else certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context
