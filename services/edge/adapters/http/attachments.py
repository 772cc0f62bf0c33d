"""`Content-Disposition` of a download (RFC 6266): its name in UTF-8, and in ASCII for clients that know no other."""

import re
import unicodedata
from urllib.parse import quote

NOT_TOKEN = re.compile(r"[^A-Za-z0-9 ._()-]+")


def attachment(filename: str) -> str:
    plain = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode()
    stem, dot, ending = NOT_TOKEN.sub("", plain).rpartition(".")
    fallback = f"{stem.strip() or 'download'}{dot}{ending}"
    return (
        f"attachment; filename=\"{fallback}\"; filename*=UTF-8''{quote(filename, safe='', errors='replace')}"
    )
