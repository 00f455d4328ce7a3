"""What a picture looks like after it was stored or sent, by real encoders. The label stays."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from paddleseg.errors import DataError
from paddleseg.registry import TRANSFORMS
from paddleseg.transforms.arguments import at_least, is_number, probability, span
from paddleseg.transforms.base import Transform
from paddleseg.transforms.functional import as_uint8
from paddleseg.transforms.sample import Sample

_MOST_FRAMES = 100


@TRANSFORMS.register
class RandomJPEG(Transform):
    """Compress as JPEG, which is also what a cheap webcam sends (MJPEG).

    Args:
        prob: How often.
        quality_range: From 1 (blocks) to 100.
    """

    draws = True

    def __init__(self, prob: float = 0.2, quality_range: Sequence[float] = (20, 80)):
        self.prob = probability("prob", prob)
        self.qualities = span("quality_range", quality_range, 1, 100)

    def __call__(self, sample: Sample) -> Sample:
        rng = sample.rng
        if rng.random() < self.prob:
            sample.image = jpeg(as_uint8(sample.image), round(rng.uniform(*self.qualities)))
        return sample


def jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """An image (H, W, C), coded as JPEG and decoded."""
    is_grey = image.shape[2] == 1
    # Channels are coded as they lie in memory, so the coder is told that blue comes first.
    stored = image if is_grey else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, coded = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE if is_grey else cv2.IMREAD_COLOR))
    return decoded[..., None] if is_grey else cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)


@TRANSFORMS.register
class RandomVideoCodec(Transform):
    """Make the picture the last frame of a short MPEG-4 video that moves a little: blocks, smeared detail and colours.

    The encoder is OpenCV's. It cannot be told a bit rate, so contrast is lowered before and restored after it, which
    makes its quantiser coarser by the same factor.

    Args:
        prob: How often.
        strength_range: That factor.
        max_frames: Frames before the last one, at most.
        max_shift: Movement from frame to frame, in pixels, at most.

    Raises:
        DataError: In use, this OpenCV has no MPEG-4 encoder.
    """

    draws = True

    def __init__(
        self,
        prob: float = 0.1,
        strength_range: Sequence[float] = (1.0, 5.0),
        max_frames: int = 3,
        max_shift: float = 3.0,
    ):
        self.prob = probability("prob", prob)
        self.strengths = span("strength_range", strength_range, 1, 20)
        if not is_number(max_frames) or not 0 <= max_frames <= _MOST_FRAMES:
            raise ValueError(f"max_frames should lie between 0 and {_MOST_FRAMES}, not {max_frames!r}")
        self.max_frames, self.max_shift = int(max_frames), at_least("max_shift", max_shift, 0)

    def __call__(self, sample: Sample) -> Sample:
        rng = sample.rng
        if rng.random() >= self.prob:
            return sample
        strength, before = rng.uniform(*self.strengths), int(rng.integers(self.max_frames + 1))
        shifts = rng.uniform(-self.max_shift, self.max_shift, (before, 2))
        image = as_uint8(sample.image)
        coded = last_frame(image if image.shape[2] == 3 else np.repeat(image, 3, axis=2), shifts, strength)
        sample.image = coded[..., : image.shape[2]]
        return sample


def last_frame(image: np.ndarray, shifts: np.ndarray, strength: float) -> np.ndarray:
    """An RGB image as it ends a video in which it was shifted by (x, y) in the frames before."""
    h, w = image.shape[:2]
    even = cv2.copyMakeBorder(image, 0, h % 2, 0, w % 2, cv2.BORDER_REPLICATE)
    levels = np.arange(256.0)
    lowered = np.rint((levels - 127.5) / strength + 127.5).astype(np.uint8)
    restored = np.clip(np.rint((levels - 127.5) * strength + 127.5), 0, 255).astype(np.uint8)
    frame = cv2.LUT(cv2.cvtColor(even, cv2.COLOR_RGB2BGR), lowered)
    size = (frame.shape[1], frame.shape[0])
    with tempfile.TemporaryDirectory(dir=_memory_folder()) as folder:
        file = str(Path(folder) / "frames.avi")
        writer = cv2.VideoWriter(file, cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"FMP4"), 25, size)
        if not writer.isOpened():
            hint = "install opencv-python-headless from PyPI, or leave the transform out"
            raise DataError("RandomVideoCodec", "needs an OpenCV with an MPEG-4 encoder", hint)
        for x, y in np.vstack([shifts, [[0, 0]]]):
            matrix = np.array([[1, 0, x], [0, 1, y]])
            writer.write(cv2.warpAffine(frame, matrix, size, borderMode=cv2.BORDER_REFLECT) if x or y else frame)
        writer.release()
        reader = cv2.VideoCapture(file, cv2.CAP_FFMPEG)
        decoded = frame
        while (read := reader.read())[0]:
            decoded = read[1]
        reader.release()
    return cv2.cvtColor(cv2.LUT(decoded, restored), cv2.COLOR_BGR2RGB)[:h, :w]


def _memory_folder() -> str | None:
    """Where files take no disk; the encoder writes to files only."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
