"""The server: its settings, its way from a request to an answer, its log of requests, and the side URL."""
