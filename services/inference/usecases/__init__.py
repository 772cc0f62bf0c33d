"""What a worker does: pull jobs, serve each one, look after its readers and its engine."""

from .attend import AttendReaders
from .generate import GenerateAnswer
from .hold import HoldJobs
from .keep import KeepEngine
from .place import PlaceJobs
from .pull import PullJobs
from .queues import Queues
from .report import ReportStatus
from .runs import Runs
from .serve import ServeJobs
from .settle import SettleAnswers

__all__ = [
    "AttendReaders",
    "GenerateAnswer",
    "HoldJobs",
    "KeepEngine",
    "PlaceJobs",
    "PullJobs",
    "Queues",
    "ReportStatus",
    "Runs",
    "ServeJobs",
    "SettleAnswers",
]
