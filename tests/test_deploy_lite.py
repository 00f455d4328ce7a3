"""The core for phones: NEON and plain loops agree, and its mattes and pictures are Python's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from paddleseg.card.schema import Card
from paddleseg.export.export import export_model
from paddleseg.export.targets import target_class
from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor
from paddleseg.video.compositor import Compositor
from paddleseg.video.session import Session
from tests import deploy_lite_parts as parts

ALLOWED = 1e-3
"""Share of pixels that may differ, or by more than a grey level."""
SIZE = (360, 640)


def pack(*flags: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "deploy/lite/pack.py", *map(str, flags)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=parts.ROOT)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lite") / "model"
    done = pack("--model_path", "zoo://portrait", "--save_dir", folder)
    assert done.returncode == 0, done.stderr
    return folder


def nv21(rgb: np.ndarray) -> np.ndarray:
    """NV21 of a picture with even sides, of video range."""
    planes = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420)
    h, w = rgb.shape[:2]
    u, v = planes[h:].reshape(2, h // 2, w // 2)
    return np.ascontiguousarray(np.concatenate([planes[:h], np.stack([v, u], axis=-1).reshape(h // 2, w)]))


def clip(mini: Path, count: int = 5) -> list[np.ndarray]:
    """A pan over a photo, RGB."""
    path = sorted((mini / "images").glob("*.jpg"))[0]
    photo = cv2.resize(read_image(path), (SIZE[1] + 40, SIZE[0] + 40), interpolation=cv2.INTER_CUBIC)
    return [np.ascontiguousarray(photo[3 * i : 3 * i + SIZE[0], 5 * i : 5 * i + SIZE[1]]) for i in range(count)]


class TestPack:
    def test_a_folder_has_graph_and_description(self, model: Path):
        assert sorted(path.name for path in model.iterdir()) == ["model.onnx", "model.txt"]
        lines = (model / "model.txt").read_text(encoding="utf-8").splitlines()
        assert lines[0] == "portrait-lite 1" and "shape -1 3 -1 -1" in lines
        assert "preprocess ResizeToArea target_size=256,256 size_divisor=16" in lines
        assert "postprocess to_mask threshold=0.45" in lines

    def test_mistakes_are_named_and_nothing_is_overwritten(self, model: Path, tmp_path: Path):
        before = (model / "model.txt").read_bytes()
        for flags, words in (
            (("--model_path", "zoo://portrait", "--save_dir", model), "is there already"),
            (("--model_path", tmp_path / "gone", "--save_dir", tmp_path / "made"), "does not exist"),
            (("--model_path", "zoo://portrait", "--lite", "gone.nb", "--save_dir", tmp_path / "made"), "is not there"),
        ):
            done = pack(*flags)
            assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr
        assert not (tmp_path / "made").exists() and (model / "model.txt").read_bytes() == before


@pytest.mark.slow  # each build takes a minute of processor time
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", [parts.PLAIN, parts.CHECKED, parts.ARM])
def test_the_core_alone(kind: str):
    if why := parts.missing(kind):
        pytest.skip(why)
    parts.build(kind)
    done = parts.run(kind, "core_test")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def library() -> Path:
    if why := parts.missing(parts.PLAIN):
        pytest.skip(why)
    return parts.build(parts.PLAIN) / "libportrait_lite.so"


@pytest.fixture
def portrait(library: Path, model: Path) -> Iterator[parts.Portrait]:
    made = parts.Portrait(library, model)
    yield made
    made.close()


def far(one: np.ndarray, other: np.ndarray) -> float:
    """Share of values that differ by more than a level."""
    assert one.shape == other.shape
    return float((np.abs(one.astype(int) - other.astype(int)) > 1).mean())


@pytest.mark.slow
@pytest.mark.timeout(3600)
class TestAgainstPython:
    def test_photos_get_the_predictors_masks(self, portrait: parts.Portrait, mini: Path):
        python = Predictor.from_zoo("portrait", "onnx", threads=1)
        for path in sorted((mini / "images").glob("*.jpg"))[:4]:
            photo = read_image(path)
            found, want = portrait.segment(parts.frame_of(photo)), python(photo)
            assert (found["mask"] != want.mask).mean() < ALLOWED
            assert far(found["opacity"], want.opacity) < ALLOWED
            assert 0.02 < (want.mask > 0).mean() < 0.98

    def test_turned_and_mirrored_frames_of_yuv(self, portrait: parts.Portrait, mini: Path):
        python = Predictor.from_zoo("portrait", "onnx", threads=1)
        upright = clip(mini)[0]
        for turn, code in ((90, cv2.ROTATE_90_COUNTERCLOCKWISE), (180, cv2.ROTATE_180), (270, cv2.ROTATE_90_CLOCKWISE)):
            held = nv21(np.ascontiguousarray(cv2.rotate(cv2.flip(upright, 1), code)))
            found = portrait.segment(parts.frame_of(held, parts.YUV_VIDEO, turn=turn, mirrored=1))
            back = cv2.flip(cv2.rotate(cv2.cvtColor(held, cv2.COLOR_YUV2RGB_NV21), (turn // 90) - 1), 1)
            assert found["rgb"].shape == upright.shape and far(found["rgb"], back) < ALLOWED
            assert (found["mask"] != python(found["rgb"]).mask).mean() < ALLOWED

    def test_clips_get_the_sessions_mattes(self, library: Path, model: Path, mini: Path):
        portrait, session = parts.Portrait(library, model, smooth=True), Session(Predictor.from_zoo("portrait", "onnx"))
        alone = parts.Portrait(library, model)
        differ = 0.0
        for picture in [*clip(mini), *(255 - each for each in clip(mini, 2))]:  # another scene at the end
            frame = parts.frame_of(picture)
            found, want = portrait.segment(frame), session(picture)
            assert (found["mask"] != want.mask).mean() < ALLOWED
            assert far(found["opacity"], want.opacity) < ALLOWED
            differ += far(found["opacity"], alone.segment(frame)["opacity"])
        assert differ > 0  # smoothing does something
        portrait.close(), alone.close()

    @pytest.mark.parametrize("background", ["blur:1", "blur:0.3", "#00b140", "picture"])
    def test_backgrounds_are_pythons(self, portrait: parts.Portrait, mini: Path, background: str):
        picture = np.ascontiguousarray(clip(mini, 3)[2][:300, ::-1])
        python = Compositor(picture if background == "picture" else background)
        if background == "picture":
            portrait.check(portrait.c.portrait_picture(portrait.handle, picture.ctypes.data, 640, 300))
        elif background[0] == "#":
            portrait.check(portrait.c.portrait_colour(portrait.handle, 0, 177, 64))
        else:
            portrait.check(portrait.c.portrait_blur(portrait.handle, float(background[5:])))
        photo = clip(mini)[0]
        found = portrait.segment(parts.frame_of(photo))
        made, want = portrait.made("composite"), python(photo, found["opacity"])
        assert far(made[..., :3], want) < ALLOWED and (made[..., 3] == 255).all()
        cut, want = portrait.made("cutout"), python.cutout(photo, found["opacity"])
        seen = want[..., 3] > 0
        assert far(cut[seen], want[seen]) < ALLOWED and (cut[..., 3] == want[..., 3]).all()

    def test_aarch64_gives_the_same_pictures(self, library: Path, model: Path, mini: Path, tmp_path: Path):
        if why := parts.missing(parts.ARM):
            pytest.skip(why)
        if not parts.has_headers(parts.ARM_ONNXRUNTIME):
            pytest.skip(f"no ONNX Runtime for aarch64 in {parts.ARM_ONNXRUNTIME}: docs/howto/deploy_mobile.md")
        parts.build(parts.ARM)
        np.stack([nv21(each) for each in clip(mini, 3)]).tofile(tmp_path / "clip.nv21")
        results = []
        for kind in (parts.PLAIN, parts.ARM):
            flags = (model, tmp_path / "clip.nv21", SIZE[1], SIZE[0], 0, tmp_path / kind)
            done = parts.run(kind, "frames", *flags)
            assert done.returncode == 0, done.stderr
            results.append(np.fromfile(tmp_path / kind, np.uint8))
        assert results[0].size == 3 * 4 * SIZE[0] * SIZE[1] and far(*results) < ALLOWED


@pytest.mark.slow
@pytest.mark.timeout(3600)
class TestPaddleLite:
    """Its engine, with the x86 library of the Python wheel."""

    @pytest.fixture(scope="class")
    def exported(self, tmp_path_factory: pytest.TempPathFactory, mini: Path) -> tuple[Path, Card]:
        if why := parts.missing(parts.PADDLE_LITE) or target_class("lite").missing():
            pytest.skip(why)
        folder = tmp_path_factory.mktemp("exported") / "new"
        model, card = parts.portrait_of_one_shape()
        photos = sorted((mini / "images").glob("*.jpg"))[:1]
        return folder, export_model(model, card, folder, photos=photos, to=["lite"]).card

    def test_photos_get_the_predictors_masks(self, exported: tuple[Path, Card], mini: Path, tmp_path: Path):
        folder, card = exported
        graph = folder / str(card.files.lite)
        done = pack("--model_path", folder, "--lite", graph, "--save_dir", tmp_path / "model")
        assert done.returncode == 0, done.stderr
        assert "lite model.nb x86" in (tmp_path / "model" / "model.txt").read_text(encoding="utf-8").splitlines()
        library = parts.build(parts.PADDLE_LITE) / "libportrait_lite.so"
        portrait, python = parts.Portrait(library, tmp_path / "model"), Predictor.from_export(folder, "lite")
        for path in sorted((mini / "images").glob("*.jpg"))[:4]:
            photo = read_image(path)
            found, want = portrait.segment(parts.frame_of(photo)), python(photo)
            assert (found["mask"] != want.mask).mean() < ALLOWED
            assert far(found["opacity"], want.opacity) < ALLOWED
            assert 0.02 < (want.mask > 0).mean() < 0.98
        portrait.close()

    def test_a_file_for_phones_is_refused_here(self, exported: tuple[Path, Card], tmp_path: Path):
        folder, card = exported
        graph = folder / str(card.files.lite_arm)
        assert pack("--model_path", folder, "--lite", graph, "--save_dir", tmp_path / "model").returncode == 0
        library = parts.build(parts.PADDLE_LITE) / "libportrait_lite.so"
        for runtime in (None, "lite"):
            with pytest.raises(RuntimeError, match=r"model\.nb: is for arm processors, and this one is x86"):
                parts.Portrait(library, tmp_path / "model", runtime=runtime)


@pytest.mark.slow
@pytest.mark.timeout(3600)
class TestMistakes:
    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("portrait-lite 2", "of this version"),
            ("onnx ../model.onnx", "names a file outside"),
            ("onnx gone.onnx", "gone.onnx: is named by the card"),
            ("lite model.nb arm\noutput none", "unknown kind of output: none"),
            ("lite model.nb", "does not say which processors"),
            ("colour red", "has an unknown line: colour"),
            ("preprocess Resize target_size=1,x", "has x where a number should be"),
            ("postprocess sharpen", "sharpen is no step"),
            ("shape 1", "lacks the input's shape"),
        ],
    )
    def test_a_wrong_description_is_named(self, library: Path, model: Path, tmp_path: Path, line: str, words: str):
        text = (model / "model.txt").read_text(encoding="utf-8")
        (tmp_path / "model.onnx").write_bytes((model / "model.onnx").read_bytes())
        (tmp_path / "model.txt").write_text(f"{line}\n{text}" if "2" in line[-1] else f"{text}{line}\n")
        with pytest.raises(RuntimeError, match=words):
            parts.Portrait(library, tmp_path)

    def test_so_is_what_is_no_frame(self, portrait: parts.Portrait, tmp_path: Path):
        with pytest.raises(RuntimeError, match="none has been given yet"):
            portrait.check(portrait.c.portrait_composite(portrait.handle, np.zeros(4, np.uint8).ctypes.data, 4))
        pixels = np.zeros((8, 8, 3), np.uint8)
        for settings in ({"turn": 45}, {"left": 3}, {"crop_width": 9, "crop_height": 8}):
            with pytest.raises(RuntimeError, match="frame: "):
                portrait.segment(parts.frame_of(pixels, **settings))
        with pytest.raises(RuntimeError, match="unknown format"):
            portrait.segment(parts.frame_of(pixels[..., :3], format=-1))
        with pytest.raises(RuntimeError, match="strength above 0"):
            portrait.check(portrait.c.portrait_blur(portrait.handle, float("nan")))
        portrait.segment(parts.frame_of(pixels))
        with pytest.raises(RuntimeError, match="row_stride"):
            portrait.check(portrait.c.portrait_composite(portrait.handle, pixels.ctypes.data, 5))
