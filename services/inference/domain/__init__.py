"""Rules of serving that need neither a bus nor an engine."""
