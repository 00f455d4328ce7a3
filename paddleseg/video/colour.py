"""Colours of clips: from what a decoder gives to RGB, and from RGB to what an encoder takes, by compiled passes
(`planes.py`) or FFmpeg's filters.

A clip says by tags what its numbers mean: the matrix between RGB and luma with chroma, the range, the primaries and the
transfer curve (ITU-T H.273). Both ways have to follow the tags, else every colour moves a little.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from paddleseg.geometry import Size
from paddleseg.video.filters import Chain, Steps, chain
from paddleseg.video.planes import frame_of_planes, picture_of
from paddleseg.video.tone import lookup_table

_MATRICES = {1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020"}
_UNKNOWN, _NARROW, _FULL = 2, 1, 2
_PQ, _HLG = 16, 18
_HIGH_DEFINITION = 720
# Without these flags swscale's fast path darkens by a grey level, and chroma by more.
_FLAGS = "flags=bilinear+accurate_rnd+full_chroma_int+full_chroma_inp"


@dataclass(frozen=True)
class Colour:
    """What a clip's numbers mean, by the numbers of ITU-T H.273 (which are FFmpeg's); 2 is "not said".

    Args:
        matrix: Between RGB and luma with chroma: 1 is BT.709, 6 BT.601, 9 BT.2020.
        primaries: Which red, green and blue: 1 is BT.709's, which are sRGB's.
        curve: From light to numbers: 16 is PQ, 18 HLG.
        full: Whether 8-bit numbers reach from 0 to 255, not from 16 to 235.
    """

    matrix: int = 1
    primaries: int = 1
    curve: int = 1
    full: bool = False

    @property
    def is_hdr(self) -> bool:
        return self.curve in (_PQ, _HLG)

    @property
    def range(self) -> int:
        """FFmpeg's number of the range."""
        return _FULL if self.full else _NARROW


SRGB = Colour()
"""Of pictures and arrays, once they are a clip."""


def colour_of(frame: av.VideoFrame, codec: av.VideoCodecContext) -> Colour:
    """The colours of a decoded frame; where it does not say, as players take them: BT.709 from 720 lines on."""
    if frame.format.name.startswith(("rgb", "bgr", "gbr", "argb", "abgr", "pal", "0rgb", "0bgr")):
        return SRGB
    matrix = int(frame.colorspace)
    if matrix not in _MATRICES:
        matrix = 1 if max(frame.height, frame.width) >= _HIGH_DEFINITION else 6
    full = frame.format.name.startswith("yuvj") or int(frame.color_range) == _FULL
    return Colour(matrix, int(codec.color_primaries), int(codec.color_trc), full)


class Converter:
    """Frames through filters that are set up once for each form of frame: its size, pixel format and colours.

    Args:
        steps: What happens to them.
        colour: Of the frames that come.
        files: What the filters read, each time that they are set up.
    """

    def __init__(self, steps: Steps, colour: Colour, files: tempfile.TemporaryDirectory[str] | None = None):
        self._steps, self._colour, self._files = list(steps), colour, files
        self._form: tuple[int, int, str] | None = None
        self._filters: Chain | None = None

    def __call__(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The frame, converted; its time goes with it."""
        # What the filters check against what they were told.
        frame.colorspace, frame.color_range = self._colour.matrix, self._colour.range
        form = (frame.width, frame.height, frame.format.name)
        if self._filters is None or form != self._form:
            self._form, self._filters = form, self._set_up(frame)
        self._filters.first.push(frame)
        converted = self._filters.last.pull()
        assert isinstance(converted, av.VideoFrame)
        return converted

    def _set_up(self, frame: av.VideoFrame) -> Chain:
        of = {
            "video_size": f"{frame.width}x{frame.height}",
            "pix_fmt": frame.format.name,
            "time_base": str(frame.time_base or Fraction(1, 1000)),
            "pixel_aspect": "1/1",
            "colorspace": str(self._colour.matrix),
            "range": str(self._colour.range),
        }
        return chain("buffer", of, self._steps, "buffersink")


class ToRgb:
    """Decoded frames to RGB uint8 (H, W, 3); of HDR, to what a screen without it shows best.

    Args:
        colour: That the frames have.
        size: (h, w) of the results.
    """

    def __init__(self, colour: Colour, size: Size):
        self._colour, self._size = colour, size
        h, w = size
        change = f"w={w}:h={h}:in_color_matrix={_MATRICES[colour.matrix]}:in_range={_range(colour.full)}:out_range=pc"
        steps = [("scale", f"{change}:{_FLAGS}")]
        folder = None
        if colour.is_hdr:
            folder = tempfile.TemporaryDirectory()
            table = Path(folder.name, "table.cube")
            table.write_text(lookup_table("pq" if colour.curve == _PQ else "hlg"))
            steps += [("format", "gbrp10le"), ("lut3d", f"file={table}:interp=tetrahedral"), ("scale", _FLAGS)]
        self._filters = Converter([*steps, ("format", "rgb24")], colour, folder)

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        """A frame's picture."""
        picture = None
        if (frame.height, frame.width) == self._size and not self._colour.is_hdr:
            picture = picture_of(frame, self._colour.matrix, self._colour.full)
        return self._filters(frame).to_ndarray() if picture is None else picture


class FromRgb:
    """RGB or RGBA pictures to frames as an encoder takes them.

    Args:
        colour: That the frames have.
        pixels: FFmpeg's name of their pixel format, such as "yuv420p".
    """

    def __init__(self, colour: Colour, pixels: str):
        self._colour, self._pixels = colour, pixels
        change = f"in_range=pc:out_color_matrix={_MATRICES[colour.matrix]}:out_range={_range(colour.full)}"
        self._filters = Converter([("scale", f"{change}:{_FLAGS}"), ("format", pixels)], Colour(0, full=True))

    def __call__(self, picture: np.ndarray, time_base: Fraction) -> av.VideoFrame:
        """The frame of a picture, grey (H, W), RGB (H, W, 3) or RGBA (H, W, 4) uint8."""
        frame = frame_of_planes(picture, self._pixels, self._colour.matrix, self._colour.full)
        if frame is None:
            return self._filters(_frame_of(picture, time_base))
        frame.time_base, frame.colorspace, frame.color_range = time_base, self._colour.matrix, self._colour.range
        return frame


def _frame_of(picture: np.ndarray, time_base: Fraction) -> av.VideoFrame:
    channels = 1 if picture.ndim == 2 else picture.shape[2]
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), {1: "gray", 3: "rgb24", 4: "rgba"}[channels])
    frame.time_base = time_base
    return frame


def _range(full: bool) -> str:
    return "pc" if full else "tv"
