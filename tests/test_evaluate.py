"""Evaluation, its report and `val`, on the bundled photos with the official weights."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from paddleseg.card import Card
from paddleseg.cli.main import main
from paddleseg.datasets.base import Dataset
from paddleseg.engine import report
from paddleseg.engine.evaluate import EvalResult, evaluate, sample_pictures
from paddleseg.engine.launch import launch
from paddleseg.errors import ConfigError, DataError
from paddleseg.images.error_map import error_overlay, panel
from paddleseg.images.io import read_image, read_label
from paddleseg.inference.augment import TestAugmentation, predict_prob
from paddleseg.inference.predictor import Predictor
from paddleseg.metrics import BoundaryIoU, Confusion
from paddleseg.models.humanseg.lite import PPHumanSegLite

CONFIG = "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml"
WEIGHTS = "zoo://pp_humanseg_v1_lite"


@pytest.fixture(scope="module")
def model() -> PPHumanSegLite:
    return PPHumanSegLite(pretrained=WEIGHTS)


@pytest.fixture
def few(mini: Path, tmp_path: Path) -> Path:
    """A list of five of the bundled photos."""
    lines = (mini / "val.txt").read_text().splitlines()[8:13]
    (tmp_path / "few.txt").write_text("\n".join(lines))
    return tmp_path / "few.txt"


def dataset(mini: Path, list_file: Path, mode: str = "val") -> Dataset:
    from paddleseg.transforms.colour import Normalize
    from paddleseg.transforms.resize import Resize

    transforms = [Resize(target_size=[192, 192]), Normalize()]
    return Dataset(mode, mini, transforms, **{f"{mode}_path": list_file})


def predictor_of(model: PPHumanSegLite, data: Dataset) -> Predictor:
    """The network alone, on pictures as the data set prepares them."""
    return Predictor.from_model(model, Card(), transform=data.transforms)


class TestLooks:
    image = np.random.default_rng(0).random((1, 2, 12, 18)).astype(np.float32)

    def test_flips_are_undone(self):
        looks = TestAugmentation(flip_horizontal=True, flip_vertical=True)
        seen = []

        def forward(images: np.ndarray) -> np.ndarray:
            seen.append(images.copy())
            return images

        np.testing.assert_allclose(predict_prob(forward, self.image, looks), self.image, rtol=1e-6)
        wanted = [self.image, self.image[..., ::-1], self.image[..., ::-1, :], self.image[..., ::-1, ::-1]]
        assert len(seen) == 4
        assert all(any((one == other).all() for other in seen) for one in wanted)

    def test_what_favours_one_side_is_averaged_out(self):
        ramp = np.broadcast_to(np.arange(18, dtype=np.float32), (1, 1, 12, 18))
        found = predict_prob(lambda images: ramp, self.image, TestAugmentation(flip_horizontal=True))
        np.testing.assert_allclose(found, 8.5)

    def test_scales_change_the_input_and_not_the_output(self):
        sizes = []

        def forward(images: np.ndarray) -> np.ndarray:
            sizes.append(images.shape[2:])
            return np.full((1, 3, *images.shape[2:]), float(len(sizes)), np.float32)

        found = predict_prob(forward, self.image, TestAugmentation(scales=(0.5, 1.0, 1.5)))
        assert sizes == [(6, 9), (12, 18), (18, 27)]
        assert found.shape == (1, 3, 12, 18)
        np.testing.assert_allclose(found, 2.0)

    @pytest.mark.parametrize(("window", "stride"), [((5, 7), (4, 5)), ((12, 18), (3, 3)), ((50, 6), (9, 6))])
    def test_windows_cover_everything_once_averaged(self, window: tuple, stride: tuple):
        shapes = []

        def forward(images: np.ndarray) -> np.ndarray:
            shapes.append(images.shape[2:])
            return images

        looks = TestAugmentation(window=window, stride=stride)
        np.testing.assert_allclose(predict_prob(forward, self.image, looks), self.image, rtol=1e-6)
        expected = tuple(min(pair) for pair in zip(window, (12, 18), strict=True))
        assert set(shapes) == {expected}
        counts = [-(-max(size - w, 0) // s) + 1 for size, w, s in zip((12, 18), expected, stride, strict=True)]
        assert len(shapes) == counts[0] * counts[1]

    def test_config_sizes_are_width_first(self):
        looks = TestAugmentation.from_config({"is_slide": True, "crop_size": [512, 256], "stride": [400, 200]})
        assert (looks.window, looks.stride) == ((256, 512), (200, 400))

    def test_scales_and_flips_wait_for_the_switch(self):
        asked = {"scales": [0.5, 1.0], "flip_horizontal": True}
        assert TestAugmentation.from_config(asked) == TestAugmentation()
        looks = TestAugmentation.from_config(asked | {"aug_eval": True})
        assert looks == TestAugmentation(scales=(0.5, 1.0), flip_horizontal=True)

    def test_a_window_without_size_is_refused(self):
        with pytest.raises(ConfigError, match="crop_size and stride"):
            TestAugmentation.from_config({"is_slide": True})

    @pytest.mark.parametrize(
        ("looks", "says"),
        [
            ({"window": (128, 128), "stride": (200, 128)}, "stride: 128 200 is longer than the window, 128 128"),
            ({"window": (0, 128), "stride": (64, 64)}, "crop_size: should be two whole numbers .* not 128 0"),
            ({"window": (128, 128), "stride": (-64, 64)}, "stride: should be two whole numbers .* not 64 -64"),
            ({"window": (12.5, 8), "stride": (8, 8)}, "crop_size: .* not 8 12.5"),
            ({"window": (128, 128)}, "stride: .* and is missing"),
            ({"scales": (float("nan"), 1.0, 0)}, "scales: should be numbers from 0.05 to 10, not nan, 0"),
            ({"scales": (1e9,)}, "scales: .* not 1000000000.0"),
            ({"scales": ()}, "scales: .* not none at all"),
        ],
    )
    def test_sizes_out_of_range_are_named(self, looks: dict, says: str):
        with pytest.raises(ConfigError, match=says):
            TestAugmentation(**looks)

    def test_all_that_is_wrong_is_named_at_once(self):
        config = {"aug_eval": True, "scales": 0.001, "is_slide": True, "crop_size": [512], "stride": 3}
        with pytest.raises(ConfigError) as caught:
            TestAugmentation.from_config(config)
        assert [problem.where for problem in caught.value.problems] == ["scales", "crop_size", "stride"]


class TestEvaluate:
    def test_measures_the_masks_that_predict_gives(self, mini: Path, few: Path, model: PPHumanSegLite, capsys):
        data = dataset(mini, few)
        result = evaluate(predictor_of(model, data), data, metrics=[BoundaryIoU(2)])
        predictor, measures = Predictor.from_zoo("pp_humanseg_v1_lite"), [Confusion(2), BoundaryIoU(2)]
        for image, label in data.entries:
            for measure in measures:
                measure.update(predictor(read_image(image)).mask, read_label(label))
        for measure in measures:
            for name, value in measure.compute().items():
                assert result.metrics[name] == pytest.approx(value, rel=1e-6), name
        assert [row["path"] for row in result.images] == [str(image) for image, _ in data.entries]

        lines = capsys.readouterr().out.splitlines()
        number = r"\d\.\d{4}"
        line = rf".* \[INFO\]\t\[EVAL\] #Images: 5 mIoU: {number} Acc: {number} Kappa: {number} Dice: {number}"
        assert re.fullmatch(line, lines[0])
        assert re.fullmatch(r".* \[INFO\]\t\[EVAL\] Class IoU: \[[\d. ]+\]", lines[1])
        assert float(lines[0].split()[7]) == pytest.approx(result.metrics["mIoU"], abs=1e-4)

    def test_shares_cover_every_image_once(self, mini: Path, few: Path, model: PPHumanSegLite):
        data = dataset(mini, few)
        predictor = predictor_of(model, data)
        indices = [row["index"] for rank in (0, 1) for row in evaluate(predictor, data, rank=rank, world_size=2).images]
        assert sorted(indices) == [0, 1, 2, 3, 4]

    def test_two_processes_give_the_numbers_of_one(
        self, root: Path, mini: Path, few: Path, tmp_path: Path, monkeypatch
    ):
        monkeypatch.chdir(root)
        command = ["val", "--config", CONFIG, "--model_path", WEIGHTS, "--device", "cpu"]
        command += ["--opts", f"val_dataset.val_path={few}"]
        assert main([*command, "--save_dir", str(tmp_path / "1")]) == 0
        assert launch(2, [sys.executable, "-m", "paddleseg.cli.main", *command, "--save_dir", str(tmp_path / "2")]) == 0
        found = [json.loads((tmp_path / name / "result.json").read_text()) for name in ("1", "2")]
        assert found[0]["images"] == found[1]["images"] and len(found[0]["images"]) == 5
        for name, value in found[0]["metrics"].items():
            assert found[1]["metrics"][name] == pytest.approx(value, rel=1e-12)

    def test_leaves_weights_and_metrics_as_they_were(self, mini: Path, few: Path, model: PPHumanSegLite):
        metric = BoundaryIoU(2)
        before = {name: value.numpy().copy() for name, value in model.state_dict().items()}
        evaluate(predictor_of(model, dataset(mini, few)), dataset(mini, few), metrics=[metric])
        assert not metric.totals["either"].any()
        for name, value in model.state_dict().items():
            np.testing.assert_array_equal(value.numpy(), before[name])

    def test_an_image_without_label_is_named(self, mini: Path, few: Path, model: PPHumanSegLite):
        few.write_text("images/000000172877.jpg")
        with pytest.raises(DataError, match=r"000000172877\.jpg: has no label"):
            evaluate(predictor_of(model, dataset(mini, few, "test")), dataset(mini, few, "test"))

    @pytest.mark.parametrize("workers", [0, 2])
    def test_all_images_that_cannot_be_used_are_named(
        self, mini: Path, few: Path, tmp_path: Path, model: PPHumanSegLite, workers: int
    ):
        for name, content in (("a", b"hello"), ("b", b"")):
            (tmp_path / f"{name}.jpg").write_bytes(content)
        good = few.read_text().splitlines()
        label = mini / good[0].split()[1]
        few.write_text("\n".join([good[0], f"{tmp_path}/a.jpg {label}", good[1], f"{tmp_path}/b.jpg {label}"]))
        data = dataset(mini, few)
        with pytest.raises(DataError) as caught:
            evaluate(predictor_of(model, data), data, num_workers=workers)
        assert [problem.what for problem in caught.value.problems] == ["is text, not an image", "is empty"]

    def test_sample_pictures_show_photo_label_mask_and_errors(self, mini: Path, few: Path, model: PPHumanSegLite):
        data = dataset(mini, few)
        pictures = sample_pictures(predictor_of(model, data), data, count=2)
        assert [name for name, _ in pictures] == [Path(few.read_text().split()[i]).name for i in (0, 8)]
        for _, picture in pictures:
            assert picture.dtype == np.uint8 and picture.shape[1] > 3 * picture.shape[0] * 0.5


class TestErrorMap:
    def test_colours_say_what_is_wrong(self):
        label = np.array([[0, 1, 0, 1, 255]])
        mask = np.array([[0, 1, 1, 0, 1]])
        overlay = error_overlay(np.full((1, 5, 3), 100, np.uint8), label, mask)
        grey, right, invented, missed, ignored = overlay[0].astype(int)
        assert (grey == grey[0]).all() and (right == grey).all()
        assert invented[2] > invented[0] + 100 and missed[0] > missed[2] + 100
        assert (ignored == ignored[0]).all() and (ignored != grey).all()

    def test_panel_takes_grey_photos_and_is_bounded(self):
        shown = panel(np.zeros((900, 600, 1), np.uint8), np.zeros((900, 600), int), np.ones((900, 600), int))
        assert shown.shape == (480, 1280, 3)


class TestReport:
    def test_what_could_not_be_measured_is_null(self):
        result = EvalResult({"mIoU": 0.5, "class_IoU": [0.5, float("nan")]}, [{"index": 0, "mIoU": float("nan")}])
        read = json.loads(report.to_json(result, config="x.yml"))
        assert read == {
            "config": "x.yml",
            "metrics": {"mIoU": 0.5, "class_IoU": [0.5, None]},
            "images": [{"index": 0, "mIoU": None}],
        }

    def test_worst_first_and_rightly_empty_never(self, mini: Path, few: Path, model: PPHumanSegLite, tmp_path: Path):
        scores = [0.9, 0.2, float("nan"), 0.5, 0.7]
        rows = [{"index": index, "foreground_IoU": score} for index, score in enumerate(scores)]
        data = dataset(mini, few)
        report.write_worst(predictor_of(model, data), data, EvalResult({}, rows), 3, tmp_path / "worst")
        index = json.loads((tmp_path / "worst" / "index.json").read_text())
        assert index["sorted_by"] == "foreground_IoU"
        assert [row["index"] for row in index["images"]] == [1, 3, 4]
        assert sorted(path.name for path in (tmp_path / "worst").glob("*.png")) == [
            row["picture"] for row in index["images"]
        ]
        picture = cv2.imread(str(tmp_path / "worst" / index["images"][0]["picture"]))
        photo = read_image(dataset(mini, few).entries[1][0])
        assert picture.shape[1] / picture.shape[0] == pytest.approx(4 * photo.shape[1] / photo.shape[0], rel=0.01)


class TestCommand:
    @pytest.fixture
    def val(self, root: Path, few: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
        monkeypatch.chdir(root)

        def run(*flags: str) -> tuple[int, str, str]:
            common = ["--config", CONFIG, "--model_path", WEIGHTS, "--device", "cpu"]
            code = main(["val", *common, *flags, "--opts", f"val_dataset.val_path={few}"])
            return code, *capsys.readouterr()

        return run

    def test_tables_and_lines(self, val):
        code, out, _ = val()
        assert code == 0
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[INFO\]\t\[EVAL\] #Images: 5 mIoU: ", out)
        for name in ("boundary_IoU", "foreground_IoU", "SC_without_specks", "components", "precision"):
            assert name in out

    def test_json_is_all_that_json_prints(self, val):
        code, out, err = val("--json", "--no-connectivity", "--auc_roc")
        read = json.loads(out)
        assert code == 0 and len(read["images"]) == 5 and "[EVAL]" in err
        assert "SC" not in read["metrics"] and 0.9 < read["metrics"]["auc_roc"] < 1

    def test_looks_change_the_result(self, val):
        found = [
            json.loads(val("--json", *flags)[1])["metrics"]["mIoU"]
            for flags in (
                (),
                ("--aug_eval", "--flip_horizontal", "--scales", "0.75", "1.0"),
                ("--is_slide", "--crop_size", "128", "128", "--stride", "64", "64"),
            )
        ]
        assert len(set(found)) == 3 and min(found) > 0.5

    def test_worst_images_go_to_the_folder(self, val, tmp_path: Path):
        code, _, _ = val("--worst", "2", "--save_dir", str(tmp_path / "out"))
        assert code == 0
        result = json.loads((tmp_path / "out" / "result.json").read_text())
        index = json.loads((tmp_path / "out" / "worst" / "index.json").read_text())
        lowest = sorted(row["foreground_IoU"] for row in result["images"])[:2]
        assert [row["foreground_IoU"] for row in index["images"]] == lowest

    @pytest.mark.parametrize(
        ("flags", "message"),
        [
            (["--is_slide"], "is_slide needs crop_size"),
            (["--use_multilabel"], "one class a pixel"),
            (["--model_path", "nowhere.pdparams"], "nowhere.pdparams"),
        ],
    )
    def test_mistakes_end_with_2_and_a_line(self, val, flags: list[str], message: str):
        code, _, err = val(*flags)
        assert code == 2 and message in err and "Traceback" not in err
