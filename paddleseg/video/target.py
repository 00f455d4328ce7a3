"""Where frames go: clips with sound, transparent clips, folders of pictures; whole under their names, or not at all."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np

from paddleseg.errors import OutputError
from paddleseg.files import atomic_dir, atomic_path, cannot_write, is_dir
from paddleseg.images.io import write_png
from paddleseg.video.clip import Clip
from paddleseg.video.colour import SRGB, Colour, FromRgb
from paddleseg.video.encoders import Encoder, choose
from paddleseg.video.moments import Info, Source
from paddleseg.video.sound import Sound

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".webp")
TRANSPARENT = (".mov", ".webm", ".webp", "")
"""What holds transparency; "" is a folder of PNGs."""
MOST_WEBP_FRAMES = 900
"""Of an animated WebP, which is held in memory until its end."""
_OF_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration"}


class Target(Protocol):
    """Takes frames in their order."""

    def write(self, picture: np.ndarray, time: Fraction, duration: Fraction) -> None:
        """A frame, RGB or RGBA uint8 (H, W, C), with its time and how long it is shown, in seconds."""


@contextmanager
def open_target(
    path: str | Path,
    source: Source,
    *,
    transparent: bool = False,
    keep_audio: bool = True,
    encoder: str = "auto",
    crf: int | None = None,
    preset: str | None = None,
) -> Iterator[Target]:
    """A file or folder that has its name once the block ends well, and is not there when it does not.

    Args:
        path: A clip (.mp4, .m4v, .mov, .mkv, .webm), an animated .webp, or, without a suffix, a folder of PNGs.
        source: Whose size, times, colours and sound it gets; what cannot be kept is added to its remarks.
        transparent: Whether frames are RGBA.
        keep_audio: Whether sound and subtitles of the source go along.
        encoder: FFmpeg's name of one, or "auto".
        crf: The encoder's number for quality, lower is better.
        preset: The encoder's name for how much time it takes.

    Raises:
        OutputError: Nothing can be written there, or not in this form.
    """
    path = Path(path)
    check_output(path, transparent)
    suffix = path.suffix.lower()
    if keep_audio and suffix in ("", ".webp") and isinstance(source, Clip) and source.has_sound:
        source.info.remarks.append(f"has sound, which {suffix or 'a folder of pictures'} does not hold")
    if not suffix:
        with atomic_dir(path) as folder:
            yield Pictures(folder)
        return
    chosen = choose(suffix, source.info.size, transparent, encoder)
    with atomic_path(path) as temporary, _in_words(path):
        movie = Movie(temporary, source, chosen, keep_audio, chosen.settings(crf, preset))
        try:
            yield movie
            movie.finish()
        finally:
            movie.close()


def check_output(path: Path, transparent: bool) -> None:
    """Refuse a name under which nothing can be written so, before anything is read.

    Raises:
        OutputError: It is one.
    """
    suffix = path.suffix.lower()
    if suffix and suffix not in SUFFIXES:
        hint = f"{', '.join(SUFFIXES)}, or no suffix for a folder of PNGs"
        raise OutputError(str(path), f"ends in {suffix}, which is no kind of clip that is written here", hint)
    if transparent and suffix not in TRANSPARENT:
        hint = "give a background, or write .webm, .mov, .webp or a folder of PNGs"
        raise OutputError(str(path), f"needs a background, since {suffix} holds no transparency", hint)
    if suffix and is_dir(path):
        raise OutputError(str(path), "is a folder", "name a file in it")
    if not suffix and is_dir(path) and any(path.iterdir()):
        raise OutputError(str(path), "is a folder with something in it", "name a new folder")


class Pictures:
    """PNGs in a folder, numbered from 1.

    Args:
        folder: There already.
    """

    def __init__(self, folder: Path):
        self._folder, self._count = folder, 0

    def write(self, picture: np.ndarray, time: Fraction, duration: Fraction) -> None:
        """The next picture."""
        self._count += 1
        write_png(self._folder / f"frame_{self._count:06d}.png", picture)


class Movie:
    """A clip that is being written.

    Args:
        path: Where.
        source: Whose times, colours and sound it gets.
        encoder: What makes its pictures.
        keep_audio: Whether the sound goes along.
        options: Of the encoder.

    Raises:
        OutputError: The encoder does not open with these.
    """

    def __init__(self, path: Path, source: Source, encoder: Encoder, keep_audio: bool, options: dict[str, str]):
        self._info, self._encoder = source.info, encoder
        suffix = path.suffix.lower()
        self._time_base = source.info.time_base
        self._container = av.open(str(path), "w", options=_of_container(suffix))
        self._container.metadata.update(
            {key: value for key, value in source.info.metadata.items() if key.lower() not in _OF_THE_FILE}
        )
        if source.info.chapters:
            self._container.set_chapters(source.info.chapters)
        self._colour = _colour_of(source.info, encoder)
        self._padding = _padding(source.info, encoder)
        self._convert = FromRgb(self._colour, encoder.pixels)
        self._stream = self._video(options)
        self._sound = None
        if keep_audio and isinstance(source, Clip) and suffix != ".webp":
            self._sound = Sound(source, self._container, suffix)
            source.info.remarks += self._sound.remarks
        self._frames = 0

    def _video(self, options: dict[str, str]) -> av.VideoStream:
        info, colour = self._info, self._colour
        stream = self._container.add_stream(self._encoder.name, rate=info.rate.limit_denominator(1_000_000))
        assert isinstance(stream, av.VideoStream)
        codec = stream.codec_context
        h, w = info.size
        codec.width, codec.height, codec.pix_fmt = w + self._padding[1], h + self._padding[0], self._encoder.pixels
        codec.time_base = stream.time_base = self._time_base
        codec.colorspace, codec.color_range = colour.matrix, colour.range
        codec.color_primaries, codec.color_trc = colour.primaries, colour.curve
        codec.sample_aspect_ratio = info.pixel_aspect
        codec.options = options
        codec.thread_type = "AUTO"
        if "a" in self._encoder.pixels.removeprefix("yuv")[:1]:
            stream.metadata["alpha_mode"] = "1"  # players look for it in WebM
        try:
            codec.open()
        except (av.FFmpegError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            given = " ".join(f"{key}={value}" for key, value in options.items())
            what = f"does not open with {w} x {h} frames and {given}: {reason}"
            raise OutputError(
                f"encoder {self._encoder.name}", what, "other values of --crf and --preset, or another --encoder"
            ) from error
        return stream

    def write(self, picture: np.ndarray, time: Fraction, duration: Fraction) -> None:
        """The next frame."""
        self._frames += 1
        if self._encoder.name == "libwebp_anim" and self._frames > MOST_WEBP_FRAMES:
            hint = "give an earlier end, or write .webm, which has no such limit"
            raise OutputError("animated WebP", f"holds {MOST_WEBP_FRAMES} frames at most", hint)
        bottom, right = self._padding
        if bottom or right:
            picture = cv2.copyMakeBorder(picture, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
        frame = self._convert(picture, self._time_base)
        frame.pts, frame.time_base = round(time / self._time_base), self._time_base
        frame.duration = round(duration / self._time_base)
        self._container.mux(self._stream.encode(frame))
        if self._sound is not None:
            self._sound.write()

    def finish(self) -> None:
        """All that encoders hold, and the file's end."""
        self._container.mux(self._stream.encode(None))
        if self._sound is not None:
            self._sound.finish()
        self._container.close()

    def close(self) -> None:
        """Let go of the file; of one that is not finished, nothing is left to keep."""
        with suppress(av.FFmpegError, OSError, ValueError):
            self._container.close()


