"""Logs of the children, bounded: the current file and one before it, each of at most `MAX_BYTES`.

Children append to the file themselves. So it is copied and emptied, not renamed under them.
"""

import asyncio
import os
import shutil
from pathlib import Path

MAX_BYTES = 8 * 1024 * 1024
CHECK_EVERY_S = 5.0


class Logs:
    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self.folder = folder
        self._max_bytes = max_bytes

    def path(self, instance: str) -> Path:
        return self.folder / f"{instance}.log"

    def bound(self) -> None:
        for log in self.folder.glob("*.log"):
            if log.stat().st_size > self._max_bytes:
                shutil.copyfile(log, log.with_suffix(".log.1"))
                os.truncate(log, 0)

    async def keep_bounded(self) -> None:
        while True:
            self.bound()
            await asyncio.sleep(CHECK_EVERY_S)

    def tail(self, instance: str, lines: int = 12) -> str:
        path = self.path(instance)
        if not path.exists():
            return ""
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 8192))
            text = file.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])
