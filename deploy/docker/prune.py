"""Uninstalls what a service's extra does not ask for: `python prune.py pyproject.toml SERVICE SET`.

A lock holds a whole set, for several services; an image holds one. So the lock is installed by hash, and then
what no requirement leads to is taken out again, the installer last.
"""

import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

INSTALLERS = {"pip", "setuptools", "wheel"}


def main() -> None:
    project = tomllib.loads(Path(sys.argv[1]).read_text())["project"]
    service, install_set = sys.argv[2:4]
    extra = service if install_set == "default" else install_set
    asked = [f"sluice[{extra}]"]
    installed: dict[str, list[str]] = {
        canonicalize_name(found.name): (found.requires or []) for found in distributions()
    }
    installed["sluice"] = requirements_of(project)
    kept = reachable(asked, installed)
    unwanted = sorted(set(installed) - kept - {"sluice"} - INSTALLERS)
    uninstall([*unwanted, *sorted((INSTALLERS & set(installed)) - kept)])
    print(f"{service}: {len(kept) - 1} packages kept, {len(unwanted)} taken out")


def requirements_of(project: dict[str, Any]) -> list[str]:
    """As a wheel's metadata would have it: an extra's requirements carry a marker."""
    requirements: list[str] = list(project["dependencies"])
    extras: dict[str, list[str]] = project["optional-dependencies"]
    for extra, members in extras.items():
        requirements += [f'{member} ; extra == "{extra}"' for member in members]
    return requirements


def reachable(asked: Iterable[str], installed: dict[str, list[str]]) -> set[str]:
    """All that the requirements lead to. What they name and the lock leaves out, on purpose, is not missed."""
    seen: set[tuple[str, str]] = set()
    waiting = [Requirement(text) for text in asked]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        for extra in ("", *wanted.extras):
            if name in installed and (name, extra) not in seen:
                seen.add((name, extra))
                listed = [Requirement(text) for text in installed[name]]
                waiting += [
                    one for one in listed if one.marker is None or one.marker.evaluate({"extra": extra})
                ]
    return {name for name, _ in seen}


def uninstall(names: list[str]) -> None:
    """One call: the last of them uninstalls itself."""
    subprocess.run([sys.executable, "-m", "pip", "uninstall", "--quiet", "--yes", *names], check=True)


if __name__ == "__main__":
    main()
