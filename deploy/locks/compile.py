"""`make lock`: one file an install set, every package with its hashes, no host named.

The bus packages (the distribution's own dependencies) get one version in every set, since the environments
speak to each other. vLLM's sets are resolved for the machine they are for; `torch==…+cpu` comes from wherever
pip or uv is configured to find links, and that place is not written down.
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.local.indexes import uv_environment

LOCKS = Path("deploy/locks")
SERVICES = ("edge", "inference", "embedder", "retriever", "audit", "cli", "local")
EVERYWHERE = ("--universal", "--python-version", "3.11")
LINUX = ("--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_28")


@dataclass(frozen=True)
class InstallSet:
    name: str
    extras: tuple[str, ...]
    groups: tuple[str, ...] = ()
    platform: tuple[str, ...] = EVERYWHERE
    overrides: str = ""
    constraints: str = ""
    find_links: bool = False
    """Whether a configured folder of wheels may answer: it must not give the GPU set the CPU's torch."""

    def arguments(self) -> list[str]:
        chosen = [f"--extra={extra}" for extra in self.extras] + [f"--group={group}" for group in self.groups]
        if self.overrides:
            chosen.append(f"--overrides={LOCKS / self.overrides}")
        if self.constraints:
            chosen.append(f"--constraints={self.constraints}")
        return [*self.platform, *chosen]


def install_sets(bus: str) -> list[InstallSet]:
    """In the order in which they are made; `bus` is the file that holds the versions of the bus packages."""
    default = str(LOCKS / "default.txt")
    no_torch = "overrides-default.txt"
    no_cuda = "overrides-inference-cpu.txt"
    return [
        InstallSet("default", SERVICES, overrides=no_torch),
        InstallSet("dev", SERVICES, ("dev",), overrides=no_torch, constraints=default),
        InstallSet("inference-cpu", ("inference-cpu",), ("test",), LINUX, no_cuda, bus, find_links=True),
        InstallSet("inference-gpu", ("inference-gpu",), ("test",), LINUX, constraints=bus),
        InstallSet(
            "quantize-cpu", ("quantize",), (), LINUX, "overrides-quantize-cpu.txt", bus, find_links=True
        ),
        InstallSet("quantize-gpu", ("quantize",), (), LINUX, "overrides-quantize-gpu.txt", bus),
    ]


def main() -> None:
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv else []
    environ = uv_environment(sys.executable, os.environ)
    with tempfile.TemporaryDirectory() as folder:
        bus = str(Path(folder) / "bus.txt")
        for chosen in install_sets(bus):
            hashed = ["--generate-hashes", *upgrade, f"--output-file={LOCKS / chosen.name}.txt"]
            compile_lock([*chosen.arguments(), *hashed], places_for(chosen, environ))
            if chosen.name == "default":
                compile_lock(
                    [*EVERYWHERE, f"--constraints={LOCKS / 'default.txt'}", f"--output-file={bus}"],
                    places_for(chosen, environ),
                )
            print(f"{LOCKS / chosen.name}.txt")


def places_for(chosen: InstallSet, environ: dict[str, str]) -> dict[str, str]:
    """A machine's own additional places must not decide what everybody gets."""
    own = {"UV_INDEX"} if chosen.find_links else {"UV_INDEX", "UV_FIND_LINKS"}
    return {name: value for name, value in environ.items() if name not in own}


def compile_lock(arguments: list[str], environ: dict[str, str]) -> None:
    uv = str(Path(sys.executable).with_name("uv"))
    plain = ["--no-header", "--no-annotate", "--quiet"]
    subprocess.run([uv, "pip", "compile", "pyproject.toml", *plain, *arguments], env=environ, check=True)


if __name__ == "__main__":
    main()
