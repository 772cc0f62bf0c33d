"""Brings the web to what its sources say: `python3 -m deploy.local.web_build [packages]`.

Standard library only, as environment.py. Stamps hold the hashes of what packages and build were made from, so that a
second call has nothing to do. It says what it does, a line a step, beside npm's and Next's own words.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NODE_NEEDED = (20, 18, 1)
NOT_SOURCES = {"node_modules", ".next", "test", "next-env.d.ts", "tsconfig.tsbuildinfo", "README.md"}


class WebError(Exception):
    """The web cannot be had; the message says why."""


@dataclass(frozen=True)
class Node:
    path: str
    npm: str
    version: str


def find_node(environ: Mapping[str, str]) -> Node:
    """Raises `WebError`, in words for whoever ran make."""
    needed = ".".join(map(str, NODE_NEEDED[:2]))
    path, npm = (shutil.which(name, path=environ.get("PATH", "")) for name in ("node", "npm"))
    if path is None or npm is None:
        raise WebError(f"there is no {'npm' if path else 'Node'} here; it needs Node {needed} or newer")
    asked = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)
    version = asked.stdout.strip().removeprefix("v")
    numbers = tuple(map(int, re.findall(r"\d+", version)[:3]))
    if asked.returncode != 0 or numbers < NODE_NEEDED:
        raise WebError(f"Node {version or 'there'} is too old; it needs {needed} or newer")
    return Node(path, npm, version)


class WebBuild:
    def __init__(self, root: Path, node: Node) -> None:
        self.folder = root / "services" / "web"
        self.standalone = self.folder / ".next" / "standalone"
        self._packages = self.folder / "node_modules"
        self._node = node

    @property
    def server(self) -> Path:
        return self.standalone / "server.js"

    def is_current(self) -> bool:
        return self.has_packages() and self._build_is_current()

    def has_packages(self) -> bool:
        return self._packages.exists() and read(self._packages_stamp()) == self.packages_digest()

    def ensure_packages(self) -> None:
        if self.has_packages():
            return
        print("packages of the web: npm ci", flush=True)
        quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--include=dev"]
        self._run([self._node.npm, "ci", *quiet], "the packages could not be installed")
        self._packages_stamp().write_text(self.packages_digest())

    def ensure_build(self) -> None:
        self.ensure_packages()
        if self._build_is_current():
            return
        started = time.monotonic()
        print("the web: next build, a minute or less", flush=True)
        digest = self.build_digest()  # before: what changes meanwhile is for the next build
        self._build_stamp().unlink(missing_ok=True)
        self._run([self._node.path, "node_modules/next/dist/bin/next", "build"], "the web could not be built")
        self._complete()
        self._build_stamp().write_text(digest)
        print(f"the web: built in {time.monotonic() - started:.0f} s", flush=True)

    def _complete(self) -> None:
        """Next leaves what browsers load out of its standalone folder."""
        for name, place in ((".next/static", ".next/static"), ("public", "public")):
            if (self.folder / name).exists():
                shutil.rmtree(self.standalone / place, ignore_errors=True)
                shutil.copytree(self.folder / name, self.standalone / place)

    def _build_is_current(self) -> bool:
        return self.server.exists() and read(self._build_stamp()) == self.build_digest()

    def _packages_stamp(self) -> Path:
        return self._packages / ".sluice-made-from"

    def _build_stamp(self) -> Path:
        return self.standalone / ".sluice-made-from"

    def packages_digest(self) -> str:
        lock = (self.folder / "package-lock.json").read_bytes()
        return hashlib.sha256(b"\0".join([self._node.version.encode(), lock])).hexdigest()

    def build_digest(self) -> str:
        """Everything that it is made from; the folder too, since Next writes it into what it makes."""
        digest = hashlib.sha256(f"{self.folder}\0{self._node.version}".encode())
        for path in sources(self.folder):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(self.folder)}\0{content}\0".encode())
        return digest.hexdigest()

    def _run(self, command: "list[str]", failed: str) -> None:
        environ = {**os.environ, "NEXT_TELEMETRY_DISABLED": "1"}
        environ.pop("NODE_ENV", None)
        if subprocess.run(command, cwd=self.folder, env=environ, check=False).returncode:
            raise WebError(failed)


def sources(folder: Path) -> "Iterator[Path]":
    """In an order that does not depend on the file system."""
    for path in sorted(folder.iterdir()):
        if path.name in NOT_SOURCES:
            continue
        if path.is_dir():
            yield from sources(path)
        elif path.is_file():
            yield path


def read(stamp: Path) -> str:
    return stamp.read_text() if stamp.exists() else ""


def main() -> None:
    folder = os.open(ROOT / "services" / "web", os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)  # two makes at once must not build in one folder
    try:
        build = WebBuild(ROOT, find_node(os.environ))
        if sys.argv[1:] == ["packages"]:
            build.ensure_packages()
        else:
            build.ensure_build()
    except WebError as error:
        sys.exit(f"web: {error}")
    finally:
        os.close(folder)


if __name__ == "__main__":
    main()
