"""Parts in memory for unit tests, each held to the contract of the real one. None stands in for it end to end."""
