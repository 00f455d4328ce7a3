"""`paddleseg camera`: the newest frame, keys, cameras that break off and come back, what is said of missing ones."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pygame
import pytest
import pyvirtualcam
from clips import RATE, frames, write_clip
from test_cli import ROOT

from paddleseg.cli.camera import KEYS
from paddleseg.cli.main import main
from paddleseg.errors import DataError
from paddleseg.inference.predictor import Predictor
from paddleseg.video.camera import Camera, plain
from paddleseg.video.feed import Feed
from paddleseg.video.looks import Looks
from paddleseg.video.preview import Preview
from paddleseg.video.session import Session
from paddleseg.video.source import open_source
from paddleseg.video.virtual import VirtualCamera

SIZE = (96, 128)
HAS_CAMERAS = any(Path("/dev").glob("video*"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("camera") / "pan.mp4", frames(40))


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.from_zoo("portrait", threads=1)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> type[Watched]:
    """A virtual camera in memory, and a window on no screen."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setitem(pyvirtualcam.camera.BACKENDS, "watched", Watched)
    Watched.seen, Watched.on_frame = [], None
    return Watched


class Watched:
    """A backend of pyvirtualcam that keeps what it is sent."""

    seen: ClassVar[list[np.ndarray]] = []
    on_frame: ClassVar[Callable[[int], None] | None] = None

    def __init__(self, *, width: int, height: int, **_: Any):
        self._shape = (height, width, 3)

    def device(self) -> str:
        return "memory"

    def native_fourcc(self) -> None:
        return None

    def close(self) -> None:
        pass

    def send(self, frame: np.ndarray) -> None:
        self.seen.append(frame.reshape(self._shape).copy())
        if self.on_frame is not None:
            type(self).on_frame(len(self.seen))  # type: ignore[misc]


def press(key: int) -> None:
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key))


def number_of(image: np.ndarray, pictures: list[np.ndarray]) -> int:
    """Which of the pictures a frame of the clip is."""
    return int(np.argmin([np.abs(image.astype(int) - each).mean() for each in pictures]))


class TestFeed:
    def test_a_clip_is_played_at_its_own_pace(self, clip: Path):
        with Feed(lambda: open_source(clip)) as feed:
            begun = time.monotonic()
            shots = [shot for shot in iter(lambda: feed.next(5), None) if shot is not None]
        assert feed.has_ended and len(shots) + feed.dropped == 40
        assert 39 / RATE <= shots[-1].captured - begun < 20
        assert all(off >= -0.01 for off in np.diff([shot.captured for shot in shots]))

    def test_who_is_slow_gets_the_newest_frame_and_the_others_are_counted(self, clip: Path):
        numbers = []
        with Feed(lambda: open_source(clip)) as feed:
            while (shot := feed.next(5)) is not None:
                numbers.append(number_of(shot.image, frames(40)))
                time.sleep(0.4)
        # One after the other would be 0, 1, 2, 3.
        assert numbers[-1] == 39 and min(np.diff(numbers[:-1])) >= 5
        assert len(numbers) + feed.dropped == 40

    def test_a_clip_begins_again(self, clip: Path):
        with Feed(lambda: open_source(clip, end=0.2), loop=True) as feed:
            for _ in range(12):
                assert feed.next(5) is not None

    def test_leaving_ends_the_thread_whether_it_was_asked_or_not(self, clip: Path):
        before = threading.active_count()
        for asked in (False, True):
            with Feed(lambda: open_source(clip)) as feed:
                assert not asked or feed.next(5) is not None
            assert threading.active_count() == before


class Sender:
    """An address that sends a clip to each who comes, one after the other, and breaks off.

    Args:
        again: What the second one waits for.
    """

    def __init__(self, *clips: Path, again: threading.Event | None = None):
        self._clips, self._again = clips, again
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        for number, clip in enumerate(self._clips):
            caller, _ = self._socket.accept()
            if number and self._again is not None:
                self._again.wait(60)
            with caller:
                caller.sendall(clip.read_bytes())
        self._socket.close()


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("stream") / "pan.ts", frames(40))


