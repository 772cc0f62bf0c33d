"""What the use cases ask of the world; adapters answer."""