def _colour_of(info: Info, encoder: Encoder) -> Colour:
    colour = info.colour or SRGB
    return colour if encoder.name != "prores_ks" else Colour(colour.matrix, colour.primaries, colour.curve)


def _padding(info: Info, encoder: Encoder) -> tuple[int, int]:
    h, w = info.size
    if not encoder.even or (h % 2 == 0 and w % 2 == 0):
        return 0, 0
    remark = f"has an odd size, {w} x {h}: the last row or column is doubled, to {w + w % 2} x {h + h % 2}"
    info.remarks.append(f"{remark}, since {encoder.name} writes even sizes")
    return h % 2, w % 2


def _of_container(suffix: str) -> dict[str, str]:
    if suffix in (".mp4", ".m4v", ".mov"):
        # The index first, so that browsers play while they load; where streams begin, finer than in milliseconds.
        return {"movflags": "+faststart", "movie_timescale": "90000"}
    return {"loop": "0"} if suffix == ".webp" else {}


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """FFmpeg's errors of writing, as ours."""
    try:
        yield
    except av.FFmpegError as error:
        if isinstance(error, OSError) or error.errno in (errno.EFBIG, errno.ENOSPC, errno.EIO, errno.EDQUOT):
            raise cannot_write(path, OSError(error.errno, error.strerror)) from error
        hint = "try another kind of file, or --encoder libx264"
        raise OutputError(str(path), f"cannot be written: {error.strerror}", hint) from error
