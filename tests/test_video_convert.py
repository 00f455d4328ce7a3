"""`convert_video` and `paddleseg video`: what comes out, and that nothing is left that looks whole and is not."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import frames, packets, read, write_clip, write_sound

from paddleseg.cli.main import main
from paddleseg.errors import ConfigError, DataError, OutputError
from paddleseg.inference.predictor import Predictor
from paddleseg.video.convert import Progress, convert_video
from paddleseg.video.folder import RECORD, convert_folder
from paddleseg.video.pipeline import threaded

ROOT = Path(__file__).parent.parent
GREEN = "#00ff00"


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.from_zoo("portrait", "onnx", threads=1)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "pan.mp4", frames(12, (192, 256)), sound="aac")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestConvert:
    def test_people_stand_before_the_background_in_every_frame(self, clip: Path, tmp_path: Path, predictor: Predictor):
        done = convert_video(clip, tmp_path / "out.mp4", GREEN, alpha=tmp_path / "matte.mp4", predictor=predictor)
        before, after, matte = (read(path) for path in (clip, tmp_path / "out.mp4", tmp_path / "matte.mp4"))
        assert [time for time, _ in before] == [time for time, _ in after] == [time for time, _ in matte]
        assert done.frames == 12 and packets(clip) == packets(tmp_path / "out.mp4")
        for place in (0, 3, 6, 9, 11):
            person, rest = matte[place][1][..., 0] > 250, matte[place][1][..., 0] < 5
            assert person.mean() > 0.1 and rest.mean() > 0.1
            assert np.abs(after[place][1][person].astype(int) - before[place][1][person]).mean() < 6
            assert np.abs(after[place][1][rest] - np.array([0, 255, 0])).mean() < 12
        assert names(tmp_path) == ["matte.mp4", "out.mp4"]

    def test_without_a_background_the_rest_is_transparent(self, clip: Path, tmp_path: Path, predictor: Predictor):
        convert_video(clip, tmp_path / "out", end=0.1, predictor=predictor)
        from PIL import Image

        opacity = np.asarray(Image.open(tmp_path / "out" / "frame_000003.png"))[..., 3]
        assert (opacity == 0).mean() > 0.1 and (opacity == 255).mean() > 0.1

    def test_pictures_and_arrays_are_clips_too(self, tmp_path: Path, predictor: Predictor):
        convert_video(frames(4), tmp_path / "out.webm", "blur", rate=10, predictor=predictor)
        assert [float(time) for time, _ in read(tmp_path / "out.webm")] == [0, 0.1, 0.2, 0.3]

    def test_whoever_watches_sees_each_frame(self, clip: Path, tmp_path: Path, predictor: Predictor):
        seen: list[Progress] = []
        convert_video(clip, tmp_path / "out.mp4", GREEN, predictor=predictor, watch=seen.append)
        assert [(each.frames, each.total) for each in seen] == [(i, 12) for i in range(1, 13)]
        assert seen[3].picture.shape == (192, 256, 3)


class TestNothingHalf:
    def test_an_output_that_was_there_stays_until_the_new_one_is_whole(self, tmp_path: Path, predictor: Predictor):
        (tmp_path / "out.mkv").write_text("mine")
        whole = write_clip(tmp_path / "in.mkv", frames(40))
        whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
        with pytest.raises(DataError, match="truncated"):
            convert_video(whole, tmp_path / "out.mkv", GREEN, predictor=predictor)
        assert names(tmp_path) == ["in.mkv", "out.mkv"] and (tmp_path / "out.mkv").read_text() == "mine"

    def test_ctrl_c_leaves_nothing(self, clip: Path, tmp_path: Path, predictor: Predictor):
        def press(progress: Progress) -> None:
            if progress.frames == 5:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            convert_video(clip, tmp_path / "out.mp4", GREEN, predictor=predictor, watch=press)
        assert not names(tmp_path)

    def test_of_a_live_source_ctrl_c_is_the_end_and_a_fault_leaves_a_part(
        self, tmp_path: Path, predictor: Predictor, monkeypatch: pytest.MonkeyPatch
    ):
        from paddleseg.video import convert

        opened = convert.open_source

        def live(*asked: Any) -> Any:
            source = opened(*asked)
            source.info.live = True
            return source

        monkeypatch.setattr(convert, "open_source", live)

        def camera(fault: BaseException) -> Iterator[np.ndarray]:
            yield from frames(3)
            raise fault

        def press(progress: Progress) -> None:
            if progress.frames == 3:
                raise KeyboardInterrupt

        with pytest.raises(DataError, match=r"unplugged\n.*3 frames that came before are in .*out\.part\.mp4"):
            convert_video(camera(DataError("camera", "unplugged")), tmp_path / "out.mp4", GREEN, predictor=predictor)
        assert names(tmp_path) == ["out.part.mp4"] and len(read(tmp_path / "out.part.mp4")) == 3
        convert_video(frames(9), tmp_path / "stopped.mp4", GREEN, predictor=predictor, watch=press)
        assert names(tmp_path) == ["out.part.mp4", "stopped.mp4"] and len(read(tmp_path / "stopped.mp4")) == 3

    def test_the_first_fault_of_any_stage_is_told_and_all_end(self):
        def broken(items: Any) -> Iterator[int]:
            for item in items:
                if item == 3:
                    raise ValueError("in the middle")
                yield item

        begun = time.monotonic()
        with (
            pytest.raises(ValueError, match="in the middle"),
            threaded(iter(int, 1), lambda items: items, 1) as endless,
        ):
            for _ in endless:
                with threaded(range(10), broken, 1) as some:
                    assert list(some)
        with pytest.raises(KeyError), threaded(broken(range(9)), lambda items: items, 1) as some:
            for item in some:
                if item == 1:
                    raise KeyError
        assert time.monotonic() - begun < 5

    def test_what_waits_between_stages_is_bounded(self):
        made = []

        def count() -> Iterator[int]:
            for number in range(100):
                made.append(number)
                yield number

        with threaded(count(), lambda items: items, 20 << 20) as items:
            next(iter(items))
            time.sleep(0.2)
            assert len(made) <= 10

    def test_a_killed_conversion_leaves_no_output(self, tmp_path: Path):
        source = write_clip(tmp_path / "in.mp4", frames(250, (192, 256)))
        command = [sys.executable, "-m", "paddleseg.cli.main", "video", str(source), str(tmp_path / "out.mp4")]
        child = subprocess.Popen([*command, "--background", GREEN], cwd=ROOT)
        until = time.monotonic() + 60
        while len(names(tmp_path)) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        child.wait()
        left = names(tmp_path)
        assert len(left) == 2 and left[0].startswith(".out.") and left[1] == "in.mp4"

    def test_a_full_disk_is_told_and_leaves_nothing(self, tmp_path: Path):
        noise = np.random.default_rng(0).integers(0, 256, (8, 240, 320, 3), np.uint8)
        source = write_clip(tmp_path / "in.mp4", list(noise))
        for suffix in (".mp4", ".mov", ".webm"):
            command = [sys.executable, "-m", "paddleseg.cli.main", "video", str(source), str(tmp_path / f"out{suffix}")]
            background = [] if suffix == ".mov" else ["--background", str(_noise(tmp_path)), "--crf", "1"]
            done = subprocess.run(
                [*command, *background],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),
            )
            assert done.returncode == 2 and f"out{suffix}: cannot be written: File too large" in done.stderr, (
                done.stderr
            )
            assert names(tmp_path) == ["in.mp4", "noise.png"][: 1 + (tmp_path / "noise.png").exists()]


def _noise(folder: Path) -> Path:
    from paddleseg.images.io import write_png

    write_png(folder / "noise.png", np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8))
    return folder / "noise.png"


class TestFolders:
    @pytest.fixture
    def clips(self, clip: Path, tmp_path: Path) -> Path:
        for name in ("a.mp4", "deep/b.mp4"):
            path = tmp_path / "clips" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(clip.read_bytes())
        return tmp_path / "clips"

    def test_done_clips_are_passed_over_until_something_changes(
        self, clips: Path, tmp_path: Path, predictor: Predictor
    ):
        out = tmp_path / "out"
        asked: dict[str, Any] = {"predictor": predictor, "end": 0.1}
        assert len(convert_folder(clips, out, background=GREEN, **asked).done) == 2
        assert names(out) == [RECORD, "a.mp4", "deep"] and len(read(out / "deep" / "b.mp4")) == 3
        again = convert_folder(clips, out, background=GREEN, **asked)
        assert not again.done and len(again.passed_over) == 2
        os.utime(clips / "a.mp4", ns=(0, 0))
        assert [done.output.name for done in convert_folder(clips, out, background=GREEN, **asked).done] == ["a.mp4"]
        (out / "a.mp4").write_bytes(b"")
        assert [done.output.name for done in convert_folder(clips, out, background=GREEN, **asked).done] == ["a.mp4"]
        assert len(convert_folder(clips, out, background="#ff0000", **asked).done) == 2
        inside = convert_folder(clips, clips / "out", ".webm", **asked)
        assert len(inside.done) == 2 and len(convert_folder(clips, clips / "out", ".webm", **asked).passed_over) == 2

    def test_a_broken_clip_is_named_and_the_others_go_on(self, clips: Path, tmp_path: Path, predictor: Predictor):
        (clips / "bad.mp4").write_bytes((clips / "a.mp4").read_bytes()[:900])
        report = convert_folder(clips, tmp_path / "out", ".webm", predictor=predictor, end=0.1)
        assert [done.output.name for done in report.done] == ["a.webm", "b.webm"]
        with pytest.raises(DataError, match=r"bad\.mp4: cannot be read(.|\n)*1 of 3 clips could not be done"):
            report.raise_if_any_failed()

    def test_two_clips_of_one_name_are_refused_before_anything_is_written(
        self, clips: Path, tmp_path: Path, predictor: Predictor
    ):
        (clips / "a.mkv").write_bytes(b"")
        with pytest.raises(OutputError, match="2 inputs would all become this one file"):
            convert_folder(clips, tmp_path / "out", ".webm", predictor=predictor)
        with pytest.raises(OutputError, match="would be written over an input"):
            convert_folder(clips, tmp_path / "out" / ".." / "clips", predictor=predictor, background=GREEN)
        with pytest.raises(ConfigError, match="suffix: is webm"):
            convert_folder(clips, tmp_path / "out", "webm", predictor=predictor)
        assert not (tmp_path / "out").exists()


class TestCommand:
    def test_a_clip_and_a_folder(self, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        assert main(["video", str(clip), str(tmp_path / "out.mp4"), "--background", GREEN, "--end", "0.1"]) == 0
        assert "3 frames in" in capsys.readouterr().out
        folder = [str(clip.parent), str(tmp_path / "out"), "--suffix", ".webm", "--end", "0.1"]
        assert main(["video", *folder]) == 0
        told = capsys.readouterr()
        assert "has sound (aac) that .webm does not hold" in told.err and "pan.webm" in told.out
        assert main(["video", *folder]) == 0 and "1 clips were done before" in capsys.readouterr().out

    def test_mistakes_end_in_a_line_and_code_2(self, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        sound = write_sound(tmp_path / "tone.m4a")
        for asked, why in (
            ([str(clip), "out.mp4"], "needs a background"),
            ([str(sound), "out.webm"], "holds sound, but no video"),
            ([str(clip), str(clip), "--background", "blur"], "would be written over an input"),
            ([str(clip), "out.webm", "--alpha", "out.webm"], "both the clip and its matte"),
            ([str(clip), "out.webm", "--suffix", ".mp4"], "is for folders of clips"),
            ([str(clip), "out.mp4", "--background", "nothing.jpg"], "is no file and no colour"),
            ([str(clip), "out.webm", "--start", "9"], "has no frame between 9 s"),
        ):
            assert main(["video", *asked]) == 2
            assert why in capsys.readouterr().err

    def test_a_window_shows_what_is_written(
        self, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ):
        monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
        assert main(["video", str(clip), str(tmp_path / "out.webm"), "--end", "0.1", "--preview"]) == 0


class TestPreview:
    def test_frames_are_shown_and_keys_come_back(self, monkeypatch: pytest.MonkeyPatch):
        import pygame

        monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
        from paddleseg.video.preview import Preview

        preview = Preview((96, 128), "test")
        assert preview.show(frames(1)[0], "12 fps") is None
        shown = pygame.surfarray.array3d(pygame.display.get_surface()).swapaxes(0, 1)
        assert np.array_equal(shown[40:], frames(1)[0][40:])
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_b))
        assert preview.show(np.dstack([frames(1)[0], np.zeros((96, 128), np.uint8)])) == "b"
        pygame.event.post(pygame.event.Event(pygame.QUIT))
        assert preview.show(frames(1)[0]) == "q"
        preview.close()
