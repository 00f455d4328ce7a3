"""Which encoder writes a clip: hardware where it is there and opens, else software; and how it is told of quality."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction

import av
import av.logging
import numpy as np

from paddleseg.errors import OutputError
from paddleseg.geometry import Size
from paddleseg.video.colour import SRGB, FromRgb


@dataclass(frozen=True)
class Encoder:
    """How FFmpeg's encoder of a name is set.

    Args:
        name: FFmpeg's.
        pixels: The pixel format that it is given.
        quality: Its option for constant quality; "" where it has none.
        crf: The quality where none is asked for.
        options: All else.
        presets: Whether it has `preset`.
        even: Whether it takes even sizes only.
    """

    name: str
    pixels: str = "yuv420p"
    quality: str = "crf"
    crf: int = 20
    options: tuple[tuple[str, str], ...] = ()
    presets: bool = True
    even: bool = True

    def settings(self, crf: int | None, preset: str | None) -> dict[str, str]:
        """Options for FFmpeg.

        Raises:
            OutputError: It has no such setting.
        """
        for flag, value, has in (("crf", crf, bool(self.quality)), ("preset", preset, self.presets)):
            if value is not None and not has:
                raise OutputError(f"--{flag}", f"{self.name} has no such setting", f"leave out --{flag}")
        chosen = dict(self.options)
        if self.quality:
            chosen[self.quality] = str(self.crf if crf is None else crf)
        if preset is not None:
            chosen["preset"] = preset
        return chosen


_SOFTWARE = Encoder("libx264", options=(("preset", "veryfast"),))
_HARDWARE = (
    Encoder("h264_nvenc", quality="cq", options=(("rc", "vbr"), ("b", "0"))),
    Encoder("h264_videotoolbox", quality="", options=(("b", "8M"),), presets=False),
    Encoder("h264_qsv", pixels="nv12", quality="global_quality"),
    Encoder("h264_amf", quality="", options=(("b", "8M"),), presets=False),
)
_NAMED = (
    Encoder("libx265", crf=24, options=(("preset", "veryfast"), ("x265-params", "log-level=error"))),
    Encoder("hevc_nvenc", quality="cq", crf=24, options=(("rc", "vbr"), ("b", "0"))),
    Encoder("hevc_videotoolbox", quality="", options=(("b", "6M"),), presets=False),
    Encoder("mpeg4", quality="", options=(("b", "8M"),), presets=False),
)
_VP9 = Encoder(
    "libvpx-vp9",
    crf=28,
    options=(("b", "0"), ("deadline", "realtime"), ("cpu-used", "7"), ("row-mt", "1")),
    presets=False,
    even=False,
)
# Alternate reference frames cannot be had with transparency.
_VP9_ALPHA = Encoder(
    "libvpx-vp9", "yuva420p", crf=28, options=(*_VP9.options, ("auto-alt-ref", "0")), presets=False, even=False
)
_PRORES_ALPHA = Encoder(
    "prores_ks",
    "yuva444p10le",
    quality="",
    options=(("profile", "4444"), ("vendor", "apl0"), ("alpha_bits", "16")),
    presets=False,
    even=False,
)
_WEBP = Encoder("libwebp_anim", "bgra", quality="quality", crf=85, presets=False, even=False)


def choose(suffix: str, size: Size, transparent: bool, wanted: str = "auto") -> Encoder:
    """The encoder for a file.

    Args:
        suffix: Of the file, such as ".mp4".
        size: (h, w) of the frames.
        wanted: Its name, or "auto".

    Raises:
        OutputError: It is not there, does not open here, or not with such frames; it says which ones do.
    """
    fixed = {".webp": _WEBP, ".webm": _VP9_ALPHA if transparent else _VP9}.get(suffix)
    if fixed is None and transparent:
        fixed = _PRORES_ALPHA
    if fixed is not None:
        if wanted not in ("auto", fixed.name):
            what = f"cannot write {'transparent ' if transparent else ''}{suffix}, which {fixed.name} does"
            raise OutputError(f"--encoder {wanted}", what, "leave out --encoder")
        candidates: tuple[Encoder, ...] = (fixed,)
    elif wanted == "auto":
        candidates = (*_HARDWARE, _SOFTWARE)
    else:
        candidates = tuple(encoder for encoder in known() if encoder.name == wanted)
    h, w = size
    even = (h + h % 2, w + w % 2)
    for encoder in candidates:
        if not _why_not(encoder, even):
            return encoder
    opening = [encoder.name for encoder in known() if not _why_not(encoder, even)]
    reason = _why_not(candidates[0], even) if candidates else "is none that is known here"
    there = ", ".join(opening) or "none"
    name = wanted if wanted != "auto" else (fixed.name if fixed else "H.264")
    raise OutputError(f"encoder {name}", f"{reason}; for {w} x {h} frames there are: {there}", "choose one of these")


def known() -> tuple[Encoder, ...]:
    """All that can be named."""
    return (_SOFTWARE, *_HARDWARE, *_NAMED)


@functools.cache
def _why_not(encoder: Encoder, size: Size) -> str:
    """What stands against using an encoder here, "" where nothing does: one frame is encoded to see."""
    if encoder.name not in av.codecs_available:
        return "is not in this FFmpeg"
    h, w = size
    level = av.logging.get_level()
    av.logging.set_level(av.logging.ERROR)  # the error then has FFmpeg's own words
    try:
        codec = av.CodecContext.create(encoder.name, "w")
        assert isinstance(codec, av.VideoCodecContext)
        codec.width, codec.height, codec.pix_fmt = w, h, encoder.pixels
        codec.time_base, codec.framerate = Fraction(1, 25), Fraction(25)
        codec.options = encoder.settings(None, None)
        with av.logging.Capture():
            codec.open()
        if encoder in _HARDWARE:  # some say no with the first frame only
            frame = FromRgb(SRGB, encoder.pixels)(np.zeros((h, w, 3), np.uint8), Fraction(1, 25))
            frame.pts = 0
            codec.encode(frame)
    except (av.FFmpegError, ValueError) as error:
        told = getattr(error, "log", None)
        return f"does not open: {(told[2] if told else getattr(error, 'strerror', None) or str(error)).strip()}"
    finally:
        av.logging.set_level(level)
    return ""
