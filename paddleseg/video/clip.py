"""Clips in files and at addresses, decoded by FFmpeg: upright RGB frames with exact times, and the sound beside."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction

import av
from av.stream import Disposition

from paddleseg.errors import DataError
from paddleseg.images.head import MAX_PIXELS
from paddleseg.video.colour import ToRgb, colour_of
from paddleseg.video.moments import RATE, Info, Moment, no_frames, spans
from paddleseg.video.opening import open_clip
from paddleseg.video.turn import turn_of

_SAY_THEIR_LENGTH = ("mov", "matroska", "avi")
_MISSING = Fraction(1, 4)
"""Seconds by which the last packet may end before the end that a file tells of."""
_BACK = Fraction(1)
"""Seconds that times may go back by, which is a fault of rounding still."""
_MICRO = 1_000_000  # FFmpeg's own unit of a file's times


class Clip:
    """A video file, or an address that FFmpeg opens. Times begin at `start`.

    Args:
        name: The file or address.
        start: Seconds; frames before it are left out.
        end: Seconds, or None for all.
        address: Whether it is one.

    Attributes:
        streams: What else is in it: sound, subtitles, data.
        origin: The moment in the file, in seconds, where times begin.
        packets: What came of the streams that are kept, to be taken away by whoever writes it.

    Raises:
        DataError: It cannot be opened, holds no video, or no frame that can be decoded.
    """

    def __init__(self, name: str, start: Fraction = Fraction(0), end: Fraction | None = None, address: bool = False):
        self.name, self._start, self._end, self._is_address = name, start, end, address
        self.packets: deque[av.Packet] = deque()
        self._kept: set[int] | None = None
        self._container = open_clip(name, address)
        try:
            self._stream = self._video()
            self.origin = Fraction(self._container.start_time or 0, _MICRO) + start
            self._seen_end = Fraction(0)
            self._damaged = self._moved = 0
            self._rescaled: set[tuple[int, int]] = set()
            self._frames = self._decoded()
            first = next(self._frames, None)
            if first is None:
                raise no_frames(name, start, end)
            self._first: Moment | None = self._begin(first)
        except BaseException:
            self._container.close()
            raise

    def _video(self) -> av.VideoStream:
        """The stream that players show; a cover picture is none."""
        pictures = [
            stream for stream in self._container.streams.video if not stream.disposition & Disposition.attached_pic
        ]
        if not pictures:
            has = "holds sound, but no video" if self._container.streams.audio else "holds no video"
            raise DataError(self.name, has, "give a clip with pictures")
        best = self._container.streams.best("video")
        stream = best if best in pictures else pictures[0]
        assert isinstance(stream, av.VideoStream)
        if stream.codec_context is None:
            raise DataError(self.name, "is coded in a way that this FFmpeg cannot decode", "convert it to H.264")
        if stream.width * stream.height > MAX_PIXELS:
            what = f"has frames of {stream.width:,} x {stream.height:,} pixels; {MAX_PIXELS:,} are the most"
            raise DataError(self.name, what, "make it smaller")
        stream.thread_type = "AUTO"
        self.streams = [other for other in self._container.streams if other is not stream]
        return stream

    def _begin(self, frame: av.VideoFrame) -> Moment:
        """All that the first frame tells."""
        stream, codec = self._stream, self._stream.codec_context
        self._turn = turn_of(frame)
        self._size = (frame.height, frame.width)
        self._colour = colour_of(frame, codec)
        self._rgb = ToRgb(self._colour, self._size)
        h, w = self._size
        aspect = Fraction(stream.sample_aspect_ratio or 1) or Fraction(1)
        sideways = self._turn.is_sideways
        rate = Fraction(stream.average_rate or stream.guessed_rate or RATE)
        duration, frames = self._spans(rate)
        colour = self._colour
        self.info = Info(
            self.name,
            (w, h) if sideways else (h, w),
            rate,
            Fraction(stream.time_base or 1 / rate),
            duration,
            frames,
            live=self._is_address and self._container.duration is None,
            pixel_aspect=1 / aspect if sideways else aspect,
            colour=type(colour)() if colour.is_hdr else colour,
            bits=frame.format.components[0].bits,
            rotation=self._turn.degrees,
            metadata=dict(self._container.metadata),
            chapters=[] if self._is_cut else self._container.chapters(),
        )
        self.info.remarks += self._first_remarks(frame)
        return self._moment(frame)

    def _first_remarks(self, frame: av.VideoFrame) -> Iterator[str]:
        if self._colour.is_hdr:
            yield "is HDR: converted to what ordinary screens show (BT.709)"
        elif self.info.bits > 8:
            yield f"has {self.info.bits} bits a value, of which 8 are kept"
        if frame.interlaced_frame:
            yield "is interlaced: lines of two moments stay together in one frame"
        if self._is_cut and self._container.chapters():
            yield "has chapters, which are left out where it is cut"
        others = sum(other.type == "video" for other in self.streams)
        if others:
            yield f"holds {others} more video streams, which are left out"
        if any(component.is_alpha for component in frame.format.components):
            yield "is transparent: that is left out"

    def _spans(self, rate: Fraction) -> tuple[Fraction | None, int | None]:
        stream = self._stream
        whole = None
        if self._container.duration is not None:
            whole = Fraction(self._container.duration, _MICRO)
        elif stream.duration is not None and stream.time_base is not None:
            whole = stream.duration * stream.time_base
        if whole is None:
            return (None, None) if self._end is None else spans(round(self._end * rate), rate, self._start, self._end)
        count = stream.frames or round(whole * rate)
        return spans(count, Fraction(count) / whole if whole else rate, self._start, self._end)

    @property
    def _is_cut(self) -> bool:
        return bool(self._start) or self._end is not None

    @property
    def has_sound(self) -> bool:
        """Whether there is any beside the pictures."""
        return any(stream.type == "audio" for stream in self.streams)

    def keep(self, streams: set[int]) -> None:
        """Put packets of these streams into `packets`, and none of others; before frames are read."""
        self._kept = streams
        self.packets = deque(packet for packet in self.packets if packet.stream_index in streams)

    def __iter__(self) -> Iterator[Moment]:
        assert self._first is not None
        if self._kept is None:
            self.keep(set())
        first, self._first = self._first, None
        last = first.time
        yield first
        for frame in self._frames:
            moment = self._moment(frame)
            if moment.time < last - _BACK and not self.info.live:
                hint = "join its parts anew: ffmpeg -i CLIP -c copy JOINED.mkv"
                raise DataError(self.name, f"its times jump back after {float(last):.2f} s", hint)
            if moment.time <= last:  # two frames of one time: no container holds them
                self._moved += 1
                moment = Moment(moment.image, last + self.info.time_base, moment.duration)
            last = moment.time
            yield moment
        self._last_remarks()

    def close(self) -> None:
        """Close the file or the connection."""
        self._container.close()

    def _last_remarks(self) -> None:
        remarks = self.info.remarks
        if self._damaged:
            remarks.append(f"{self._damaged} damaged packets or frames were met")
        if self._moved:
            remarks.append(f"{self._moved} frames had the time of another one and were moved by a tick")
        if self._rescaled:
            sizes = ", ".join(f"{w} x {h}" for h, w in sorted(self._rescaled))
            remarks.append(f"changes its size: frames of {sizes} were stretched to the first one's")

    def _moment(self, frame: av.VideoFrame) -> Moment:
        if (frame.height, frame.width) != self._size:
            self._rescaled.add((frame.height, frame.width))
        image = self._turn(self._rgb(frame))
        assert frame.pts is not None and frame.time_base is not None
        duration = Fraction(frame.duration or 0) * frame.time_base
        return Moment(image, self._after_start(frame.pts, frame.time_base), duration)

    def _after_start(self, pts: int, time_base: Fraction) -> Fraction:
        """Whole ticks stay whole, so that the distances of frames are exact."""
        return (pts - round(self.origin / time_base)) * time_base

    def _decoded(self) -> Iterator[av.VideoFrame]:
        """The frames that were asked for, in their order."""
        if self._start:
            self._seek(self._start)
        rewound, expected = not self._start, 0
        packets = self._demuxed()
        while True:
            for frame in packets:
                assert frame.time_base is not None
                if frame.pts is None:
                    frame.pts = expected
                rate = self._stream.average_rate or RATE
                expected = frame.pts + max(round(1 / rate / frame.time_base), 1)
                time = self._after_start(frame.pts, frame.time_base)
                if time > 1 / rate and not rewound:  # the file's index led past what was asked for
                    break
                rewound = True
                if self._end is not None and time >= self._end - self._start:
                    return
                if time >= 0 or not self._start:
                    yield frame
            else:
                break
            rewound = True
            self._seek(Fraction(0))
            packets = self._demuxed()
        if self._end is None:
            self._check_whole()

    def _seek(self, time: Fraction) -> None:
        self.packets.clear()
        try:
            self._container.seek(round((self.origin - self._start + time) * _MICRO))
        except av.FFmpegError as error:
            hint = "give no start, or convert the whole clip"
            raise DataError(self.name, f"cannot be entered at {float(time):g} s: {error.strerror}", hint) from error

    def _demuxed(self) -> Iterator[av.VideoFrame]:
        packets = self._container.demux()
        decoded = False
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                why = "it went silent" if isinstance(error, av.ExitError) else error.strerror
                raise self._broken(f"cannot be read further: {why}") from error
            if packet is None:
                return
            self._note_end(packet)
            if packet.stream is not self._stream:
                self._keep(packet)
                continue
            if packet.is_corrupt:
                self._damage("is truncated or damaged")
            try:
                frames = self._stream.decode(packet)
            except av.EOFError:
                frames = []
            except av.FFmpegError as error:
                # Broadcasts begin in the middle of a picture.
                if decoded:
                    self._damage(f"cannot be decoded: {error.strerror}")
                else:
                    self._damaged += 1
                continue
            for frame in frames:
                decoded = True
                self._damaged += bool(frame.is_corrupt)
                yield frame

    def _keep(self, packet: av.Packet) -> None:
        unasked = self._kept is not None and packet.stream_index not in self._kept
        if unasked or packet.pts is None:
            return
        time = packet.pts * packet.time_base - self.origin
        asked = not self._start or time >= 0
        if asked and (self._end is None or time < self._end - self._start):
            self.packets.append(packet)

    def _note_end(self, packet: av.Packet) -> None:
        begins = packet.dts if packet.pts is None else packet.pts
        if begins is not None:
            end = (begins + (packet.duration or 0)) * packet.time_base
            self._seen_end = max(self._seen_end, end)

    def _check_whole(self) -> None:
        """A file whose end was cut off reads as if it ended there."""
        container = self._container
        if not self._says_its_length:
            return
        assert container.duration is not None
        told = Fraction(container.duration + (container.start_time or 0), _MICRO)
        rate = self._stream.average_rate or RATE
        if self._seen_end < told - max(_MISSING, 3 / rate):
            raise self._broken(f"is truncated: it should last {float(told):.2f} s")

    @property
    def _says_its_length(self) -> bool:
        return self._container.duration is not None and self._container.format.name.startswith(_SAY_THEIR_LENGTH)

    def _damage(self, what: str) -> None:
        """Broadcasts and cameras lose packets all the time; a file of its own loses none."""
        if not self._says_its_length:
            self._damaged += 1
            return
        raise self._broken(what)

    def _broken(self, what: str) -> DataError:
        if self._is_address:
            return DataError(self.name, f"{what}, after {float(self._seen_end):.2f} s", "is it still sending?")
        start = Fraction(self._container.start_time or 0, _MICRO)
        good = max(float(self._seen_end - start) - 0.5, 0)
        hint = f"get it anew, or convert what is good with end={good:.1f} (--end {good:.1f})"
        return DataError(self.name, f"{what}; it was read up to {float(self._seen_end - start):.2f} s", hint)
