"""Gives root up for another account: `python -m deploy.local.become UID GID [--search] -- command`.

`--search` keeps one privilege: to pass through folders that are closed to others. A checkout below /root needs it;
the alternative would be to open /root itself. Standard library only: this starts before anything else.
"""

import ctypes
import os
import sys
from pathlib import Path

PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 28, 47, 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
"""Capabilities stay when the user changes; and access(2), with which PostgreSQL looks for its programs, heeds them."""
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
CAPABILITY_VERSION_3 = 0x20080522


def main() -> None:
    before, command = sys.argv[1 : sys.argv.index("--")], sys.argv[sys.argv.index("--") + 1 :]
    uid, gid = int(before[0]), int(before[1])
    capability = permitted_search() if "--search" in before else 0
    if "--search" in before and not capability:
        sys.exit(
            "PostgreSQL's account cannot enter this folder, nor lend itself the right: run as a plain user"
        )
    libc = ctypes.CDLL(None, use_errno=True)
    if capability:
        prctl(libc, PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0)
    os.setgroups([gid])
    os.setgid(gid)
    os.setuid(uid)
    if capability:
        set_only(libc, capability)
        prctl(libc, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)
    os.chdir("/")
    os.execv(command[0], command)  # noqa: S606


def permitted_search() -> int:
    """The weakest capability that we hold and that lets a process pass through closed folders; 0: none."""
    status = Path("/proc/self/status").read_text()
    permitted = int(status.partition("CapPrm:")[2].split()[0], 16)
    return next((bit for bit in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE) if permitted >> bit & 1), 0)


def prctl(libc: ctypes.CDLL, option: int, second: int, third: int) -> None:
    if libc.prctl(option, second, third, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def set_only(libc: ctypes.CDLL, capability: int) -> None:
    """Effective, permitted and inheritable become this one capability (capset(2))."""
    mask = 1 << capability
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    if libc.capset(header, data) != 0:
        raise OSError(ctypes.get_errno(), "capset")


if __name__ == "__main__":
    main()
