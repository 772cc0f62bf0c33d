"""What the edge knows without anybody's help: no I/O, no framework."""