class TestReconnection:
    def test_it_is_waited_for_and_comes_back(
        self, stream: Path, tmp_path: Path, predictor: Predictor, watched: type[Watched]
    ):
        small = write_clip(tmp_path / "small.ts", frames(40, (64, 64)))
        told: list[str] = []
        gone = threading.Event()
        address = Sender(stream, small, again=gone).address
        empty = plain(SIZE, "no picture from the camera")

        def look(_: int) -> None:
            if told and np.array_equal(watched.seen[-1], empty):
                gone.set()
            camera._done = len(told) > 2

        with (
            Feed(lambda: open_source(address), tell=told.append) as feed,
            VirtualCamera(SIZE, RATE) as virtual,
        ):
            camera = Camera(feed, Session(predictor), Looks(["blur"]), None, virtual)
            watched.on_frame = look
            camera.run(60)
        assert [sentence.removeprefix(f"{address}: ").partition(" after")[0] for sentence in told] == [
            "has ended; waiting for it to come back",
            "is back",
            "has ended; waiting for it to come back",
        ]
        assert told[1].endswith("with 64 x 64 pixels, cut to 128 x 96")
        away = [np.array_equal(frame, empty) for frame in watched.seen]
        first = away.index(True)
        assert first > 0 and False in away[first:]

    def test_without_it_the_fault_ends_the_program(self, stream: Path, capsys: pytest.CaptureFixture[str]):
        asked = ["camera", Sender(stream).address, "--no_window", "--seconds", "30", "--no_reconnect"]
        assert main(asked) == 2
        said = capsys.readouterr()
        assert "has ended" in said.err and "frames in" in said.out

    def test_a_truncated_clip_is_named(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        whole = write_clip(tmp_path / "whole.mkv", frames(30)).read_bytes()
        (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) // 2])
        assert main(["camera", str(tmp_path / "cut.mkv"), "--no_window", "--seconds", "30", "--loop"]) == 2
        said = capsys.readouterr()
        assert "truncated" in said.err and "frames in" in said.out


class TestCamera:
    def test_keys_change_what_is_sent(self, clip: Path, predictor: Predictor, watched: type[Watched]):
        moves = {
            2: pygame.K_b,  # green
            4: pygame.K_m,
            6: pygame.K_SPACE,  # sends a grey picture at once, number 7
            9: pygame.K_SPACE,
            11: pygame.K_KP_9,  # the number block's: blur
            13: pygame.K_r,
            14: pygame.K_ESCAPE,
        }
        watched.on_frame = lambda number: press(moves[number]) if number in moves else None
        with (
            Feed(lambda: open_source(clip, end=0.04), loop=True) as feed,  # one frame
            VirtualCamera(SIZE, RATE) as virtual,
        ):
            window = Preview(SIZE, "test")
            figures = Camera(feed, Session(predictor), Looks(["blur"]), window, virtual).run(60)
            window.close()
        seen = watched.seen
        green = [(frame == (0, 177, 64)).all(axis=2) for frame in seen]
        assert [each.mean() > 0.1 for each in green] == [2 <= i < 6 or 9 <= i < 11 for i in range(14)]
        assert np.abs(np.fliplr(green[3]).astype(int) - green[5]).mean() < 0.05
        assert np.abs(green[3].astype(int) - green[5]).mean() > 0.05
        assert all(np.array_equal(frame, plain(SIZE)) for frame in seen[6:9])
        assert not np.array_equal(seen[12], np.fliplr(seen[0])) and figures.frames == 13

    def test_every_key_of_the_help_does_something(self, clip: Path, predictor: Predictor):
        keys = [line.split()[0].strip(",") for line in KEYS.splitlines()]
        assert keys == ["q", "b", "1-9", "m", "space", "r", "h"]

        def state(camera: Camera) -> tuple[object, ...]:
            looks = camera.looks.current
            prob = camera.session._prob is None
            return camera._done, id(looks), camera.mirror, camera.hidden, prob, camera._over

        with Feed(lambda: open_source(clip)) as feed:
            for key in keys:
                camera = Camera(feed, Session(predictor), Looks(["blur"]))
                camera.session(frames(1)[0])
                before = state(camera)
                camera._press(key.partition("-")[0])
                assert state(camera) != before, key

    def test_figures_lie_over_the_window_and_not_in_what_is_sent(
        self, clip: Path, predictor: Predictor, watched: type[Watched]
    ):
        shown: list[np.ndarray] = []

        def keep(number: int) -> None:
            if number > 1:  # what the window has is the picture before
                shown.append(pygame.surfarray.array3d(pygame.display.get_surface()).swapaxes(0, 1))
            if number == 3:
                press(pygame.K_h)
                press(pygame.K_h)
            if number == 8:
                pygame.event.post(pygame.event.Event(pygame.QUIT))

        watched.on_frame = keep
        with Feed(lambda: open_source(clip), loop=True) as feed, VirtualCamera(SIZE, RATE) as virtual:
            window = Preview(SIZE, "test")
            Camera(feed, Session(predictor), Looks(["blur"]), window, virtual, keys=KEYS).run(60)
            window.close()
        over = [not np.array_equal(a, b) for a, b in zip(shown, watched.seen, strict=False)]
        assert over[:3] == [True] * 3 and over[-2:] == [False] * 2
        assert np.array_equal(shown[0][60:], watched.seen[0][60:])

    def test_all_backgrounds_that_are_none_are_named(self):
        with pytest.raises(DataError, match=r"(?s)missing\.jpg: is no file.*blur: has a strength above 0"):
            Looks(["missing.jpg", "blur", "blur:7"])


class TestCommand:
    def test_a_clip_in_a_window(self, clip: Path, watched: type[Watched], capsys: pytest.CaptureFixture[str]):
        asked = ["camera", str(clip), "--mirror", "--virtual", "--every", "2", "--cpu", "50%", "--background", "white"]
        assert main(asked) == 0
        said = capsys.readouterr()
        assert "virtual camera: memory" in said.err and "pan.mp4: 128 x 96, 25 fps; q ends it" in said.err
        counted, cost = said.out.splitlines()
        dropped = int(counted.partition("fps), ")[2].split()[0])
        assert int(counted.split()[0]) + dropped == 40 and "ms (p95)" in counted and "ms a frame" in cost
        assert (watched.seen[0] == 255).all(axis=2).mean() > 0.1

    @pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_it_well(self, clip: Path, stop: signal.Signals):
        command = [sys.executable, "-m", "paddleseg.cli.main", "camera", str(clip), "--loop"]
        environment = {**os.environ, "SDL_VIDEODRIVER": "dummy"}
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True) as program:
            assert program.stderr is not None and "q ends it" in program.stderr.readline()
            time.sleep(1)
            program.send_signal(stop)
            out, err = program.communicate(timeout=60)
        assert program.returncode == 0 and " frames in " in out and "Traceback" not in err

    @pytest.mark.skipif(HAS_CAMERAS, reason="this machine has cameras")
    def test_a_machine_without_cameras(self, capsys: pytest.CaptureFixture[str]):
        assert main(["camera", "--list"]) == 0
        out = capsys.readouterr().out
        assert "cameras: none; plug one in" in out and "virtual cameras: none; `sudo modprobe v4l2loopback" in out
        assert main(["camera", "--no_window", "--seconds", "1"]) == 2
        assert "camera 0: cannot be opened, or gives no picture; there are: none" in capsys.readouterr().err

    @pytest.mark.skipif(HAS_CAMERAS, reason="one of them may be virtual")
    def test_no_virtual_camera_names_what_makes_one(self, clip: Path, capsys: pytest.CaptureFixture[str]):
        for asked, why in (
            (["--virtual"], "No v4l2 loopback device found"),
            (["--virtual", "/dev/video77"], "Device /dev/video77 does not exist"),
        ):
            assert main(["camera", str(clip), "--no_window", *asked]) == 2
            said = capsys.readouterr().err
            assert why in said and "`sudo modprobe v4l2loopback devices=1 video_nr=10" in said

    def test_without_a_screen_there_is_no_window(
        self, clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ):
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
            monkeypatch.delenv(name, raising=False)
        assert main(["camera", str(clip)]) == 2
        assert "window: cannot be opened: there is no screen" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("asked", "why"),
        [
            (["--no_window"], "--no_window: leaves nothing that shows"),
            (["--fps", "30", "--size", "640", "480"], "--size: is for cameras"),
            (["--size", "640", "-1"], "--size: should lie between"),
            (["--light_wrap", "2", "--colour_match", "3"], "colour_match: should lie from 0 to 1"),
            (["--background", "nowhere.png"], "nowhere.png: is no file and no colour"),
            (["--cpu", "0%"], "cpu: should be a share above 0"),
            (["--model_path", "nowhere"], "nowhere: does not exist"),
        ],
    )
    def test_what_is_asked_for_has_to_make_sense(
        self, clip: Path, asked: list[str], why: str, capsys: pytest.CaptureFixture[str]
    ):
        assert main(["camera", str(clip), *asked]) == 2
        assert why in capsys.readouterr().err

    @pytest.mark.parametrize(("missing", "title"), [("pygame", "pygame-ce"), ("pyvirtualcam", "pyvirtualcam")])
    def test_a_missing_package_is_named_with_its_extra(
        self,
        clip: Path,
        missing: str,
        title: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ):
        monkeypatch.setitem(sys.modules, missing, None)
        assert main(["camera", str(clip), *(["--virtual"] if missing == "pyvirtualcam" else [])]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"{title}: is not installed") and '".[camera]"' in said
