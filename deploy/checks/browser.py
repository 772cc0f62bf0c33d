"""The browser of the browser tests: `python -m deploy.checks.browser` brings Debian's Chromium where there is none.

Standard library only: the tests and the screenshots ask it where the browser is.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

SETTING = "SLUICE_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-cjk")
WAIT_S = 600


class NoBrowser(Exception):
    """There is no Chromium, and the message says how to get one."""


def chromium() -> str:
    """Its path. Raises `NoBrowser`."""
    asked = os.environ.get(SETTING)
    if asked:
        if Path(asked).is_file():
            return asked
        raise NoBrowser(f"{SETTING} names {asked}, which is not there.")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise NoBrowser(
            f"The browser tests need Chromium. On Debian, as root: apt-get install {' '.join(PACKAGES)}. "
            f"Elsewhere: set {SETTING} to the path of a Chromium or Chrome."
        )
    return found


def shows_chinese() -> bool:
    """Whether a font of this machine has Chinese characters; without one they are boxes."""
    lists = shutil.which("fc-list")
    if lists is None:
        return False
    listed = subprocess.run([lists, ":lang=zh-cn", "family"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


def ensure() -> str:
    """The browser's path, installed with a Chinese font where we may. Raises `NoBrowser`."""
    if can_install() and not os.environ.get(SETTING) and not (is_there() and shows_chinese()):
        install()
    return chromium()


def is_there() -> bool:
    try:
        return bool(chromium())
    except NoBrowser:
        return False


def can_install() -> bool:
    return os.geteuid() == 0 and bool(apt_get())


def apt_get() -> str:
    return shutil.which("apt-get") or ""


def install() -> None:
    sys.stdout.write(f"installing {' and '.join(PACKAGES)} (Debian's packages) …\n")
    sys.stdout.flush()
    for command in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(
            [apt_get(), "-o", f"DPkg::Lock::Timeout={WAIT_S}", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
        if done.returncode:
            end = "\n".join((done.stdout + done.stderr).splitlines()[-12:])
            raise NoBrowser(f"apt-get {command[0]} failed:\n{end}")


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{ensure()}\n")
    except NoBrowser as error:
        sys.exit(str(error))
