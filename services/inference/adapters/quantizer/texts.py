"""The calibration file: plain text, or lines of JSON with `text` or with `messages`."""

import json
from pathlib import Path
from typing import Any

from services.inference.domain.quantizing import MIN_CALIBRATION_TOKENS, MIN_HELD_TOKENS
from shared.errors import InvalidRequest

MAX_BYTES = 256 * 1024 * 1024
Messages = list[dict[str, str]]


def read(path: Path) -> list[str | Messages]:
    """Texts and conversations. Raises `InvalidRequest` for a file that is missing, unreadable, empty or too small."""
    if not path.is_file():
        raise InvalidRequest(f"There is no calibration file {path}.")
    size = path.stat().st_size
    least = MIN_CALIBRATION_TOKENS + MIN_HELD_TOKENS  # a token is a byte or more
    if size < least:
        what = "empty" if not size else f"too small: {size} bytes cannot hold {least} tokens"
        raise InvalidRequest(f"The calibration file {path} is {what}.")
    if size > MAX_BYTES:
        raise InvalidRequest(f"The calibration file {path} has over {MAX_BYTES >> 20} MiB; a few are enough.")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The calibration file {path} is not UTF-8 text.") from error
    if path.suffix != ".jsonl":
        return [text]
    return [_line(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _line(number: int, line: str) -> str | Messages:
    wrong = InvalidRequest(
        f"line {number} of the calibration file: an object with `text` or `messages` is needed"
    )
    try:
        found: Any = json.loads(line)
    except ValueError as error:
        raise wrong from error
    match found:
        case {"text": str(text)}:
            return text
        case {"messages": [_, *_] as messages} if all(_is_message(one) for one in messages):
            return [{"role": one["role"], "content": one["content"]} for one in messages]
        case _:
            raise wrong


def _is_message(found: Any) -> bool:
    match found:
        case {"role": str(), "content": str()}:
            return True
        case _:
            return False
