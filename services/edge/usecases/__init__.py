"""What a caller can do, over ports."""
