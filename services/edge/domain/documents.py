"""Which uploads are documents."""

from typing import Literal

from shared.errors import TooLarge, Unprocessable

MediaType = Literal["text/plain", "text/markdown"]

MEDIA_TYPES: dict[str, MediaType] = {".txt": "text/plain", ".md": "text/markdown"}
TITLE_CHARACTERS = 256
ALLOWED_CONTROLS = frozenset("\t\n\r\f")


def media_type_of(filename: str) -> MediaType:
    """By its ending: what browsers say about `.md` files differs. Raises `Unprocessable`."""
    for ending, media_type in MEDIA_TYPES.items():
        if filename.lower().endswith(ending):
            return media_type
    raise Unprocessable("Only .txt and .md files can be added.", param="file")


def title_of(filename: str) -> str:
    """The name without folders, which some clients send along, and without control characters."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in name if character.isprintable()).strip()[-TITLE_CHARACTERS:]


def require_text(data: bytes, limit: int) -> None:
    """Raises `TooLarge` or `Unprocessable` unless `data` is text in UTF-8 that says something."""
    if len(data) > limit:
        raise TooLarge(f"A document may have {limit} bytes at most.", param="file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unprocessable("The file is not text in UTF-8.", param="file") from error
    if not text.strip():
        raise Unprocessable("The file is empty.", param="file")
    if any(character < " " and character not in ALLOWED_CONTROLS for character in text):
        raise Unprocessable("The file is binary, not text.", param="file")
