"""Portraits in moving pictures: `from paddleseg.video import Session, Compositor, convert_video`. Needs no Paddle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paddleseg.video.compositor import Compositor
from paddleseg.video.session import Frame, Session

if TYPE_CHECKING:
    from paddleseg.video.convert import convert_video

__all__ = ["Compositor", "Frame", "Session", "convert_video"]


def __getattr__(name: str) -> Any:
    if name == "convert_video":  # on demand: sessions need no PyAV
        from paddleseg.video.convert import convert_video

        return convert_video
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
