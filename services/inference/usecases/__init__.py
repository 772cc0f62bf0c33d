"""What a worker does: pull jobs, serve each one, look after the engine."""

from .keep import KeepEngine
from .pull import PullJobs
from .report import ReportStatus
from .serve import ServeJobs

__all__ = ["KeepEngine", "PullJobs", "ReportStatus", "ServeJobs"]
