"""PaddleSeg's portrait demo: its flags do what they did."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from clips import PHOTO, frames, packets, read, write_clip

from paddleseg.images.io import read_image, write_png


@pytest.fixture(scope="module")
def demo(root: Path) -> ModuleType:
    path = root / "contrib" / "PP-HumanSeg" / "src" / "seg_demo.py"
    spec = importlib.util.spec_from_file_location("seg_demo", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def config(root: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder as export writes it."""
    folder = tmp_path_factory.mktemp("exported")
    shutil.copy(root / "paddleseg" / "zoo" / "portrait.yml", folder / "inference.yml")
    shutil.copy(root / "paddleseg" / "zoo" / "portrait.onnx", folder / "portrait.onnx")
    return str(folder / "inference.yml")


def test_a_picture_gets_white_or_another_picture_behind_it(demo: ModuleType, config: str, tmp_path: Path):
    given = ["--config", config, "--img_path", str(PHOTO), "--save_dir", str(tmp_path / "out")]
    assert demo.main([*given, "--use_post_process"]) == 0
    white = read_image(tmp_path / "out" / PHOTO.name)
    assert (white == 255).all(axis=2).mean() > 0.05
    write_png(tmp_path / "red.png", np.full((9, 9, 3), (255, 0, 0), np.uint8))
    assert demo.main([*given, "--bg_img_path", str(tmp_path / "red.png"), "--vertical_screen"]) == 0
    red = read_image(tmp_path / "out" / PHOTO.name)
    assert (np.abs(red.astype(int) - (255, 0, 0)).max(axis=2) < 9).mean() > 0.05


def test_a_clip_gets_another_clip_behind_it(
    demo: ModuleType, config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    clip = write_clip(tmp_path / "talk.mov", frames(8), sound="aac")
    behind = write_clip(tmp_path / "blue.mp4", [np.full((64, 64, 3), (0, 0, 255), np.uint8)] * 3)
    given = ["--video_path", str(clip), "--bg_video_path", str(behind), "--use_optic_flow", "--test_speed"]
    assert demo.main(["--config", config, "--save_dir", str(tmp_path / "out"), *given]) == 0
    after = read(tmp_path / "out" / "talk.mp4")
    assert [time for time, _ in after] == [time for time, _ in read(clip)]
    assert (np.abs(after[5][1].astype(int) - (0, 0, 255)).max(axis=2) < 20).mean() > 0.05
    assert packets(tmp_path / "out" / "talk.mp4") == packets(clip) and "ms a frame" in capsys.readouterr().out


def test_mistakes_end_in_a_line(demo: ModuleType, config: str, capsys: pytest.CaptureFixture[str]):
    assert demo.main(["--config", config, "--video_path", "none.mp4"]) == 2
    assert demo.main(["--config", "none.yml", "--video_path", "none.mp4"]) == 2
    told = capsys.readouterr().err
    assert "none.mp4: cannot be read" in told and "none.yml: does not exist" in told


@pytest.mark.skipif(Path("/dev/video0").exists(), reason="there is a camera, which would run")
def test_without_a_clip_the_camera_is_meant(demo: ModuleType, config: str, capsys: pytest.CaptureFixture[str]):
    assert demo.main(["--config", config]) == 2 and "camera 0: cannot be opened" in capsys.readouterr().err
