"""What a worker does: pull jobs, serve each one, look after the engine."""

from .hold import HoldJobs
from .keep import KeepEngine
from .pull import PullJobs
from .report import ReportStatus
from .serve import ServeJobs

__all__ = ["HoldJobs", "KeepEngine", "PullJobs", "ReportStatus", "ServeJobs"]
