"""The wire formats of Vercel's AI SDK, versions 4 to 7: what its clients send, and both streams they read."""
