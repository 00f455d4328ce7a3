"""Frames and sound into clips: every kind opens, each frame is there at its time, colours and sound stay."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import RATE, frames, packets, read, write_clip, write_sound
from PIL import Image

from paddleseg.errors import OutputError
from paddleseg.images.io import read_image
from paddleseg.video.colour import Colour
from paddleseg.video.encoders import choose
from paddleseg.video.moments import Info
from paddleseg.video.source import open_source
from paddleseg.video.target import open_target

OPAQUE = (".mp4", ".m4v", ".mov", ".mkv", ".webm")


def passed(source: Any, path: Path, hole: bool = False, **asked: Any) -> Info:
    """A source written as it is; with a `hole`, its left half transparent."""
    opened = open_source(source, **{key: asked.pop(key) for key in ("start", "end", "rate") if key in asked})
    try:
        with open_target(path, opened, transparent=hole, **asked) as target:
            for moment in opened:
                picture = moment.image
                if hole:
                    opacity = np.full(picture.shape[:2], 255, np.uint8)
                    opacity[:, : picture.shape[1] // 2] = 0
                    picture = np.dstack([picture, opacity])
                target.write(picture, moment.time, moment.duration)
    finally:
        opened.close()
    return opened.info


def first(clip: Path) -> tuple[np.ndarray, Info]:
    """The first frame of a clip, by its tags."""
    opened = open_source(clip)
    image = next(iter(opened)).image
    opened.close()
    return image, opened.info


def off(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With sound, and times of an uneven pace."""
    times = [0, 40, 80, 200, 240, 280, 320, 480, 520, 560, 600, 640]
    where = tmp_path_factory.mktemp("clips") / "pan.mp4"
    return write_clip(where, times=times, time_base=Fraction(1, 1000), sound="aac", metadata={"title": "A pan"})


class TestEveryKind:
    @pytest.mark.parametrize("suffix", OPAQUE)
    def test_each_frame_is_there_at_its_time(self, clip: Path, tmp_path: Path, suffix: str):
        passed(clip, tmp_path / f"out{suffix}")
        source, written = read(clip), read(tmp_path / f"out{suffix}")
        begin = written[0][0]  # Matroska lets all begin a little later where sound has a lead-in
        assert begin <= Fraction(1, 40) or suffix != ".mkv"
        assert [time - begin for time, _ in written] == [time for time, _ in source]
        assert all(off(a, b) < 5 for (_, a), (_, b) in zip(source, written, strict=True))
        with av.open(str(tmp_path / f"out{suffix}")) as container:
            assert container.metadata.get("title") == "A pan"
        assert [path.name for path in tmp_path.iterdir()] == [f"out{suffix}"]

    @pytest.mark.parametrize("suffix", [".webm", ".mov"])
    def test_transparency_is_there(self, clip: Path, tmp_path: Path, suffix: str):
        path = tmp_path / f"out{suffix}"
        passed(clip, path, hole=True)
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            if suffix == ".webm":  # FFmpeg's own decoder leaves transparency out
                assert stream.metadata["ALPHA_MODE"] == "1"
                decoder = av.CodecContext.create("libvpx-vp9", "r")
                decoded = [frame for packet in container.demux(stream) for frame in decoder.decode(packet)]
            else:
                assert stream.codec_context.name == "prores" and stream.profile == "4444"
                decoded = list(container.decode(stream))
        assert len(decoded) == 12
        for place in (0, 3, 6, 9, 11):
            rgba = decoded[place].to_ndarray(format="rgba")
            assert rgba[:, :60, 3].max() < 10 and rgba[:, 70:, 3].min() > 245
            assert off(rgba[:, 70:, :3], frames()[place][:, 70:]) < 8

    def test_an_animated_webp_plays_with_transparency(self, clip: Path, tmp_path: Path):
        info = passed(clip, tmp_path / "out.webp", hole=True)
        with Image.open(tmp_path / "out.webp") as picture:
            assert picture.n_frames == 12 and picture.info["loop"] == 0
            picture.seek(7)
            rgba = np.asarray(picture.convert("RGBA"))
        assert rgba[:, :60, 3].max() == 0 and off(rgba[:, 70:, :3], frames()[7][:, 70:]) < 8
        assert "has sound, which .webp does not hold" in info.remarks

    def test_a_folder_of_pictures_holds_them_all(self, clip: Path, tmp_path: Path):
        passed(clip, tmp_path / "out", hole=True)
        names = sorted(path.name for path in (tmp_path / "out").iterdir())
        assert names == [f"frame_{number:06d}.png" for number in range(1, 13)]
        assert off(read_image(tmp_path / "out" / names[5]), frames()[5]) < 4

    @pytest.mark.parametrize("size", [(97, 129), (96, 129), (97, 128)])
    def test_odd_sizes_are_kept_or_said(self, tmp_path: Path, size: tuple[int, int]):
        pictures = frames(4, size)
        for suffix in (".mp4", ".webm"):
            info = passed(pictures, tmp_path / f"out{suffix}")
            _, shown = read(tmp_path / f"out{suffix}")[2]
            kept = suffix == ".webm"
            assert shown.shape[:2] == (size if kept else (size[0] + size[0] % 2, size[1] + size[1] % 2))
            assert off(shown[: size[0], : size[1]], pictures[2]) < 6
            assert any("odd size" in remark for remark in info.remarks) != kept
        passed(pictures, tmp_path / "out.mov", hole=True)
        assert read(tmp_path / "out.mov")[0][1].shape[:2] == size

    @pytest.mark.parametrize("colour", [Colour(1), Colour(6, 6, 6), Colour(9, 9, 14), Colour(1, full=True)])
    def test_colours_are_what_the_tags_say_on_both_sides(self, tmp_path: Path, colour: Colour):
        patches = np.repeat(np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8), 16, 0).repeat(16, 1)
        source = write_clip(tmp_path / "in.mp4", [patches] * 3, colour=colour, options={"crf": "0"})
        passed(source, tmp_path / "out.mp4", crf=0)
        (before, _), (after, info) = first(source), first(tmp_path / "out.mp4")
        inside = (slice(7, None, 16), slice(7, None, 16))
        assert np.abs(after[inside].astype(int) - before[inside]).max() <= 2 and info.colour == colour

    def test_pixels_that_are_no_squares_stay_so(self, tmp_path: Path):
        with av.open(str(tmp_path / "in.mp4"), "w") as container:
            stream = container.add_stream("libx264", rate=RATE)
            stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
            stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frames(1)[0], "rgb24")))
            container.mux(stream.encode(None))
        passed(tmp_path / "in.mp4", tmp_path / "out.mp4")
        with av.open(str(tmp_path / "out.mp4")) as container:
            assert container.streams.video[0].sample_aspect_ratio == Fraction(4, 3)


