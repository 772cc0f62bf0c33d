"""Under whom PostgreSQL runs: it refuses root. A plain user runs it as itself; root lends it another account."""

import os
import pwd
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import StartError

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """`uid` 0 stands for: no change, we are a plain user already."""

    name: str
    uid: int
    gid: int

    def command(self, command: Sequence[str], *, must_enter: Sequence[Path]) -> list[str]:
        """`command` as this account; `must_enter` are folders that it has to reach."""
        if self.uid == 0:
            return list(command)
        search = ["--search"] if any(is_closed(path) for path in must_enter) else []
        become = [sys.executable, "-m", "deploy.local.become", str(self.uid), str(self.gid), *search, "--"]
        return [*become, *command]

    def own(self, path: Path) -> None:
        if self.uid:
            os.chown(path, self.uid, self.gid)


def account_for(cluster: Path) -> Account:
    """An existing cluster keeps its owner, whichever accounts the machine has got since."""
    if os.geteuid() != 0:
        return Account("", 0, 0)
    if cluster.exists() and cluster.stat().st_uid != 0:
        owner = pwd.getpwuid(cluster.stat().st_uid)
        return Account(owner.pw_name, owner.pw_uid, owner.pw_gid)
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in CANDIDATES:
        if name in known and known[name].pw_uid != 0:
            return Account(name, known[name].pw_uid, known[name].pw_gid)
    raise StartError(
        "PostgreSQL refuses to run as root and there is no account 'postgres' or 'nobody': run as another user"
    )


def is_closed(path: Path) -> bool:
    """Whether a folder on the way to `path` lets only its owner through, as /root does."""
    return any(not folder.stat().st_mode & 0o001 for folder in (path, *path.parents))
