"""The web in `make run`: whether there is a Node for it, what it is built from, what it is told."""

import io
import stat
from pathlib import Path

import pytest

from deploy.local.console import Console
from deploy.local.logs import Logs
from deploy.local.options import parse
from deploy.local.web import Web
from deploy.local.web_build import Node, WebBuild, WebError, find_node

NODE = Node("/usr/bin/node", "/usr/bin/npm", "22.1.0")


def program(folder: Path, name: str, says: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho {says}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_without_a_port_there_is_no_web() -> None:
    assert parse([]).web_port == 0
    assert "WEB_PORT" not in parse(["--web-port=0"]).named_ports()
    assert parse(["--web-port=3000"]).named_ports()["WEB_PORT"] == 3000


def test_a_machine_without_node_is_told_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(WebError, match=r"no Node here; it needs Node 20\.18 or newer"):
        find_node({"PATH": str(tmp_path)})


def test_a_machine_without_npm_is_told_so(tmp_path: Path) -> None:
    program(tmp_path, "node", "v22.1.0")
    with pytest.raises(WebError, match="no npm here"):
        find_node({"PATH": str(tmp_path)})


@pytest.mark.parametrize(
    ("version", "good"), [("v18.19.0", False), ("v20.9.0", False), ("v20.18.1", True), ("v26.0.0", True)]
)
def test_a_node_that_is_too_old_is_not_taken(tmp_path: Path, version: str, good: bool) -> None:
    for name, says in (("node", version), ("npm", "10")):
        program(tmp_path, name, says)
    environ = {"PATH": str(tmp_path)}
    if good:
        assert find_node(environ).version == version[1:]
    else:
        with pytest.raises(WebError, match="too old"):
            find_node(environ)


def web_folder(root: Path) -> Path:
    folder = root / "services" / "web"
    for name in (
        "app/page.tsx",
        "package.json",
        "package-lock.json",
        "test/a.test.ts",
        ".next/standalone/server.js",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (folder / "node_modules").mkdir()
    return folder


def stamp(build: WebBuild) -> None:
    """As after `npm ci` and `next build`, which a unit test does not run."""
    (build.folder / "node_modules" / ".sluice-made-from").write_text(build.packages_digest())
    (build.standalone / ".sluice-made-from").write_text(build.build_digest())


@pytest.mark.parametrize(
    ("changed", "current"),
    [("app/page.tsx", False), ("app/new.tsx", False), ("package-lock.json", False), ("test/a.test.ts", True)],
)
def test_it_is_built_again_when_what_it_is_made_of_has_changed(
    tmp_path: Path, changed: str, current: bool
) -> None:
    folder = web_folder(tmp_path)
    build = WebBuild(tmp_path, NODE)
    assert not build.is_current()
    stamp(build)
    assert build.is_current()
    (folder / changed).write_text("else")
    assert build.is_current() is current


def test_another_node_or_another_folder_means_another_build(tmp_path: Path) -> None:
    web_folder(tmp_path / "one")
    stamp(WebBuild(tmp_path / "one", NODE))
    assert not WebBuild(tmp_path / "one", Node(NODE.path, NODE.npm, "24.0.0")).is_current()
    (tmp_path / "one").rename(tmp_path / "other")
    assert not WebBuild(tmp_path / "other", NODE).is_current()


def test_it_is_told_where_the_edge_is_and_listens_here_alone(tmp_path: Path) -> None:
    callers = {"SLUICE_WEB_ORIGIN": "https://chat.test", "PORT": "1", "SLUICE_EDGE_URL": "http://elsewhere"}
    web = Web(tmp_path, 3000, 8080, callers, Console(io.StringIO(), colour=False), Logs(tmp_path))
    assert web.environment() == {
        "SLUICE_WEB_ORIGIN": "https://chat.test",
        "NODE_ENV": "production",
        "PORT": "3000",
        "HOSTNAME": "127.0.0.1",
        "SLUICE_EDGE_URL": "http://127.0.0.1:8080",
    }
    assert web.spec(NODE).command[1] == str(tmp_path / "services/web/.next/standalone/server.js")
