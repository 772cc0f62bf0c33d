"""RFC 9110: what a route allows is said when it is asked for something else, and HEAD is GET without its body."""

from collections.abc import AsyncIterator

import pytest

from tests.chat_edge import ChatEdge, Ports, serving


@pytest.fixture
async def edge() -> AsyncIterator[ChatEdge]:
    async with serving(Ports()) as running:
        yield running


@pytest.mark.parametrize("path", ["/health/live", "/schema", "/.well-known/jwks.json", "/v1/models"])
async def test_head_is_get_without_the_body(edge: ChatEdge, path: str) -> None:
    head, get = await edge.client.head(path), await edge.client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert get.content
    different = ("x-request-id", "date")
    assert {name: value for name, value in head.headers.items() if name not in different} == {
        name: value for name, value in get.headers.items() if name not in different
    }


async def test_head_needs_a_token_where_get_does(edge: ChatEdge) -> None:
    refused = await edge.client.head("/v1/models", headers={"Authorization": ""})
    assert (refused.status_code, refused.content) == (401, b"")


async def test_head_is_counted_as_head(edge: ChatEdge) -> None:
    await edge.client.head("/health/live")
    assert 'method="HEAD",route="/health/live",status="200"' in (await edge.client.get("/metrics")).text


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/login", "OPTIONS, POST"),
        ("HEAD", "/login", "OPTIONS, POST"),
        ("DELETE", "/v1/chat", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/schema", "GET, HEAD, OPTIONS"),
        ("PUT", "/v1/conversations/c1", "DELETE, GET, HEAD, OPTIONS, PATCH"),
    ],
)
async def test_a_method_that_a_route_does_not_have(
    edge: ChatEdge, method: str, path: str, allowed: str
) -> None:
    refused = await edge.client.request(method, path)
    assert (refused.status_code, refused.headers["allow"]) == (405, allowed)


async def test_options_says_the_same(edge: ChatEdge) -> None:
    answer = await edge.client.options("/v1/models")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
