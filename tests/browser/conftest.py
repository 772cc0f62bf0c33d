"""One product and one browser for all of these tests; each test has a browser profile and, where it asks, a user of
its own. Every page of every test is watched: see watch.py."""

import re
import uuid
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from deploy.checks.browser import chromium
from tests.browser.product import Account, Product, running_product
from tests.browser.reader import Reader
from tests.browser.watch import Watch
from tests.conftest import ServerLoop

REPORTS = Path("reports/browser")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
ONLY_HERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"

OpenReader = Callable[..., Reader]


@pytest.fixture(scope="session")
def product(server_loop: ServerLoop, tmp_path_factory: pytest.TempPathFactory) -> Generator[Product]:
    with running_product(tmp_path_factory.mktemp("product"), server_loop) as product:
        yield product


@pytest.fixture(scope="session")
def playwright() -> Generator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Generator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS, ONLY_HERE])
    yield browser
    browser.close()


@pytest.fixture
def visit(request: pytest.FixtureRequest, browser: Browser, product: Product) -> Generator[OpenReader]:
    """Opens a browser profile of its own, with the options of a Playwright context; nobody is signed in there. What
    its pages must never do fails the test at its end; a test that failed leaves pictures in reports/browser/."""
    with ExitStack() as stack:
        readers: list[Reader] = []

        def open_reader(**options: object) -> Reader:
            context = browser.new_context(base_url=product.url, **{"locale": "en-GB", **options})  # type: ignore[arg-type]
            stack.callback(context.close)
            context.set_default_timeout(10_000)
            reader = Reader(context, Watch(context, product.url), product)
            readers.append(reader)
            return reader

        yield open_reader
        if failed(request.node):
            for number, reader in enumerate(readers):
                reader.photograph(REPORTS / f"{re.sub(r'[^a-z0-9]+', '-', request.node.name)}-{number}.png")
        else:
            for reader in readers:
                reader.watch.complain()


@pytest.fixture
def reader(visit: OpenReader, product: Product) -> Reader:
    """Somebody signed in, on a page of their own."""
    reader = visit()
    reader.signed_in(product.admin)
    return reader


@pytest.fixture
def newcomer(product: Product) -> Account:
    """A user without any history."""
    return product.add_user(f"reader-{uuid.uuid4().hex[:6]}")


def failed(item: pytest.Item) -> bool:
    return bool(getattr(item, "failed", False))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True  # type: ignore[attr-defined]
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A start of everything counts towards the first test that needs it."""
    for item in items:
        if "tests/browser" in str(item.path) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(180))
