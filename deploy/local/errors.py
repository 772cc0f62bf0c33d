"""What can keep the embedded default from running."""


class StartError(Exception):
    """Sluice cannot start; the message tells the person at the terminal what to change."""
