"""Frames of videos, at a rate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from paddleseg.errors import DataError
from paddleseg.files import atomic_dir, is_file
from paddleseg.sources import Found, walk

VIDEO_EXTENSIONS = (
    *(".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v"),
    *(".mpg", ".mpeg", ".wmv", ".flv", ".3gp", ".mts", ".m2ts", ".ogv"),
)
PAPER_RATE = 2.5
HIGHEST_RATE = 1000.0
_QUALITY = 95
_WHOLE = 0.9
"""Share of its length that a video has to reach: headers are a little off, cut files are far off."""


def list_videos(source: Path) -> Found:
    """The video that `source` is, or the videos in the folder that it is, with their names below it.

    Raises:
        DataError: There are none.
    """
    found = walk(source, VIDEO_EXTENSIONS) if source.is_dir() else Found()
    if is_file(source):
        found.files.append((source, source.name))
    if not found.files:
        hint = f"they end in {', '.join(VIDEO_EXTENSIONS)}"
        raise DataError(str(source), "is no video and no folder of videos", hint)
    return found


def frames_at(video: Path, rate: float) -> Iterator[tuple[int, np.ndarray]]:
    """Frames with their numbers, BGR, `rate` a second by the video's own clock; all of them where it has fewer.

    Raises:
        DataError: It is no video; or, once its last frame was given, it ends long before its header says.
    """
    if not is_file(video):
        raise DataError(str(video), "is no regular file", "name a video")
    capture = cv2.VideoCapture(str(video))
    try:
        number, due, time = 0, 0.0, 0.0
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
        claimed, per_second = (capture.get(key) for key in (cv2.CAP_PROP_FRAME_COUNT, cv2.CAP_PROP_FPS))
        length = claimed / per_second if per_second > 0 else 0.0
        if math.isfinite(length) and number < _WHOLE * claimed and time + 1 / per_second < _WHOLE * length:
            what = f"ends after {time:.1f} of {length:.1f} seconds: it is cut off, or damaged"
            raise DataError(str(video), what, "copy it again; the frames before that are there")
    finally:
        capture.release()


def extract(video: Path, target: Path, rate: float = PAPER_RATE, extension: str = "jpg") -> int | None:
    """Write the frames of a video into the folder `target`, which appears whole or not at all.

    Returns:
        How many; None where the folder is there already.

    Raises:
        DataError: It is no video, or it is cut off; in that case the folder has the frames that are there.
    """
    if target.exists():
        return None
    count = 0
    cut: DataError | None = None
    with atomic_dir(target) as folder:
        frames = frames_at(video, rate)
        try:
            for number, frame in frames:
                done, content = cv2.imencode(f".{extension}", frame, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
                assert done, f"OpenCV cannot write .{extension}"
                # Unlike imwrite, this tells of a full disk.
                (folder / f"{number:06d}.{extension}").write_bytes(content.tobytes())
                count += 1
        except DataError as error:
            if not count:
                raise
            cut = error
        if not count:
            raise DataError(str(video), "has no frame that can be decoded", "see whether a player opens it")
    if cut is not None:
        raise cut
    return count
