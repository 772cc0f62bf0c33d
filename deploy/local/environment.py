"""Brings a virtual environment to what its lock says: `python3 -m deploy.local.environment default|dev|vllm|quantize`.

Runs on any Python 3 that the machine has, before anything is installed: standard library only. A stamp in the
environment holds the hash of what it was made from, so that a second call has nothing to do.
"""

import fcntl
import hashlib
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

from deploy.local.hardware import has_gpu
from deploy.local.indexes import uv_environment

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "deploy" / "locks"
STAMP = "sluice-set"
TORCH_SETS = {"vllm": (".venv-vllm", "inference"), "quantize": (".venv-quantize", "quantize")}
"""What is wanted, its environment, and its two install sets' common name."""
TORCH_HINT = """The message of the installer is above.
The CPU set needs torch 2.13.0+cpu, which PyTorch keeps on an index of its own (the README names it):
  PIP_EXTRA_INDEX_URL=<that index> make setup-{}"""


class SetupError(Exception):
    """The environment could not be made; the message says what to do."""


def main() -> None:
    wanted = sys.argv[1] if len(sys.argv) > 1 else "default"
    os.chdir(ROOT)
    folder = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)  # two makes at once must not install into one environment
    try:
        if wanted in TORCH_SETS:
            ensure_torch(wanted)
        else:
            ensure(ROOT / ".venv", wanted)
    except SetupError as error:
        sys.exit(f"setup: {error}")
    finally:
        os.close(folder)


def ensure_torch(wanted: str) -> None:
    """For the GPU where there is one, else for the CPU."""
    venv, name = TORCH_SETS[wanted]
    try:
        ensure(ROOT / venv, f"{name}-gpu" if has_gpu() else f"{name}-cpu")
    except SetupError as error:
        raise SetupError(f"{error}\n{TORCH_HINT.format(wanted)}") from error


def ensure(venv: Path, wanted: str) -> None:
    """Installs `wanted` unless it is there. `dev` holds all of `default`, and stays once it was asked for."""
    installed, digest = read_stamp(venv)
    if installed == "dev" and wanted == "default":
        wanted = "dev"
    if (installed, digest) == (wanted, digest_of(wanted)) and (venv / "bin" / "python").exists():
        return
    started = time.monotonic()
    say(f"{venv.name}: installing the set '{wanted}' …")
    make(venv)
    install(venv, wanted)
    (venv / STAMP).write_text(f"{wanted} {digest_of(wanted)}\n")
    say(f"{venv.name}: ready in {time.monotonic() - started:.1f} s")


def read_stamp(venv: Path) -> tuple[str, str]:
    stamp = venv / STAMP
    words = stamp.read_text().split() if stamp.exists() else []
    return (words[0], words[1]) if len(words) == 2 else ("", "")


def digest_of(wanted: str) -> str:
    """Everything that the environment is made from; the folder too, since its scripts name it."""
    lock = LOCKS / f"{wanted}.txt"
    if not lock.exists():
        raise SetupError(f"there is no install set '{wanted}'")
    made_from = [lock, LOCKS / "bootstrap.txt", ROOT / "pyproject.toml"]
    parts = [
        str(ROOT).encode(),
        platform.python_version().encode(),
        *(path.read_bytes() for path in made_from),
    ]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def make(venv: Path) -> None:
    python = venv / "bin" / "python"
    (venv / STAMP).unlink(missing_ok=True)  # from here on it is neither the old set nor yet the new one
    if not (python.exists() and (venv / "bin" / "uv").exists()):
        check_python()
        run(
            [sys.executable, "-m", "venv", "--clear", str(venv)],
            "python3 has no venv (Debian: apt install python3-venv)",
        )
        bootstrap = ["install", "--quiet", "--require-hashes", "--requirement", str(LOCKS / "bootstrap.txt")]
        run([str(python), "-m", "pip", *bootstrap], "the installer could not be fetched")


def check_python() -> None:
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise SetupError(
            f"Python 3.11 to 3.13 is needed, this is {platform.python_version()}: make PYTHON=python3.11 …"
        )


def install(venv: Path, wanted: str) -> None:
    """`sync` takes the lock as it is, without asking what its packages would like besides."""
    python, uv = str(venv / "bin" / "python"), str(venv / "bin" / "uv")
    environ = uv_environment(python, os.environ)
    lock = str(LOCKS / f"{wanted}.txt")
    quiet = ["--quiet", "--python", python]
    failed = "packages could not be installed"
    run([uv, "pip", "sync", *quiet, "--require-hashes", lock], failed, environ)
    run([uv, "pip", "install", *quiet, "--no-deps", "--offline", "--editable", str(ROOT)], failed, environ)


def run(command: "list[str]", failed: str, environ: "dict[str, str] | None" = None) -> None:
    if subprocess.run(command, env=environ, check=False).returncode != 0:
        raise SetupError(failed)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
