"""Portraits in moving pictures: `from paddleseg.video import Session, Compositor, convert_video`. Needs no Paddle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paddleseg.video.compositor import Compositor
from paddleseg.video.session import Frame, Session

if TYPE_CHECKING:
    from paddleseg.video.convert import convert_video
    from paddleseg.video.folder import convert_folder
    from paddleseg.video.source import open_source
    from paddleseg.video.target import open_target

__all__ = ["Compositor", "Frame", "Session", "convert_folder", "convert_video", "open_source", "open_target"]

_NEED_PYAV = {"convert_folder": "folder", "convert_video": "convert", "open_source": "source", "open_target": "target"}


def __getattr__(name: str) -> Any:
    # On demand: sessions need no PyAV.
    if name in _NEED_PYAV:
        import importlib

        return getattr(importlib.import_module(f"paddleseg.video.{_NEED_PYAV[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
