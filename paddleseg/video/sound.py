"""Sound and subtitles of a clip into the new one: packet by packet where the file takes their codec."""

from __future__ import annotations

from fractions import Fraction

import av
from av.audio import AudioStream
from av.container import OutputContainer

from paddleseg.video.clip import Clip
from paddleseg.video.filters import Chain, chain

# Which codecs a file of that kind plays widely with; Matroska takes nearly all.
_COPIED = {
    ".mp4": {"aac", "mp3", "ac3", "eac3", "alac", "opus"},
    ".m4v": {"aac", "ac3", "eac3", "alac"},
    ".mov": {"aac", "mp3", "ac3", "eac3", "alac", "pcm_s16le", "pcm_s24le", "pcm_s16be", "pcm_s24be", "pcm_f32le"},
    ".webm": {"opus", "vorbis"},
}
_ENCODED = {".webm": "libopus"}
_BIT_RATE = 96_000
"""Of a channel, where sound has to be encoded."""
_SUBTITLES = {".mp4": {"mov_text"}, ".m4v": {"mov_text"}, ".mov": {"mov_text"}, ".webm": {"webvtt"}}


class Sound:
    """The sound and subtitles of a clip on their way into another file.

    Args:
        clip: Where they come from.
        container: Where they go.
        suffix: Of the file.

    Attributes:
        remarks: What is not kept as it is.
    """

    def __init__(self, clip: Clip, container: OutputContainer, suffix: str):
        self._clip, self._container, self._suffix = clip, container, suffix
        self._routes: dict[int, _Copied | _Encoded] = {}
        self.remarks: list[str] = []
        for stream in clip.streams:
            if stream.type not in ("audio", "subtitle"):
                if stream.type != "video":
                    self.remarks.append(f"holds {stream.type} that is no picture and no sound, which is left out")
                continue
            route = self._route(stream)
            if route is not None:
                self._routes[stream.index] = route
        clip.keep(set(self._routes))

    def _route(self, stream: av.stream.Stream) -> _Copied | _Encoded | None:
        codec = stream.codec_context
        kind = "sound" if stream.type == "audio" else "subtitles"
        if codec is None:
            self.remarks.append(f"has {kind} of a kind that is not known here, which are left out")
            return None
        name = codec.codec.canonical_name
        if self._takes(stream.type, name):
            try:
                return _Copied(stream, self._container)
            except (ValueError, av.FFmpegError):  # the container does not hold it after all
                pass
        if not isinstance(stream, AudioStream):
            self.remarks.append(f"has subtitles ({name}) that {self._suffix} does not hold, which are left out")
            return None
        to = _ENCODED.get(self._suffix, "aac")
        self.remarks.append(f"has sound ({name}) that {self._suffix} does not hold: encoded anew as {to}")
        return _Encoded(stream, self._container, to)

    def _takes(self, kind: str, codec: str) -> bool:
        table = _COPIED if kind == "audio" else _SUBTITLES
        return codec in table.get(self._suffix, self._container.supported_codecs)

    def write(self) -> None:
        """What has come by now."""
        waiting = self._clip.packets
        while waiting:
            packet = waiting.popleft()
            route = self._routes.get(packet.stream_index)
            if route is not None:
                route(packet, self._clip.origin)

    def finish(self) -> None:
        """The last of it."""
        self.write()
        for route in self._routes.values():
            route.finish()


class _Copied:
    """A stream's packets as they are, at times that begin where the new clip does."""

    def __init__(self, stream: av.stream.Stream, container: OutputContainer):
        self._container = container
        self._stream = container.add_stream_from_template(stream)
        self._stream.metadata.update(_told(stream))

    def __call__(self, packet: av.Packet, origin: Fraction) -> None:
        shift = round(origin / packet.time_base)
        packet.pts = packet.pts - shift if packet.pts is not None else None
        packet.dts = packet.dts - shift if packet.dts is not None else None
        packet.stream = self._stream
        self._container.mux(packet)

    def finish(self) -> None:
        """Nothing waits."""


class _Encoded:
    """A stream's sound decoded, with silence where it has gaps, and encoded anew."""

    def __init__(self, stream: AudioStream, container: OutputContainer, codec: str):
        self._decoder, self._container = stream.codec_context, container
        rate = 48000 if codec == "libopus" else self._decoder.sample_rate
        channels = min(self._decoder.layout.nb_channels, 2)
        encoded = container.add_stream(codec, rate=rate)
        assert isinstance(encoded, AudioStream)
        self._stream, self._layout = encoded, "mono" if channels == 1 else "stereo"
        encoded.codec_context.layout = self._layout
        encoded.codec_context.bit_rate = _BIT_RATE * channels
        encoded.metadata.update(_told(stream))
        self._filters: Chain | None = None

    def __call__(self, packet: av.Packet, origin: Fraction) -> None:
        for frame in self._decoder.decode(packet):
            assert frame.pts is not None and frame.time_base is not None
            frame.pts -= round(origin / frame.time_base)
            self._push(frame)

    def finish(self) -> None:
        """What the filters and the encoder still hold."""
        if self._filters is not None:
            self._filters.graph.push(None)
            self._pull(self._filters)
            self._container.mux(self._stream.encode(None))

    def _push(self, frame: av.AudioFrame) -> None:
        if self._filters is None:
            self._filters = self._set_up(frame)
        self._filters.first.push(frame)
        self._pull(self._filters)

    def _pull(self, filters: Chain) -> None:
        while True:
            try:
                frame = filters.last.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            assert isinstance(frame, av.AudioFrame)
            self._container.mux(self._stream.encode(frame))

    def _set_up(self, frame: av.AudioFrame) -> Chain:
        codec = self._stream.codec_context
        if not codec.is_open:  # the first packet of any stream opens all of them
            codec.open()
        of = {
            "sample_rate": str(frame.sample_rate),
            "sample_fmt": frame.format.name,
            "channel_layout": frame.layout.name,
            "time_base": str(frame.time_base),
        }
        form = f"sample_fmts={codec.format.name}:sample_rates={codec.sample_rate}:channel_layouts={self._layout}"
        steps = [("aresample", "async=1"), ("aformat", form), ("asetnsamples", f"n={codec.frame_size or 1024}:p=0")]
        return chain("abuffer", of, steps, "abuffersink")


def _told(stream: av.stream.Stream) -> dict[str, str]:
    return {key: value for key, value in stream.metadata.items() if key.lower() in ("language", "title")}
