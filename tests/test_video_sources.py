"""Frames out of clips, folders of pictures and arrays: which, when, upright, in their colours; faults are named."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import av
import cv2
import numpy as np
import pytest
from clips import RATE, frames, write_clip, write_sound

from paddleseg.errors import DataError
from paddleseg.images.io import write_png
from paddleseg.video.clip import Clip
from paddleseg.video.colour import Colour
from paddleseg.video.moments import Info, Moment
from paddleseg.video.source import open_source


def all_of(what: object, **asked: object) -> tuple[list[Moment], Info]:
    source = open_source(what, **asked)  # type: ignore[arg-type]
    try:
        return list(source), source.info
    finally:
        source.close()


def off(a: np.ndarray, b: np.ndarray) -> float:
    """Mean difference in grey levels."""
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "pan.mp4", sound="aac", metadata={"title": "A pan"})


class TestFrames:
    def test_every_frame_comes_once_at_its_time(self, clip: Path):
        moments, info = all_of(clip)
        assert [moment.time for moment in moments] == [Fraction(i, RATE) for i in range(12)]
        assert all(moment.duration == Fraction(1, RATE) for moment in moments)
        assert all(off(moment.image, frame) < 4 for moment, frame in zip(moments, frames(), strict=True))
        assert (info.size, info.frames, info.rate, info.metadata["title"]) == ((96, 128), 12, RATE, "A pan")

    def test_start_and_end_take_the_frames_between(self, clip: Path):
        moments, info = all_of(clip, start=0.1, end=0.3)
        assert [moment.time for moment in moments] == [Fraction(i, RATE) - Fraction("0.1") for i in range(3, 8)]
        assert off(moments[0].image, frames()[3]) < 4 and info.frames == 5

    def test_times_of_an_uneven_pace_are_exact(self, tmp_path: Path):
        times = [0, 40, 41, 100, 333, 340, 900, 901, 1500, 1600, 1601, 3000]
        path = write_clip(tmp_path / "vfr.mp4", times=times, time_base=Fraction(1, 1200))
        moments, _ = all_of(path)
        assert [moment.time for moment in moments] == [Fraction(time, 1200) for time in times]

    @pytest.mark.parametrize("turn", [90, 180, 270])
    def test_frames_stand_upright(self, tmp_path: Path, turn: int):
        moments, info = all_of(write_clip(tmp_path / "turned.mp4", turn=turn))
        upright = np.rot90(frames()[0], turn // 90)
        assert moments[0].image.shape == upright.shape == (*info.size, 3) and info.rotation == 360 - turn
        assert off(moments[0].image, upright) < 4

    @pytest.mark.parametrize("colour", [Colour(1), Colour(6, 6, 6), Colour(9, 9, 14), Colour(1, full=True)])
    def test_colours_are_those_that_the_tags_mean(self, tmp_path: Path, colour: Colour):
        patches = np.repeat(np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8), 16, 0).repeat(16, 1)
        path = write_clip(tmp_path / "patches.mp4", [patches], colour=colour, options={"crf": "0"})
        moments, info = all_of(path)
        inside = (slice(7, None, 16), slice(7, None, 16))
        assert np.abs(moments[0].image[inside].astype(int) - patches[inside]).max() <= 2
        assert info.colour == colour

    def test_ten_bits_are_read_and_said(self, tmp_path: Path):
        path = write_clip(tmp_path / "ten.mkv", codec="libx265", pixels="yuv420p10le", options=QUIET)
        moments, info = all_of(path)
        assert off(moments[3].image, frames()[3]) < 6 and info.remarks == ["has 10 bits a value, of which 8 are kept"]

    @pytest.mark.parametrize(("curve", "brightest"), [(16, "pq"), (18, "hlg")])
    def test_hdr_becomes_what_ordinary_screens_show(self, tmp_path: Path, curve: int, brightest: str):
        # Numbers of PQ and HLG for 203 candela, which is paper white, and for a tenth of it.
        white, grey = {"pq": (0.58, 0.36), "hlg": (0.75, 0.29)}[brightest]
        step = np.full((96, 128, 3), round(grey * 255), np.uint8)
        step[:, 64:] = round(white * 255)
        path = write_clip(
            tmp_path / "hdr.mkv",
            [step],
            codec="libx265",
            pixels="yuv420p10le",
            colour=Colour(9, 9, curve),
            options=QUIET,
        )
        moments, info = all_of(path)
        dark, light = moments[0].image[48, 32], moments[0].image[48, 96]
        assert dark.min() > 80 and dark.max() < 120 and light.min() > 215
        assert info.colour == Colour() and "is HDR" in info.remarks[0]

    def test_a_change_of_size_is_stretched_and_said(self, tmp_path: Path):
        large = write_clip(tmp_path / "large.ts", frames(6))
        small = write_clip(tmp_path / "small.ts", frames(6, (64, 128)), times=range(6, 12))
        both = tmp_path / "both.ts"
        both.write_bytes(large.read_bytes() + small.read_bytes())
        moments, info = all_of(both)
        assert {moment.image.shape for moment in moments} == {(96, 128, 3)} and len(moments) == 12
        assert any("changes its size" in remark and "128 x 64" in remark for remark in info.remarks)

    def test_pictures_of_a_folder_come_in_the_order_of_their_numbers(self, tmp_path: Path):
        for number, frame in enumerate(frames()):
            write_png(tmp_path / f"f{number}.png", frame)
        moments, info = all_of(tmp_path, rate="30000/1001", end=0.3)
        assert [off(moment.image, frame) for moment, frame in zip(moments, frames(), strict=False)] == [0] * 9
        assert moments[1].time == Fraction(1001, 30000) and info.frames == 9

    def test_arrays_are_a_source(self):
        moments, info = all_of(frames(4), rate=10)
        assert [float(moment.time) for moment in moments] == [0, 0.1, 0.2, 0.3] and info.frames == 4

    def test_a_source_of_no_known_length_is_read_as_it_comes(self):
        def endless() -> Iterator[np.ndarray]:
            while True:
                yield frames(1)[0]

        moments, info = all_of(endless(), end=0.2)
        assert len(moments) == 5 and info.frames is None


QUIET = {"preset": "ultrafast", "x265-params": "log-level=none"}


def truncated(path: Path, folder: Path) -> Path:
    cut = folder / f"cut{path.suffix}"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    return cut


class TestFaults:
    def test_times_that_jump_back_are_named(self, tmp_path: Path):
        part = write_clip(tmp_path / "part.ts", frames(40))
        both = tmp_path / "both.ts"
        both.write_bytes(2 * part.read_bytes())
        with pytest.raises(DataError, match=r"its times jump back after 1\.56 s"):
            all_of(both)

    @pytest.mark.parametrize("suffix", [".mkv", ".mov", ".avi"])
    def test_a_truncated_clip_is_no_whole_one(self, tmp_path: Path, suffix: str):
        codec = "mpeg4" if suffix == ".avi" else "libx264"
        path = write_clip(tmp_path / f"whole{suffix}", frames(60), codec=codec)
        if suffix == ".mov":
            path = with_index_first(path, tmp_path / "first.mov")
        assert len(all_of(path)[0]) == 60
        with pytest.raises(DataError, match=r"truncated|cannot be read further|cannot be decoded") as caught:
            all_of(truncated(path, tmp_path))
        good = re.search(r"--end ([\d.]+)", str(caught.value))
        assert good and len(all_of(truncated(path, tmp_path), end=float(good[1]))[0]) >= 3

    def test_a_clip_without_its_index_is_no_clip(self, clip: Path, tmp_path: Path):
        with pytest.raises(DataError, match="cannot be read as a video"):
            open_source(truncated(clip, tmp_path))

    def test_sound_alone_is_no_clip(self, tmp_path: Path):
        with pytest.raises(DataError, match="holds sound, but no video"):
            open_source(write_sound(tmp_path / "tone.m4a"))

    def test_nothing_between_start_and_end(self, clip: Path):
        with pytest.raises(DataError, match="has no frame between 7 s and its end"):
            open_source(clip, start=7)

    @pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
    def test_a_clip_without_frames(self, tmp_path: Path, suffix: str):
        empty = tmp_path / f"empty{suffix}"
        with av.open(str(empty), "w") as container:
            container.add_stream("libx264", rate=25).height = 96
            container.start_encoding()
        with pytest.raises(DataError, match=r"holds no (frame|video)|End of file"):
            open_source(empty)

    def test_pipes_folders_and_what_is_missing_do_not_hang(self, tmp_path: Path):
        os.mkfifo(tmp_path / "pipe.mp4")
        (tmp_path / "none.mp4").mkdir()
        (tmp_path / "zero.mp4").touch()
        (tmp_path / "text.mp4").write_text("no clip " * 100)
        for name, why in (
            ("pipe.mp4", "is a pipe"),
            ("none.mp4", "holds no image"),
            ("zero.mp4", "is empty"),
            ("text.mp4", "cannot be read as a video"),
            ("missing.mp4", "No such file"),
            ("nul\0.mp4", "cannot be read"),
        ):
            with pytest.raises(DataError, match=why):
                open_source(tmp_path / name)

    def test_a_picture_is_no_clip(self, mini: Path):
        with pytest.raises(DataError, match="is a picture, not a clip"):
            open_source(mini / "images" / "000000000785.jpg")

    def test_a_clip_at_an_address(self, clip: Path, tmp_path: Path):
        whole = with_index_first(clip, tmp_path / "whole.mov")
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path))
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            moments, info = all_of(f"http://127.0.0.1:{server.server_port}/{whole.name}")
        finally:
            server.shutdown()
            server.server_close()
        assert len(moments) == 12 and not info.live

    def test_an_address_that_answers_nothing(self):
        with pytest.raises(DataError, match="cannot be opened: Connection refused"):
            open_source("http://127.0.0.1:9/clip.mp4")

    def test_a_camera_that_is_not_there(self):
        with pytest.raises(DataError, match="camera 99: cannot be opened"):
            open_source("99")

    @pytest.mark.parametrize(
        ("asked", "why"),
        [
            ({"start": -1}, "start: is -1"),
            ({"end": float("nan")}, "end: is nan"),
            ({"start": 3, "end": 2}, "nothing lies between"),
            ({"rate": "1/0"}, "rate: is 1/0"),
            ({"rate": 0}, "rate: is 0"),
        ],
    )
    def test_what_is_asked_for_has_to_make_sense(self, clip: Path, asked: dict[str, float], why: str):
        with pytest.raises(DataError, match=why):
            open_source(clip, **asked)

    def test_arrays_of_two_sizes_are_named(self):
        with pytest.raises(DataError, match="frame 1: has 64 x 96 pixels, the first one 128 x 96"):
            all_of([frames(1)[0], frames(1, (96, 64))[0]])

    def test_a_broken_picture_among_others_is_named(self, tmp_path: Path):
        for number, frame in enumerate(frames(3)):
            cv2.imwrite(str(tmp_path / f"{number}.png"), frame)
        whole = (tmp_path / "2.png").read_bytes()
        (tmp_path / "2.png").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(DataError, match=r"2\.png: is truncated"):
            all_of(tmp_path)


def with_index_first(path: Path, to: Path) -> Path:
    """The same clip, which can be opened without its end."""
    with av.open(str(path)) as source, av.open(str(to), "w", options={"movflags": "+faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return to


def test_packets_of_sound_are_only_kept_for_whoever_asks(clip: Path):
    source = open_source(clip)
    assert isinstance(source, Clip) and source.has_sound
    assert len(list(source)) == 12 and not source.packets
    source.close()
