"""The bus as serving sees it: jobs, claims, frames, events and control."""

from .announce import NatsAnnouncements, NatsReceivers, frame_publisher, subscribe_control
from .claims import LiveClaims
from .journal import NatsJournal
from .peers import NatsPeers
from .queue import JobQueue

__all__ = [
    "JobQueue",
    "LiveClaims",
    "NatsAnnouncements",
    "NatsJournal",
    "NatsPeers",
    "NatsReceivers",
    "frame_publisher",
    "subscribe_control",
]
