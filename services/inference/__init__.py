"""Answers jobs with an engine: pulls them from the queue, streams tokens, tells how each one ended."""
