"""Passages as what both protocols call sources."""

from urllib.parse import quote

from shared.messages import Passage


def source_id(passage: Passage) -> str:
    return f"{passage.document}-{passage.number}"


def source_url(passage: Passage) -> str:
    """Relative to the API; the fragment is the range of characters."""
    return f"/v1/documents/{quote(passage.document, safe='')}#{passage.start}-{passage.end}"


def source_metadata(citation: int, passage: Passage) -> dict[str, dict[str, str | int | float]]:
    """Rides on every source part as `providerMetadata`. `citation` is the n that answers write as [n]."""
    return {
        "sluice": {
            "citation": citation,
            "document": passage.document,
            "number": passage.number,
            "start": passage.start,
            "end": passage.end,
            "score": round(passage.score, 4),
            "text": passage.text,
            "url": source_url(passage),
        }
    }
