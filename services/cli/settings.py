"""What the command line is told by its environment; options come first."""

from shared.settings import BaseSettings


class CliSettings(BaseSettings, frozen=True, kw_only=True):
    url: str = "http://127.0.0.1:8080"
    """The edge, for everything that speaks HTTP."""
    log_level: str = "ERROR"
    publisher: str = "cli"
    """Our name in the subjects of jobs. A broker that checks who publishes wants its user's name here."""