class TestSound:
    @pytest.mark.parametrize(
        ("codec", "suffix"), [("aac", ".mp4"), ("aac", ".mov"), ("aac", ".mkv"), ("libopus", ".mp4"), ("flac", ".mkv")]
    )
    def test_sound_is_copied_packet_by_packet(self, tmp_path: Path, codec: str, suffix: str):
        source = write_clip(tmp_path / "in.mkv", frames(30), sound=codec)
        info = passed(source, tmp_path / f"out{suffix}")
        before, after = packets(source), packets(tmp_path / f"out{suffix}")
        assert [content for _, content in before] == [content for _, content in after] and info.remarks == []
        shift = after[0][0] - before[0][0]
        assert all(abs(b - a - shift) <= Fraction(1, 1000) for (a, _), (b, _) in zip(before, after, strict=True))
        assert abs(shift + read(source)[0][0] - read(tmp_path / f"out{suffix}")[0][0]) <= Fraction(1, 1000)

    @pytest.mark.parametrize(("codec", "suffix", "to"), [("aac", ".webm", "opus"), ("pcm_s16le", ".mp4", "aac")])
    def test_sound_is_encoded_where_it_cannot_be_copied(self, tmp_path: Path, codec: str, suffix: str, to: str):
        source = write_clip(tmp_path / "in.mkv", frames(50), sound=codec)
        info = passed(source, tmp_path / f"out{suffix}")
        with av.open(str(tmp_path / f"out{suffix}")) as container:
            assert container.streams.audio[0].codec_context.codec.canonical_name == to
            heard = list(container.decode(audio=0))
        rate = heard[0].sample_rate
        samples = np.concatenate([frame.to_ndarray().mean(0) for frame in heard])
        assert abs(len(samples) / rate - 2) < 0.05
        middle = samples[rate // 2 : rate // 2 + rate]
        assert abs(np.abs(np.fft.rfft(middle)).argmax() - 440) <= 1  # a second of the tone
        assert f"encoded anew as {'libopus' if to == 'opus' else to}" in info.remarks[0]

    def test_sound_is_cut_where_pictures_are(self, tmp_path: Path):
        source = write_clip(tmp_path / "in.mp4", frames(75), sound="aac")
        passed(source, tmp_path / "out.mp4", start=1, end=2)
        asked = [(time - 1, content) for time, content in packets(source) if 1 <= time < 2]
        kept = packets(tmp_path / "out.mp4")
        assert len(kept) > 40 and [content for _, content in kept] == [content for _, content in asked]
        assert all(abs(a - b) < Fraction(1, 10000) for (a, _), (b, _) in zip(kept, asked, strict=True))

    def test_every_sound_and_chapter_goes_along(self, tmp_path: Path):
        clip, tone = (
            write_clip(tmp_path / "clip.mkv", frames(30), sound="aac"),
            write_sound(tmp_path / "tone.mkv", "flac"),
        )
        chapters = [
            {"id": 1, "start": 0, "end": 600, "time_base": Fraction(1, 1000), "metadata": {"title": "one"}},
            {"id": 2, "start": 600, "end": 1200, "time_base": Fraction(1, 1000), "metadata": {"title": "two"}},
        ]
        both = tmp_path / "both.mkv"
        with av.open(str(clip)) as first, av.open(str(tone)) as second, av.open(str(both), "w") as joined:
            joined.set_chapters(chapters)
            streams = [*first.streams, *second.streams]
            copies = {stream: joined.add_stream_from_template(stream, opaque=True) for stream in streams}
            copies[streams[2]].metadata["language"] = "eng"
            for packet in (packet for container in (first, second) for packet in container.demux()):
                if packet.dts is not None:
                    packet.stream = copies[packet.stream]
                    joined.mux(packet)
        info = passed(both, tmp_path / "out.mp4")
        with av.open(str(tmp_path / "out.mp4")) as container:
            assert [stream.codec_context.name for stream in container.streams.audio] == ["aac", "aac"]
            assert container.streams.audio[1].language == "eng"
            assert info.remarks == ["has sound (flac) that .mp4 does not hold: encoded anew as aac"]
            assert len(list(container.decode(audio=1))) in (47, 48)
            told = [
                (chapter["metadata"]["title"], chapter["start"] * chapter["time_base"])
                for chapter in container.chapters()
            ]
        assert told == [("one", 0), ("two", Fraction(6, 10))]
        info = passed(both, tmp_path / "cut.mp4", end=0.5)
        assert "has chapters, which are left out where it is cut" in info.remarks

    def test_sound_can_be_left_out(self, clip: Path, tmp_path: Path):
        passed(clip, tmp_path / "out.mp4", keep_audio=False)
        with av.open(str(tmp_path / "out.mp4")) as container:
            assert not container.streams.audio


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "asked", "why"),
        [
            ("out.avi", {}, "no kind of clip that is written here"),
            ("out.mp4", {"transparent": True}, "needs a background"),
            ("out.mp4", {"encoder": "nothing"}, r"is none that is known here; .* there are: libx264"),
            ("out.webm", {"encoder": "libx264"}, "cannot write .webm"),
            ("out.mov", {"transparent": True, "crf": 3}, "prores_ks has no such setting"),
            ("out.mp4", {"preset": "nonsense"}, "does not open"),
            ("full", {"transparent": True}, "a folder with something in it"),
            ("folder.mp4", {}, "is a folder"),
        ],
    )
    def test_what_cannot_be_written_is_said_at_once(self, tmp_path: Path, name: str, asked: dict[str, Any], why: str):
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "mine").touch()
        (tmp_path / "folder.mp4").mkdir()
        with pytest.raises(OutputError, match=why), open_target(tmp_path / name, open_source(frames(1)), **asked):
            pass
        assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.mp4", "full"]

    def test_an_animated_webp_has_an_end(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("paddleseg.video.target.MOST_WEBP_FRAMES", 5)
        with pytest.raises(OutputError, match="holds 5 frames at most"):
            passed(frames(6), tmp_path / "out.webp", hole=True)
        assert not list(tmp_path.iterdir())

    def test_hardware_is_only_chosen_where_it_opens(self):
        encoder = choose(".mp4", (96, 128), transparent=False)
        codec = av.CodecContext.create(encoder.name, "w")
        codec.width, codec.height, codec.pix_fmt, codec.time_base = 128, 96, encoder.pixels, Fraction(1, 25)
        codec.open()
