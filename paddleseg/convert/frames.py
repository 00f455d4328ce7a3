"""Frames of videos, at a rate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from paddleseg.errors import DataError
from paddleseg.files import atomic_dir

VIDEO_EXTENSIONS = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v")
PAPER_RATE = 2.5
_QUALITY = 95


def list_videos(source: Path) -> list[Path]:
    """The video that `source` is, or the videos in the folder that it is.

    Raises:
        DataError: There are none.
    """
    found = [source] if source.is_file() else []
    if source.is_dir():
        found = sorted(path for path in source.rglob("*") if path.suffix.lower() in VIDEO_EXTENSIONS)
    if not found:
        raise DataError(
            str(source), "is no video and no folder of videos", f"they end in {', '.join(VIDEO_EXTENSIONS)}"
        )
    return found


def frames_at(video: Path, rate: float) -> Iterator[tuple[int, np.ndarray]]:
    """Frames with their numbers, BGR, `rate` a second by the video's own clock; all of them where it has fewer.

    Raises:
        DataError: It is no video.
    """
    capture = cv2.VideoCapture(str(video))
    try:
        number, due = 0, 0.0
        # A frame's time is known once it is grabbed; decoding is left out for those that are not wanted.
        while capture.grab():
            time = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if time >= due - 1e-6:
                read, frame = capture.retrieve()
                if read:
                    yield number, frame
                due += 1 / rate
                due = max(due, time)  # never several for one moment
            number += 1
        if number == 0:
            raise DataError(str(video), "is not a video, or has no frames", "see whether a player opens it")
    finally:
        capture.release()


def extract(video: Path, target: Path, rate: float = PAPER_RATE, extension: str = "jpg") -> int | None:
    """Write the frames of a video into the folder `target`, which appears whole or not at all.

    Returns:
        How many; None where the folder is there already.

    Raises:
        DataError: It is no video.
    """
    if target.exists():
        return None
    count = 0
    with atomic_dir(target) as folder:
        for number, frame in frames_at(video, rate):
            done, content = cv2.imencode(f".{extension}", frame, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
            assert done, f"OpenCV cannot write .{extension}"
            # Unlike imwrite, this tells of a full disk.
            (folder / f"{number:06d}.{extension}").write_bytes(content.tobytes())
            count += 1
    return count
