"""Clips opened by FFmpeg, after a look at what they are: pipes and devices keep a reader waiting."""

from __future__ import annotations

from pathlib import Path

import av
from av.container import InputContainer

from paddleseg.errors import DataError
from paddleseg.images.head import IMAGE_EXTENSIONS
from paddleseg.sources import refuse_endless

_OPENING, _READING = 20.0, 20.0
"""Seconds after which an address that does not answer is given up."""
_ANY_SIZE = 1 << 62


def open_clip(name: str, address: bool) -> InputContainer:
    """FFmpeg's container of a file, or of what an address leads to.

    Raises:
        DataError: It is no regular file, no clip, or does not answer.
    """
    if not address:
        _check_file(name)
    options = {"rtsp_transport": "tcp"} if name.startswith("rtsp") else {}
    try:
        timeout = (_OPENING, _READING) if address else None
        return av.open(name, metadata_errors="replace", timeout=timeout, options=options)
    except (av.FFmpegError, ValueError, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        if isinstance(error, av.ExitError):  # FFmpeg's word for the time that is up
            reason = f"no answer in {_OPENING:.0f} s"
        if address:
            raise DataError(
                name, f"cannot be opened: {reason}", "is the address right, and can it be reached?"
            ) from error
        hint = "is it a video, and whole? a clip whose end is missing cannot be opened"
        raise DataError(name, f"cannot be read as a video: {reason}", hint) from error


def _check_file(name: str) -> None:
    try:
        refuse_endless(Path(name), _ANY_SIZE)
        size = Path(name).stat().st_size
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(name, f"cannot be read: {reason}", "give a clip, a folder of pictures or a camera") from error
    if size == 0:
        raise DataError(name, "is empty", "give another clip")
    still = Path(name).suffix.lower() in IMAGE_EXTENSIONS
    if still and Path(name).suffix.lower() not in (".gif", ".webp", ".apng", ".avifs"):
        raise DataError(name, "is a picture, not a clip", "`paddleseg predict` takes pictures")
