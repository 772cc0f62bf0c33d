"""What a person hands to a page by other ways than keys: a drop, the clipboard, an input method."""

import base64
import struct
import zlib

from playwright.sync_api import CDPSession, Page

ENTER = 13
COMPOSING = 229
"""What any key is while an input method has it."""

DROP = """([data, type, name]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name, { type }));
  for (const kind of ["dragenter", "dragover", "drop"])
    document.body.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer }));
}"""
COPY_PICTURE = """async (data) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  await navigator.clipboard.write([new ClipboardItem({ "image/png": new Blob([bytes], { type: "image/png" }) })]);
}"""


def picture(width: int = 96, height: int = 64) -> bytes:
    """A PNG of a teal rectangle."""
    rows = (b"\0" + b"\x0f\x76\x6e" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(png_chunk, chunks))


def png_chunk(chunk: tuple[bytes, bytes]) -> bytes:
    kind, data = chunk
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def drop(page: Page, name: str, media_type: str, content: bytes) -> None:
    page.evaluate(DROP, [base64.b64encode(content).decode(), media_type, name])


def copy_picture(page: Page, content: bytes) -> None:
    page.evaluate(COPY_PICTURE, base64.b64encode(content).decode())


def copy_text(page: Page, text: str) -> None:
    page.evaluate("(text) => navigator.clipboard.writeText(text)", text)


class InputMethod:
    """As a Chinese one: letters are composed, and a key that chooses a word is the method's own."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)

    def compose(self, letters: str) -> None:
        end = len(letters)
        self._session.send(
            "Input.imeSetComposition", {"text": letters, "selectionStart": end, "selectionEnd": end}
        )

    def press_enter(self) -> None:
        """While it composes."""
        key = {"key": "Enter", "code": "Enter"}
        self._session.send(
            "Input.dispatchKeyEvent", {**key, "type": "rawKeyDown", "windowsVirtualKeyCode": COMPOSING}
        )
        self._session.send("Input.dispatchKeyEvent", {**key, "type": "keyUp", "windowsVirtualKeyCode": ENTER})

    def commit(self, words: str) -> None:
        self._session.send("Input.insertText", {"text": words})
