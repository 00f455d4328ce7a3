"""PaddleSeg's portrait demo: its flags do what they did."""

from __future__ import annotations

import importlib
import shutil
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from clips import PHOTO, frames, packets, read, write_clip

from paddleseg.images.io import read_image, write_png


@pytest.fixture(scope="module")
def scripts(root: Path) -> Iterator[None]:
    """The folder where the scripts find each other, as if one of them were run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root / "contrib" / "PP-HumanSeg" / "src")
        yield


@pytest.fixture(scope="module")
def demo(scripts: None) -> ModuleType:
    return importlib.import_module("seg_demo")


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


def test_save_dir_may_be_a_file_as_on_paddlesegs_pages(
    demo: ModuleType, config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    result = tmp_path / "result" / "portrait.jpg"
    assert demo.main(["--config", config, "--img_path", str(PHOTO), "--save_dir", str(result)]) == 0
    assert (read_image(result) > 250).all(axis=2).mean() > 0.05
    assert demo.main(["--config", config, "--img_path", str(result), "--save_dir", str(result)]) == 2
    clip = write_clip(tmp_path / "talk.mp4", frames(3))
    assert demo.main(["--config", config, "--video_path", str(clip), "--save_dir", str(tmp_path / "r" / "t.avi")]) == 0
    assert len(read(tmp_path / "r" / "t.mp4")) == 3 and "is written as" in capsys.readouterr().out


@pytest.mark.parametrize("flow", [False, True])
def test_frames_one_after_the_other(scripts: None, config: str, flow: bool):
    infer = importlib.import_module("infer")
    photo = read_image(PHOTO)[..., ::-1].copy()
    predictor = infer.Predictor(Namespace(config=config, use_optic_flow=flow, test_speed=True))
    behind = np.full((10, 10, 3), (0, 0, 255), np.uint8)  # red, as OpenCV has it
    found = [predictor.run(photo, behind) for _ in range(3)]
    assert len(predictor.milliseconds) == 3 and np.abs(found[0].astype(int) - found[2]).mean() < 1
    red = (np.abs(found[0].astype(int) - (0, 0, 255)).max(axis=2) < 9).mean()
    same = (np.abs(found[0].astype(int) - photo).max(axis=2) < 9).mean()
    assert red > 0.05 and same > 0.05 and red + same > 0.8
    held = infer.DeployConfig(config, vertical_screen=True)
    assert held.target_size() == [256, 256] and len(held.transforms) == 2


def test_scores_follow_the_motion(scripts: None):
    flow = importlib.import_module("optic_flow_process")
    grey = np.random.default_rng(0).integers(0, 255, (64, 96)).astype(np.uint8)
    scores = np.zeros((64, 96), np.float32)
    scores[20:40, 30:60] = 255
    assert np.array_equal(flow.optic_flow_process(grey, scores, grey, scores, None, True), scores)
    doubt = scores * 0.9
    steady = flow.optic_flow_process(grey, doubt, grey, scores)
    assert np.abs(steady - scores).max() < np.abs(doubt - scores).max()  # a small change is held back
    assert np.allclose(flow.threshold_mask(np.array([0, 51, 127.5, 255]), 0.2, 0.8), [0, 0, 0.5, 1])
