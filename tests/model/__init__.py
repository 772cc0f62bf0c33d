"""The streams' rules as a world small enough to be searched whole."""
