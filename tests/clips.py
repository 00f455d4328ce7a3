"""Short clips for the tests: real photos, panned over, through real codecs, with a tone beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from paddleseg.images.io import read_image
from paddleseg.video.colour import Colour, FromRgb

PHOTO = Path(__file__).parent.parent / "data" / "portrait_mini" / "images" / "000000000785.jpg"
RATE, SOUND_RATE = 25, 48000


def frames(count: int = 12, size: tuple[int, int] = (96, 128)) -> list[np.ndarray]:
    """A pan over a portrait, RGB (h, w, 3)."""
    h, w = size
    photo = cv2.resize(read_image(PHOTO), (w + 2 * count, h + count), interpolation=cv2.INTER_AREA)
    return [np.ascontiguousarray(photo[i : i + h, 2 * i : 2 * i + w]) for i in range(count)]


def write_clip(
    path: Path,
    pictures: Sequence[np.ndarray] | None = None,
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    colour: Colour = Colour(),  # noqa: B008
    times: Iterable[int] | None = None,
    time_base: Fraction = Fraction(1, RATE),
    sound: str | None = None,
    turn: int = 0,
    options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """A clip of these pictures.

    Args:
        times: In `time_base`; one after the other where they are not given.
        sound: A codec for a tone as long as the pictures.
        turn: Degrees, counter-clockwise, that players are told to turn it by.
    """
    pictures = frames() if pictures is None else pictures
    settings = {"preset": "ultrafast", "crf": "12"} if codec == "libx264" else {}
    container = av.open(str(path), "w")
    container.metadata.update(metadata or {})
    stream: Any = container.add_stream(codec, rate=RATE, options=settings | (options or {}))
    stream.height, stream.width = pictures[0].shape[:2]
    stream.pix_fmt = pixels
    stream.codec_context.time_base = stream.time_base = time_base
    context = stream.codec_context
    context.colorspace, context.color_range = colour.matrix, colour.range
    context.color_primaries, context.color_trc = colour.primaries, colour.curve
    audio = _audio(container, sound)
    if turn:
        stream.set_display_rotation(turn)
    convert = FromRgb(colour, pixels)
    for number, (picture, time) in enumerate(zip(pictures, times or range(len(pictures)), strict=False)):
        frame = convert(picture, time_base)
        frame.pts, frame.time_base = time, time_base
        container.mux(stream.encode(frame))
        if audio is not None:
            _tone(container, audio, number)
    container.mux(stream.encode(None))
    if audio is not None:
        container.mux(audio.encode(None))
    container.close()
    return path


def write_sound(path: Path, codec: str = "aac") -> Path:
    """A second of a tone, and no picture."""
    container = av.open(str(path), "w")
    audio = _audio(container, codec)
    for number in range(RATE):
        _tone(container, audio, number)
    container.mux(audio.encode(None))
    container.close()
    return path


def read(path: Path) -> list[tuple[Fraction, np.ndarray]]:
    """Times and pictures of a clip, decoded by FFmpeg alone, as it is stored."""
    with av.open(str(path)) as container:
        return [(frame.pts * frame.time_base, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def packets(path: Path) -> list[tuple[Fraction, bytes]]:
    """Times and content of the packets of the first sound."""
    with av.open(str(path)) as container:
        return [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in container.demux(audio=0)
            if packet.pts is not None
        ]


def _audio(container: Any, codec: str | None) -> Any:
    return None if codec is None else container.add_stream(codec, rate=SOUND_RATE, layout="mono")


def _tone(container: Any, audio: Any, number: int) -> None:
    count = SOUND_RATE // RATE
    wave = np.sin(2 * np.pi * 440 * (number * count + np.arange(count)) / SOUND_RATE)
    frame = av.AudioFrame.from_ndarray((wave * 9000).astype(np.int16)[None], format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, number * count, Fraction(1, SOUND_RATE)
    container.mux(audio.encode(frame))
