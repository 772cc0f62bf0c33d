"""What a document is and how it is cut, without any part of the world outside."""
