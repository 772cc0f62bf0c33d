"""The whole product, started once for each file of tests that shares it."""

from collections.abc import Generator

import pytest

from tests.stack import Stack, running_stack


@pytest.fixture(scope="module")
def extractive() -> Generator[Stack]:
    """What `make run` brings on a machine without a GPU."""
    with running_stack("extractive") as stack:
        yield stack


@pytest.fixture(scope="module")
def simulated() -> Generator[Stack]:
    """Two workers on the token clock, 50 steps a second; who goes away has a second to come back."""
    with running_stack("simulated", workers=2, environ={"SLUICE_RESUME_GRACE_S": "1"}) as stack:
        yield stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A start of everything counts towards the first test that needs it."""
    for item in items:
        if "tests/e2e" in str(item.path) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(240))
