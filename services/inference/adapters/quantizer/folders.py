"""Folders of models: what one holds, and the one that is made, which appears whole or not at all."""

import fcntl
import json
import os
import re
import shutil
import struct
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from services.inference.domain.quantizing import Request, check_config, expected_bytes
from shared.errors import Conflict, InvalidRequest, TooLarge

HUB_ID = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}")
MAX_HEADER_BYTES = 100_000_000
"""As the format's own library has it."""
SPARE = 1.1
"""Of the room that is expected to be taken."""


def is_hub_id(model: str) -> bool:
    return HUB_ID.fullmatch(model) is not None and not Path(model).exists()


def check_request(request: Request) -> None:
    """All that can be known without torch and without the hub. Raises `InvalidRequest`, `TooLarge`."""
    out = Path(request.out).absolute()
    if not out.parent.is_dir():
        raise InvalidRequest(f"There is no folder {out.parent} to write into.")
    for path in (out, rejected(out)):
        if path.exists():
            raise InvalidRequest(f"{path} exists already. Remove it, or name another OUT.")
    if not os.access(out.parent, os.W_OK):
        raise InvalidRequest(f"{out.parent} cannot be written to.")
    if not is_hub_id(request.model):
        check_model(Path(request.model))
        check_room(out, expected_bytes(tensors_of(Path(request.model))))


def check_model(folder: Path) -> None:
    if not folder.is_dir():
        raise InvalidRequest(f"'{folder}' is neither a folder nor a model's id on the hub.")
    check_config(config_of(folder))
    if not weights_of(folder):
        raise InvalidRequest(f"There are no weights (*.safetensors) in {folder}.")


def check_room(out: Path, needed: int) -> None:
    free = shutil.disk_usage(out.parent).free
    if free < needed * SPARE:
        raise TooLarge(
            f"No room: some {readable(needed * SPARE)} are needed at {out}, and {readable(free)} are free."
        )


def config_of(folder: Path) -> Mapping[str, Any]:
    try:
        config: Any = json.loads((folder / "config.json").read_bytes())
    except FileNotFoundError as error:
        raise InvalidRequest(f"There is no config.json in {folder}: it holds no model.") from error
    except ValueError as error:
        raise InvalidRequest(f"{folder}/config.json is not JSON.") from error
    if not isinstance(config, dict):
        raise InvalidRequest(f"{folder}/config.json is not an object.")
    return config  # pyright: ignore[reportUnknownVariableType] - whatever it holds is looked at by name


def weights_of(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))


def weight_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in weights_of(folder))


def tensors_of(folder: Path) -> dict[str, tuple[Sequence[int], int]]:
    """Shape and bytes of every tensor, from the files' headers. Raises `InvalidRequest` for a damaged file."""
    return {name: found for path in weights_of(folder) for name, found in _header(path).items()}


def _header(path: Path) -> dict[str, tuple[Sequence[int], int]]:
    try:
        with path.open("rb") as file:
            (size,) = struct.unpack("<Q", file.read(8))
            if size > MAX_HEADER_BYTES:
                raise InvalidRequest(f"{path} is damaged: its header is too long.")
            header: dict[str, Any] = json.loads(file.read(size))
        listed = {name: one for name, one in header.items() if name != "__metadata__"}
        return {
            name: (one["shape"], one["data_offsets"][1] - one["data_offsets"][0])
            for name, one in listed.items()
        }
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise InvalidRequest(f"{path} is damaged: its header cannot be read.") from error


def rejected(out: Path) -> Path:
    return out.with_name(f"{out.name}.rejected")


@contextmanager
def partial(out: Path) -> Generator[Path]:
    """A folder beside OUT that is gone in the end, unless it was renamed. One that a killed run left is cleared; one
    that another run writes to is that run's. Raises `Conflict`."""
    folder = out.with_name(f".{out.name}.partial")
    folder.mkdir(exist_ok=True)
    lock = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(f"Another run is writing {out}.") from error
        for left in folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def readable(size: float) -> str:
    return f"{size / 1e9:.2f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"
