"""What every service shares: the messages, the subjects they travel on, and the way onto the bus."""
