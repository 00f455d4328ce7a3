"""What a service is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass

from paddleseg.errors import ConfigError

MAX_PICTURES = 32
"""Photos of one request."""
_BODIES = 16
_TOKEN_LENGTHS = range(16, 257)


@dataclass(frozen=True)
class Settings:
    """How much a service takes in, and from whom.

    Args:
        max_bytes: Of the body of a request, and of a frame.
        max_pixels: Of the pictures of a request together; and of all that are decoded at one time, which bounds memory.
        timeout: Seconds for a request: its body has to arrive and its answer to be made.
        queue: Requests that wait or are worked on; more are told to come again.
        streams: Cameras at one time.
        workers: Threads that decode, segment and encode.
        batch: Photos that the network sees at once, where as many wait.
        token: What clients have to know; None for everybody.
        cors: Origins whose pages may use the service, beside its own.

    Raises:
        ConfigError: The token is too short, too long or not of visible ASCII.
    """

    max_bytes: int = 20 << 20
    max_pixels: int = 50_000_000
    timeout: float = 30.0
    queue: int = 64
    streams: int = 8
    workers: int = 2
    batch: int = 8
    token: str | None = None
    cors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.token is None:
            return
        visible = self.token.isascii() and self.token.isprintable() and " " not in self.token
        if len(self.token) not in _TOKEN_LENGTHS or not visible:
            what = f"should be {_TOKEN_LENGTHS[0]} to {_TOKEN_LENGTHS[-1]} visible ASCII characters without blanks"
            raise ConfigError("--token", what, "make one with `openssl rand -hex 16`")

    @property
    def held_bytes(self) -> int:
        """Of bodies and answers that are in memory at one time."""
        return _BODIES * self.max_bytes
