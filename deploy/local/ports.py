"""Ports are looked at before anything starts: a service that fails on its bind says less than we can."""

import errno
import secrets
import socket
from collections.abc import Mapping

from deploy.local.errors import StartError

LOOPBACK = "127.0.0.1"
NOT_GIVEN = range(16_384, 32_768)
TRIES = 64


def check_ports(named: Mapping[str, int]) -> None:
    """Raises `StartError` naming every port that is taken, or given twice, and the setting that moves it."""
    problems: list[str] = []
    owners: dict[int, str] = {}
    for name, port in named.items():
        if port in owners:
            problems.append(
                f"{name} and {owners[port]} are both {port}: give {name} another, {example(name, port)}"
            )
        elif is_taken(port):
            problems.append(f"port {port} is taken; choose another with {name}, {example(name, port)}")
        owners[port] = name
    if problems:
        raise StartError("\n".join(problems))


def example(name: str, port: int) -> str:
    return f"such as: make run {name}={port + 1 if port < 65535 else 8081}"


def is_taken(port: int) -> bool:
    """SO_REUSEADDR, so that connections which a previous run left in TIME_WAIT do not count."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise StartError(f"port {port} cannot be used: {error.strerror}") from error
    return False


def free_port() -> int:
    """A port that nobody listens on now (for tests). Of those that no outgoing connection is given by the system, which
    might be made before the port is listened on."""
    for _ in range(TRIES):
        port = secrets.choice(NOT_GIVEN)
        if not is_taken(port):
            return port
    raise StartError(f"no free port among {TRIES} of {NOT_GIVEN.start} to {NOT_GIVEN.stop - 1}")
