"""The web before the real product: sessions, and what a browser is told about a page."""

import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.local.ports import free_port
from tests.stack import Stack, running_stack
from tests.web import running_web
from tests.web_visitor import Visitor, question

pytestmark = pytest.mark.timeout(600)
MODELS = "/api/edge/v1/models"
TRIES = 30
LATER_MS = 30.0


@pytest.fixture(scope="module")
def stack() -> Generator[Stack]:
    with running_stack("simulated") as stack:
        yield stack


@pytest.fixture(scope="module")
def web(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running_web(int(stack.url.rpartition(":")[2]), tmp_path_factory.mktemp("web")) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def visitor(stack: Stack, web: str) -> Visitor:
    visitor = Visitor(web)
    assert visitor.sign_in("admin", stack.password) == 204
    return visitor


def test_the_first_token_comes_as_soon_as_from_the_edge(stack: Stack, visitor: Visitor) -> None:
    direct = Visitor(stack.url)
    bearer = {"Authorization": f"Bearer {stack.sign_in()}"}
    at_edge: list[float] = []
    at_web: list[float] = []
    for number in range(TRIES):
        at_edge.append(first_token_ms(direct, "/v1/chat", f"edge{number}", bearer))
        at_web.append(first_token_ms(visitor, "/api/edge/v1/chat", f"web{number}", {}))
    edge_ms, web_ms = statistics.median(at_edge), statistics.median(at_web)
    assert web_ms - edge_ms < LATER_MS, f"edge {edge_ms:.1f} ms, through the web {web_ms:.1f} ms"


def first_token_ms(visitor: Visitor, path: str, chat: str, headers: dict[str, str]) -> float:
    """The rest of the answer is left, and the answer stopped, so that the next finds the worker free."""
    started = time.perf_counter()
    connection, answer = visitor.open("POST", path, question("Where does the river go?", chat), headers)
    assert answer.status == 200
    read = b""
    while b'"text-delta"' not in read:
        piece = answer.read1(65_536)
        assert piece, read
        read += piece
    taken_ms = (time.perf_counter() - started) * 1000
    visitor.ask("POST", f"{path}/{chat}/stop", headers=headers)
    answer.read()
    connection.close()
    return taken_ms


def test_many_requests_with_one_spent_token_are_one_session(visitor: Visitor) -> None:
    stale = Visitor(visitor.url, {"sluice-refresh": visitor.cookies["sluice-refresh"]})

    def ask(_: int) -> tuple[int, str]:
        tab = Visitor(stale.url, stale.cookies)
        return tab.ask("GET", MODELS)[0], tab.cookies["sluice-refresh"]

    with ThreadPoolExecutor(12) as tabs:
        answers = list(tabs.map(ask, range(24)))
    assert {status for status, _ in answers} == {200}
    renewed = {refresh for _, refresh in answers}
    assert len(renewed) == 1
    assert renewed != {stale.cookies["sluice-refresh"]}
    after = Visitor(visitor.url, {"sluice-refresh": renewed.pop()})
    assert after.ask("GET", MODELS)[0] == 200  # the sign-in has not ended by it


def test_signing_out_ends_it_at_the_edge(visitor: Visitor) -> None:
    kept = Visitor(visitor.url, visitor.cookies)
    assert visitor.ask("DELETE", "/api/session")[0] == 204
    assert not any(visitor.cookies.values())
    status, content, _ = kept.ask("GET", MODELS)
    assert (status, json.loads(content)["code"]) == (401, "signed_out")
    assert not any(kept.cookies.values())


def test_who_is_forced_out_elsewhere_hears_of_it(stack: Stack, web: str) -> None:
    settings = dict(
        line.split("=", 1) for line in (stack.log.parent / "data" / "client.env").read_text().splitlines()
    )

    def users(*arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "services.edge.users", *arguments],
            input="password of eve\n",
            env={**settings, "PATH": ""},
            text=True,
            check=True,
            timeout=60,
        )

    users("add", "eve", "--password-stdin")
    visitor = Visitor(web)
    assert visitor.sign_in("eve", "password of eve") == 204
    assert visitor.ask("GET", MODELS)[0] == 200
    users("revoke", "eve")
    deadline = time.monotonic() + 10
    while (answer := visitor.ask("GET", MODELS))[0] == 200:
        assert time.monotonic() < deadline
    assert json.loads(answer[1])["code"] == "signed_out"


def test_wrong_words_and_too_many_of_them(web: str) -> None:
    visitor = Visitor(web)
    statuses = [visitor.sign_in("nobody", "wrong") for _ in range(11)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    _, _, headers = visitor.ask("POST", "/api/session", {"username": "nobody", "password": "wrong"})
    assert int(headers["retry-after"]) > 0
    assert visitor.cookies == {}


def test_a_page_runs_and_styles_only_what_bears_its_nonce(visitor: Visitor) -> None:
    nonces: set[str] = set()
    for path in ("/", "/sign-in", "/sign-in?reason=ended", "/knowledge", "/nowhere/at/all"):
        _, content, headers = visitor.ask("GET", path)
        html, policy = content.decode(), headers["content-security-policy"]
        found = re.search(
            r"script-src 'self' 'nonce-([^']+)' 'strict-dynamic'; style-src 'self' 'nonce-", policy
        )
        assert found, policy
        assert "unsafe" not in policy
        nonces.add(found[1])
        scripts = re.findall(r"<(?:script|style)\b[^>]*>", html)
        assert scripts
        assert all(f'nonce="{found[1]}"' in tag for tag in scripts), path
        assert not re.search(r"<[^>]+ style=", re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)), (
            path
        )
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
    assert len(nonces) == 5


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(web: str) -> None:
    status, _, headers = Visitor(web).ask("GET", "/c/abc?x=1")
    assert (status, headers["location"]) == (307, "/sign-in?next=%2Fc%2Fabc%3Fx%3D1")


def test_other_sites_get_nothing_done(visitor: Visitor) -> None:
    body = question("Hi", "forged")
    for forged in ({"Origin": "http://evil.test"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}):
        assert visitor.ask("POST", "/api/edge/v1/chat", body, forged)[0] == 403
    assert visitor.ask("GET", MODELS, headers={"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert visitor.ask("DELETE", "/api/session", headers={"Sec-Fetch-Site": "cross-site"})[0] == 403


@pytest.mark.parametrize(
    "path",
    ["login", "metrics", "v1/conversations/%2e%2e/%2e%2e/metrics", "v1/conversations/..%2f..%2fmetrics"],
)
def test_what_is_not_for_pages_is_not_there(visitor: Visitor, path: str) -> None:
    assert visitor.ask("GET", f"/api/edge/{path}")[0] in {307, 308, 400, 404}


def test_the_web_holds_no_secret_in_what_it_serves(stack: Stack, visitor: Visitor) -> None:
    secret = (visitor.cookies["sluice-access"], visitor.cookies["sluice-refresh"])
    _, content, _ = visitor.ask("GET", "/")
    assert not any(each.encode() in content for each in secret)
    assert stack.url.encode() not in content


def test_its_own_health_does_not_ask_the_edge(tmp_path: Path) -> None:
    with running_web(free_port(), tmp_path) as port:
        assert Visitor(f"http://127.0.0.1:{port}").ask("GET", "/api/health")[:2] == (200, b"ok\n")
