"""A simulated student's shared dependencies: a session that is made once. It stands for requests, and opens nothing."""


class Session:
    """Remembers that it was used; a simulated student has no internet."""

    def __init__(self) -> None:
        self.used = 0

    def stars(self, _url: str) -> int:
        """Return how often this session was used."""
        self.used += 1
        return self.used
