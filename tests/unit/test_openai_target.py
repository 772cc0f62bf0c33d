"""What an upstream's address and key may be."""

import pytest

from services.inference.adapters.openai.target import Target
from shared.settings import SettingsError


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.mark.parametrize(
    "url", ["", "localhost:8000/v1", "ftp://x/v1", "http://", "http://x:99999/v1", "http://x/a b"]
)
def test_what_is_no_address_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingsError):
        Target(url, "k")


def test_a_key_that_would_break_the_head_is_refused() -> None:
    with pytest.raises(SettingsError) as caught:
        Target("http://x/v1", "secret\r\nx: y")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "path", "host"),
    [
        ("http://x/v1/", b"POST /v1/chat HTTP/1.1\r\n", b"host: x\r\n"),
        ("https://x:8443", b"POST /chat HTTP/1.1\r\n", b"host: x:8443\r\n"),
        ("http://[::1]:8000/v1", b"POST /v1/chat HTTP/1.1\r\n", b"host: [::1]:8000\r\n"),
    ],
)
def test_a_request_names_path_host_and_length(url: str, path: bytes, host: bytes) -> None:
    request = Target(url, "k").post("/chat", b"{}")
    assert request.startswith(path + host)
    assert b"authorization: Bearer k\r\n" in request
    assert request.endswith(b"content-length: 2\r\n\r\n{}")


def test_a_proxy_that_we_cannot_speak_to_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("ALL_PROXY", "socks5://me:secret@proxy:1080")
    with pytest.raises(SettingsError) as caught:
        Target("https://x/v1", "k")
    assert "secret" not in str(caught.value)
