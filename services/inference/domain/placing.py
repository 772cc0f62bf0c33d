"""Which worker is likeliest to have a conversation's beginning in its cache: the same one each time. Pure.

Rendezvous hashing, by weight (Schindler and Schomaker, 2005): each worker draws a number for each conversation, and
the least has it. A worker that comes takes its share of all, one that goes leaves its own to all, and nothing else
moves.
"""

import hashlib
import math
from collections.abc import Mapping

from shared.messages import ChatJob

PROMPT_START = 256
"""Characters, or tokens, of a prompt that has no turns."""


def key(job: ChatJob) -> bytes:
    """The same for each turn of a conversation. Where it has no id, its beginning stands for it: what is said up to
    the first question stays, however long it gets. Of one user, since caches are."""
    told = hashlib.blake2b(job.user.encode(), digest_size=16)
    if job.chat:
        told.update(b"\0chat\0" + job.chat.encode())
        return told.digest()
    if job.prompt is not None:
        told.update(b"\0prompt\0" + repr(job.prompt[:PROMPT_START]).encode())
    for message in job.messages:
        told.update(b"\0" + message.role.encode() + b"\0" + message.text.encode())
        for picture in message.images:
            told.update(picture.data)
        if message.role == "user":
            break
    return told.digest()


def order(key: bytes, workers: Mapping[str, int]) -> list[str]:
    """Whom to ask, first to last. `workers`: the slots of each."""
    return sorted(workers, key=lambda worker: _draw(key, worker) / max(1, workers[worker]))


def _draw(key: bytes, worker: str) -> float:
    """Exponentially distributed, so that the least of several falls to each as often as its weight says."""
    digest = hashlib.blake2b(worker.encode(), digest_size=8, key=key).digest()
    return -math.log((int.from_bytes(digest, "big") + 1) / (2**64 + 1))
