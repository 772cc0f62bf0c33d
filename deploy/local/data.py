"""The data folder: who may read it, one run at a time in it, and the passwords that are made once and kept in it."""

import fcntl
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from deploy.local.errors import StartError

LEFT_OVER_WAIT_S = 25.0


class DataFolder:
    """As root the folder may be passed through by the account that PostgreSQL runs as; nothing in it may be listed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self.secrets = path / "secrets"
        self.nats = path / "nats"
        self.postgres = path / "postgres"

    def make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
            for private in (self.logs, self.secrets, self.nats):
                private.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StartError(
                f"{self.path} cannot be used for data: {error.strerror}; choose another with DATA=…"
            ) from error

    def service(self, name: str) -> Path:
        folder = self.path / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def password(self, name: str) -> str:
        """Made on the first start, the same ever after; readable by its owner alone."""
        path = self.secrets / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(24))
        return path.read_text().strip()


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    unfinished.replace(path)


class RunLock:
    """One run in a data folder. The kernel drops the lock with its last holder, so a killed run leaves none behind.

    The guard holds it, too: it still ends the processes of a run that was killed.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._descriptor = -1

    def take(self, say: Callable[[str], None]) -> int:
        """Returns the descriptor to hand on. Raises `StartError` when another run is alive in the folder."""
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not self._try():
            self._wait_for_left_over(say)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)
        return self._descriptor

    def release(self) -> None:
        os.close(self._descriptor)

    def _wait_for_left_over(self, say: Callable[[str], None]) -> None:
        owner = owner_of(self._path)
        if owner and is_alive(owner):
            raise StartError(
                f"Sluice is already running on {self._path.parent} (process {owner}).\n"
                "Stop it with Ctrl-C there or by `make stop`; "
                "or start a second one with DATA=… PORT=… NATS_PORT=… POSTGRES_PORT=…"
            )
        say("the last run was killed; waiting until its processes have ended")
        deadline = time.monotonic() + LEFT_OVER_WAIT_S
        while not self._try():
            if time.monotonic() > deadline:
                raise StartError(f"processes of a killed run still hold {self._path}")
            time.sleep(0.1)

    def _try(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def owner_of(lock: Path) -> int:
    """The process that wrote the lock file; 0: none is known."""
    text = lock.read_text().strip() if lock.exists() else ""
    return int(text) if text.isdigit() else 0


def is_alive(pid: int) -> bool:
    """A zombie has ended: only its parent has not looked yet."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")
