"""What comes after a mask or an alpha: the foreground's colours, and a second look along the edge."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest

from paddleseg.cli.main import main
from paddleseg.errors import ConfigError
from paddleseg.images.compositing import cutout
from paddleseg.images.foreground import estimate_foreground
from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.refine import Chained, refiner, windows
from paddleseg.transforms.trimap import unknown


def composed() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A round foreground whose colour changes slowly, with a wide soft edge, on a grass of other colours."""
    y, x = np.mgrid[:150, :200].astype(np.float32)
    alpha = np.clip((70 - np.hypot(y - 75, x - 100)) / 25, 0, 1).astype(np.float32)
    front = np.dstack([200 - x / 4, 60 + y / 3, 90 + x / 5])
    noise = np.random.default_rng(0).normal(0, 12, (150, 200, 3))
    back = np.clip(np.array([30, 160, 40]) + noise, 0, 255)
    photo = front * alpha[..., None] + back * (1 - alpha[..., None])
    return np.rint(photo).astype(np.uint8), alpha, front


@pytest.mark.parametrize("kernels", ["1", "0"], ids=["compiled", "plain"])
def test_the_foreground_has_its_own_colours(kernels: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PADDLESEG_CPU_KERNELS", kernels)
    photo, alpha, front = composed()
    found = estimate_foreground(photo, alpha)
    soft = (alpha > 0.1) & (alpha < 1)
    off = np.abs(found.astype(float) - front)
    before = np.abs(photo.astype(float) - front)
    assert off[soft].mean() < 0.2 * before[soft].mean() and off[soft].mean() < 8
    untouched = (alpha == 0) | (alpha == 1)
    np.testing.assert_array_equal(found[untouched], photo[untouched])
    picture = cutout(photo, alpha, found)
    np.testing.assert_array_equal(picture[..., :3], found)
    np.testing.assert_array_equal(picture[..., 3], np.rint(alpha * 255))
    np.testing.assert_array_equal(estimate_foreground(photo, np.ones((150, 200))), photo)


class TestChained:
    def exact(self, image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """A second look that knows the truth: the red channel."""
        self.crops.append(image.shape[:2])
        return image[..., 0].astype(np.float32) / 255

    def test_only_the_band_is_looked_at_in_crops(self, val_files: list[tuple[Path, Path]]):
        photo = cv2.resize(read_image(val_files[0][0]), (1400, 1000))
        self.crops: list[tuple[int, int]] = []
        predictor = Predictor.from_zoo("portrait")
        chained = Chained(predictor, self.exact, crop=256)
        result = chained(photo)
        assert result.alpha.shape == (1000, 1400) and self.crops and set(self.crops) == {(256, 256)}
        coarse = predictor(photo).alpha
        trimap = chained.trimap(coarse)
        open_ = unknown(trimap)
        assert 0.002 < open_.mean() < 0.4
        assert np.abs(result.alpha - photo[..., 0] / 255)[open_].mean() < 0.15  # but where crops hold one side only
        assert (result.alpha[trimap == 255] == 1).all() and (result.alpha[trimap == 0] == 0).all()
        assert (coarse[trimap == 255] > 0.5).all() and (coarse[trimap == 0] < 0.5).all()

    def test_windows_cover_what_is_unknown_and_nothing_else(self):
        trimap = np.zeros((700, 1100), np.uint8)
        trimap[300:420, 37:900] = 128
        seen = np.zeros(trimap.shape, int)
        for window in windows(trimap, 200):
            assert trimap[window].any() and trimap[window].shape == (200, 200)
            seen[window] += 1
        assert (seen[trimap > 0] > 0).all() and not seen[:100].any()

    def test_memory_at_4k_is_that_of_planes_not_of_crops(self):
        """Two sums, a result and a trimap, and nothing of a size that grows with the number of crops."""
        y, x = np.mgrid[:2160, :3840].astype(np.float32)
        chained = object.__new__(Chained)
        chained.band, chained.crop, chained.refine = 0.015, 512, lambda image, trimap: image[..., 0] / np.float32(255)
        coarse = np.clip((700 - np.hypot(y - 1000, x - 1900)) / 8 + 0.5, 0, 1)
        photo = np.dstack([np.rint(coarse * 255).astype(np.uint8)] * 3)
        tracemalloc.start()
        alpha = chained._alpha(photo, chained.trimap(coarse), coarse)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        np.testing.assert_allclose(alpha, coarse, atol=0.02)
        assert peak < 6 * coarse.nbytes

    def test_what_cannot_be_a_second_look_is_said(self, val_files, tmp_path: Path, capsys):
        with pytest.raises(ConfigError, match="no method is called 'cloesd_form'"):
            refiner("cloesd_form")
        with pytest.raises(ConfigError, match="gives no alphas"):
            refiner(Predictor.from_zoo("portrait"))
        with pytest.raises(ConfigError, match="band"):
            Chained(Predictor.from_zoo("portrait"), self.exact, band=0)
        flags = ["--image_path", str(val_files[0][0]), "--save_dir", str(tmp_path), "--matting", "knnn"]
        assert main(["predict", "--model_path", "zoo://portrait", *flags]) == 2
        assert "known: closed_form, knn, learning_based" in capsys.readouterr().err

    @pytest.mark.slow
    def test_a_classical_method(self, val_files, tmp_path: Path):
        pytest.importorskip("pymatting", reason="pymatting is not installed: the extra [matting]")
        flags = ["--image_path", str(val_files[0][0]), "--save_dir", str(tmp_path), "--matting", "closed_form"]
        assert main(["predict", "--model_path", "zoo://portrait", *flags, "--outputs", "alpha", "cutout"]) == 0
        (alpha,) = (tmp_path / "alpha").iterdir()
        values = cv2.imread(str(alpha), -1)
        assert values.min() == 0 and values.max() == 255 and np.unique(values).size > 100
