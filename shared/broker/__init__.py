"""The way onto the bus: one tuned connection, and what we do over it."""

from .bucket import Bucket, Entry
from .bus import NatsBus
from .connection import connect, connection_options, translated
from .control import control_broker
from .leave import leave
from .ports import Blobs, Bus, Consumer, Delivery, KeyValue, Stored
from .setup import ensure_bus, ensure_one

__all__ = [
    "Blobs",
    "Bucket",
    "Bus",
    "Consumer",
    "Delivery",
    "Entry",
    "KeyValue",
    "NatsBus",
    "Stored",
    "connect",
    "connection_options",
    "control_broker",
    "ensure_bus",
    "ensure_one",
    "leave",
    "translated",
]
