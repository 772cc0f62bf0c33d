"""From uploaded bytes to text, and how often ingesting is tried."""

from shared.errors import Unprocessable

UTF8_BOM = b"\xef\xbb\xbf"
OTHER_BOMS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


def text_of(data: bytes) -> str:
    """UTF-8, with or without a byte order mark, which is no part of the text. Raises `Unprocessable`: why not."""
    for mark, name in OTHER_BOMS.items():
        if data.startswith(mark):
            raise Unprocessable(f"The document is {name}, not UTF-8.")
    if b"\x00" in data:
        raise Unprocessable("The document is binary, not text.")
    try:
        text = data.removeprefix(UTF8_BOM).decode()
    except UnicodeDecodeError as error:
        raise Unprocessable(f"The document is not UTF-8 text (byte {error.start}).") from error
    if not text.strip():
        raise Unprocessable("The document is empty.")
    return text
