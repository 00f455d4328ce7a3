"""Portraits in moving pictures: `from paddleseg.video import Session, Compositor`. Needs no Paddle."""

from __future__ import annotations

from paddleseg.video.compositor import Compositor
from paddleseg.video.session import Frame, Session

__all__ = ["Compositor", "Frame", "Session"]
