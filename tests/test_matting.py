"""The task of mattes: measures, fields, composition, trimaps, and a small network from training to export."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from transform_cases import make

import paddleseg.transforms as T
from paddleseg.card import Output, load_card
from paddleseg.cli.main import main
from paddleseg.datasets.alphas import MattingDataset
from paddleseg.datasets.loader import TrainLoader
from paddleseg.doctor.data import examine
from paddleseg.errors import DataError
from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor, SegResult
from paddleseg.metrics.matting import MattingErrors, connectivity_errors, gradient_errors
from paddleseg.registry import DATASETS
from paddleseg.transforms.sample import Sample
from paddleseg.transforms.trimap import fraction, trimap_of


def mattes(seed: int, size: tuple[int, int] = (24, 31)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A matte, the true one and what is unknown, all with soft edges, pieces and holes."""
    rng = np.random.default_rng(seed)
    planes = (cv2.GaussianBlur(rng.normal(size=size), (0, 0), 2) * 9 for _ in range(2))
    truth, off = (np.clip(plane + 0.5, 0, 1).astype(np.float32) for plane in planes)
    alpha = np.clip(truth + 0.4 * (off - 0.5), 0, 1).astype(np.float32)
    return alpha, truth, (truth > 0) & (truth < 1)


def plain_gradient(matte: np.ndarray) -> np.ndarray:
    """By a loop over a window of 9 by 9, written from the paper's text."""
    sigma = 1.4
    reach = int(np.ceil(sigma * np.sqrt(-2 * np.log(np.sqrt(2 * np.pi) * sigma * 0.01))))
    at = np.arange(-reach, reach + 1)
    bell = np.exp(-(at**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    window = bell[:, None] * (-at * bell / sigma**2)[None]
    window = window / np.sqrt((window**2).sum())
    padded = np.pad(matte.astype(float), reach, mode="edge")
    found = np.empty((2, *matte.shape))
    for y in range(matte.shape[0]):
        for x in range(matte.shape[1]):
            around = padded[y : y + 2 * reach + 1, x : x + 2 * reach + 1]
            found[:, y, x] = (around * window).sum(), (around * window.T).sum()
    return np.sqrt((found**2).sum(axis=0))


def plain_largest(inside: np.ndarray) -> np.ndarray:
    """The largest piece by walking from pixel to pixel."""
    best: set[tuple[int, int]] = set()
    seen: set[tuple[int, int]] = set()
    for start in zip(*np.nonzero(inside), strict=True):
        piece, queue = set(), [tuple(map(int, start))]
        while queue:
            y, x = queue.pop()
            if (y, x) in seen or not (0 <= y < inside.shape[0] and 0 <= x < inside.shape[1]) or not inside[y, x]:
                continue
            seen.add((y, x))
            piece.add((y, x))
            queue += [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
        best = max(best, piece, key=len)
    result = np.zeros(inside.shape, bool)
    for place in best:
        result[place] = True
    return result


def plain_connectivity(alpha: np.ndarray, truth: np.ndarray) -> np.ndarray:
    level = np.full(alpha.shape, -1.0)
    for step in range(1, 11):
        lost = (level == -1) & ~plain_largest((alpha >= step * 0.1) & (truth >= step * 0.1))
        level[lost] = (step - 1) * 0.1
    level[level == -1] = 1
    phi = [1 - (matte - level) * (matte - level >= 0.15) for matte in (alpha, truth)]
    return np.abs(phi[0] - phi[1])


class TestMeasures:
    @pytest.mark.parametrize("seed", range(3))
    def test_each_is_its_definition(self, seed: int):
        alpha, truth, unknown = mattes(seed)
        np.testing.assert_allclose(
            gradient_errors(alpha, truth), (plain_gradient(alpha) - plain_gradient(truth)) ** 2, atol=1e-5
        )
        np.testing.assert_allclose(connectivity_errors(alpha, truth), plain_connectivity(alpha, truth), atol=1e-6)
        found = MattingErrors().of(alpha, truth, unknown).compute()
        off = np.abs(alpha.astype(float) - truth)
        grad, conn = (plain_gradient(alpha) - plain_gradient(truth)) ** 2, plain_connectivity(alpha, truth)
        for region, inside in (("", np.ones_like(unknown)), ("_unknown", unknown)):
            wanted = {
                "SAD": off[inside].sum() / 1000,
                "MSE": (off[inside] ** 2).mean(),
                "MAD": off[inside].mean(),
                "Grad": grad[inside].sum() / 1000,
                "Conn": conn[inside].sum() / 1000,
            }
            assert {name: found[name + region] for name in wanted} == pytest.approx(wanted, rel=1e-4)
        assert found["SAD_unknown"] < found["SAD"]

    def test_images_count_alike_however_they_are_shared(self):
        whole, shares = MattingErrors(thorough=False), [MattingErrors(thorough=False) for _ in range(2)]
        singles = []
        for seed, size in enumerate([(24, 31), (60, 40), (20, 20)]):
            given = mattes(seed, size)
            whole.update(*given)
            shares[seed % 2].update(*given)
            singles.append(MattingErrors(thorough=False).of(*given).compute())
        shares[0].merge(shares[1])
        assert shares[0].compute() == pytest.approx(whole.compute())
        for name, value in whole.compute().items():
            assert value == pytest.approx(np.mean([single[name] for single in singles]))

    def test_nothing_to_measure_is_no_number(self):
        plain = np.ones((5, 5), np.float32)
        found = MattingErrors().of(plain, plain, np.zeros((5, 5), bool)).compute()
        assert found["SAD"] == found["Grad"] == found["Conn"] == 0 and np.isnan(found["MSE_unknown"])
        with pytest.raises(ValueError, match="differ in size"):
            MattingErrors().update(plain, plain[1:])


@pytest.fixture(scope="module")
def folder(mini: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six bundled photos with alphas for tests only: what zoo://portrait thinks, of 8 bits, and of 16 bits in one."""
    root = tmp_path_factory.mktemp("mattes")
    predictor = Predictor.from_zoo("portrait")
    (root / "images").mkdir()
    (root / "alphas").mkdir()
    lines = []
    for number, line in enumerate((mini / "val.txt").read_text().splitlines()[:6]):
        photo = mini / line.split()[0]
        (root / "images" / photo.name).symlink_to(photo)
        prob = predictor(read_image(photo)).prob[1]
        deep = number == 5
        values = np.rint(prob * (65535 if deep else 255)).astype(np.uint16 if deep else np.uint8)
        cv2.imwrite(str(root / "alphas" / f"{photo.stem}.png"), values)
        lines.append(f"images/{photo.name} alphas/{photo.stem}.png")
    for mode in ("train", "val"):
        (root / f"{mode}.txt").write_text("\n".join(lines))
    (root / "first.txt").write_text("\n".join(lines[:3]))
    (root / "rest.txt").write_text("\n".join(lines[3:]))
    return root


def opened(folder: Path, mode: str = "train", *chain: object, **more: object) -> MattingDataset:
    return MattingDataset(folder, chain, mode, "train.txt", "val.txt", **more)


class TestData:
    def test_what_a_batch_holds(self, folder: Path, mini: Path):
        chain = (T.ComposeMatte(mini / "images"), T.Resize([96, 80]), T.RandomHorizontalFlip(1), T.MakeTrimap((1, 3)))
        for workers in (0, 1):
            loader = TrainLoader(opened(folder, "train", *chain, T.Normalize()), 6, num_workers=workers)
            batch = next(loader.batches())
            loader.close()
            shapes = {name: batch[name].shape for name in ("alpha", "trimap", "foreground", "background", "image")}
            assert shapes == {
                "alpha": (6, 80, 96),
                "trimap": (6, 80, 96),
                **dict.fromkeys(("foreground", "background", "image"), (6, 3, 80, 96)),
            }
            assert "label" not in batch and all(batch[name].dtype == np.float32 for name in shapes)
            for name in ("alpha", "trimap", "foreground", "background"):
                assert batch[name].min() >= 0 and 0.9 < batch[name].max() <= 1
            # 16 bits are 0 to 1 as 8 bits are, and soft edges stay soft: more values than a mask has.
            assert all(plane.max() > 0.9 and np.unique(plane).size > 100 for plane in batch["alpha"])
            assert set(np.unique(np.rint(batch["trimap"] * 255))) == {0, 128, 255}
            # Moved together: the picture is still the mixture of what moved with it.
            share = batch["alpha"][:, None]
            mixture = share * batch["foreground"] + (1 - share) * batch["background"]
            assert np.abs(mixture - (batch["image"] + 1) / 2).mean() < 0.01

    def test_a_trimap_is_sure_where_it_says_so(self, folder: Path):
        sample = opened(folder).read(0)
        alpha = fraction(sample["alpha"])
        trimap = trimap_of(alpha, 4, 7)
        assert (alpha[trimap == 255] > 0.997).all() and (alpha[trimap == 0] < 0.003).all()
        away = cv2.distanceTransform((alpha <= 0.5 / 255).astype(np.uint8), cv2.DIST_L2, 5)
        assert (trimap[(away > 0) & (away < 6)] == 128).all() and (trimap[away > 9] == 0).all()
        widths = {(made_trimap(sample, seed) == 128).sum() for seed in range(6)}
        assert len(widths) > 3

    def test_evaluation_composes_the_same_pictures_every_time(self, folder: Path, mini: Path):
        dataset = opened(folder, "val", backgrounds=mini / "images", per_foreground=2)
        assert len(dataset) == 12
        one, again, other = dataset.read(0), dataset.read(0), dataset.read(1)
        np.testing.assert_array_equal(one.image, again.image)
        assert one.path == other.path and (one.image != other.image).mean() > 0.1
        solid = fraction(one["alpha"]) > 0.999
        np.testing.assert_array_equal(one.image[solid], one["foreground"][solid])

    def test_a_list_that_does_not_fit_is_named(self, folder: Path, tmp_path: Path):
        (tmp_path / "val.txt").write_text((folder / "val.txt").read_text().splitlines()[0])
        for name in ("images", "alphas"):
            (tmp_path / name).symlink_to(folder / name)
        dataset = opened(tmp_path, "val")
        alpha = Path(dataset.entries[0][1])
        alphas = tmp_path / "alphas"
        alphas.unlink()
        alphas.mkdir()
        cv2.imwrite(str(alphas / alpha.name), np.zeros((5, 7), np.uint8))
        with pytest.raises(DataError, match=rf"{alpha.name}: is 7x5, but its image"):
            dataset.read(0)
        with pytest.raises(DataError, match="needs the map 'alpha'"):
            T.ComposeMatte(folder / "images")(make(np.zeros((4, 4, 3), np.uint8), None))


def made_trimap(sample: Sample, seed: int) -> np.ndarray:
    sample.rng = np.random.default_rng(seed)
    return T.MakeTrimap((1, 20), (1, 20))(sample)["trimap"]


class TestOneNetwork:
    """From training to export, by the commands."""

    def test_train_val_predict_export(self, folder: Path, mini: Path, tmp_path: Path, capsys, monkeypatch):
        monkeypatch.chdir(Path(__file__).parent.parent)
        opts = [
            f"train_dataset.dataset_root={folder}",
            f"train_dataset.train_path={folder}/first.txt",
            f"train_dataset.transforms.0.backgrounds={mini}/images",
            "train_dataset.transforms.1.target_size=[128,128]",
            "train_dataset.transforms.3.crop_size=[64,64]",
            f"val_dataset.dataset_root={folder}",
            f"val_dataset.val_path={folder}/rest.txt",
            "val_dataset.transforms.0.target_size=[96,96]",
            "model.freeze_base=true",  # six steps are too few for more
            "lr_scheduler.learning_rate=0.0005",
            *("iters=6", "batch_size=3", "save_interval=3", "train.log_iters=1", "lr_scheduler.warmup_iters=0"),
        ]
        run = tmp_path / "run"
        config = ["--config", "configs/matting/portrait_matting.yml"]
        assert main(["train", *config, "--do_eval", "--save_dir", str(run), "--opts", *opts]) == 0
        told = capsys.readouterr().out
        assert "SAD" in told and "mIoU" not in told
        best = [*config, "--model_path", str(run / "best_model")]
        report = tmp_path / "val"
        assert main(["val", *best, "--save_dir", str(report), "--worst", "2", "--opts", *opts]) == 0
        measured = json.loads((report / "result.json").read_text())
        assert measured["metrics"].keys() >= {"SAD", "MSE", "MAD", "Grad", "Conn", "SAD_unknown", "Conn_unknown"}
        assert 0 < measured["metrics"]["MSE"] < 0.05
        worst = json.loads((report / "worst" / "index.json").read_text())
        assert worst["sorted_by"] == "SAD" and len(worst["images"]) == 2
        assert worst["images"][0]["SAD"] == max(row["SAD"] for row in measured["images"])

        exported = tmp_path / "exported"
        photos = str(folder / "images")
        assert main(["export", *best, "--save_dir", str(exported), "--to", "onnx", "--opts", *opts]) == 0
        alphas = {}
        for name, source in (("paddle", best), ("onnx", ["--model_path", str(exported), "--runtime", "onnx"])):
            flags = ["--image_path", photos, "--outputs", "alpha", "cutout", "overlay", "--save_dir"]
            given = ["--opts", *opts] if name == "paddle" else []
            assert main(["predict", *source, *flags, str(tmp_path / name), *given]) == 0
            alphas[name] = [cv2.imread(str(file), -1) for file in sorted((tmp_path / name / "alpha").iterdir())]
        for one, other in zip(*alphas.values(), strict=True):
            assert np.abs(one.astype(int) - other).max() <= 1
            assert np.unique(one).size > 50
        card = load_card(exported)[0]
        assert (card.task, card.output.kind, card.outputs[0].name) == ("matting", "alpha", "alpha")


def test_an_alpha_is_used_as_it_is():
    """No ramp, as probabilities get one: a matting network's half is a half."""
    values = np.linspace(0, 1, 12, dtype=np.float32).reshape(1, 3, 4)
    result = SegResult(None, values, {}, Output(kind="alpha", activation="sigmoid"))
    np.testing.assert_array_equal(result.alpha, values[0])
    np.testing.assert_array_equal(result.opacity, np.rint(values[0] * 255))


class TestDoctor:
    def spoiled(self, folder: Path, root: Path, change, **more: object):
        """The faults of a copy whose alphas were changed, by kind."""
        (root / "images").symlink_to(folder / "images")
        (root / "alphas").mkdir()
        for file in (folder / "alphas").iterdir():
            cv2.imwrite(str(root / "alphas" / file.name), change(fraction(cv2.imread(str(file), -1))))
        (root / "val.txt").write_text((folder / "val.txt").read_text())
        report = examine({"val": opened(root, "val", **more)})
        return {finding.kind for finding in report.problems}, {finding.kind for finding in report.notes}

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            (lambda alpha: np.rint(255 * alpha).astype(np.uint8), None),
            (lambda alpha: np.rint(65535 * alpha).astype(np.uint16), None),
            (lambda alpha: np.uint8(255) * (alpha > 0.5), "alphas.hard"),
            (lambda alpha: (alpha > 0.5).astype(np.uint8), "alphas.classes"),
            (lambda alpha: np.rint(255 - 255 * alpha).astype(np.uint8), "alphas.inverted"),
        ],
        ids=["8 bit", "16 bit", "mask", "classes", "inverted"],
    )
    def test_alphas(self, folder: Path, tmp_path: Path, change, problem: str | None):
        found = self.spoiled(folder, tmp_path, change)[0]
        assert {kind for kind in found if kind.startswith("alphas")} == ({problem} if problem else set())

    def test_sixteen_bits_that_hold_eight(self, folder: Path, tmp_path: Path):
        assert (
            "alphas.shallow" in self.spoiled(folder, tmp_path, lambda alpha: np.rint(255 * alpha).astype(np.uint16))[1]
        )

    def test_colours_that_were_multiplied(self, folder: Path, mini: Path, tmp_path: Path):
        for name, multiplied in (("straight", False), ("multiplied", True)):
            root = tmp_path / name
            (root / "images").mkdir(parents=True)
            (root / "alphas").symlink_to(folder / "alphas")
            for photo in (folder / "images").iterdir():
                alpha = fraction(cv2.imread(str(folder / "alphas" / f"{photo.stem}.png"), -1))[..., None]
                picture = cv2.imread(str(photo)) * (alpha if multiplied else alpha > 0)
                cv2.imwrite(str(root / "images" / f"{photo.stem}.png"), np.rint(picture).astype(np.uint8))
            (root / "val.txt").write_text((folder / "val.txt").read_text().replace(".jpg", ".png"))
            report = examine({"val": opened(root, "val", backgrounds=mini / "images")})
            kinds = {finding.kind for finding in report.problems}
            assert ("alphas.premultiplied" in kinds) == multiplied


LAYOUTS = {
    "AM2k": ("validation/original/m_{n}.jpg", "validation/mask/m_{n}.png", "validation/trimap/m_{n}.png"),
    "AIM500": ("original/o_{n}.jpg", "mask/o_{n}.png", "trimap/o_{n}.png"),
    "P3M10k": (
        "validation/P3M-500-P/blurred_image/p_{n}.jpg",
        "validation/P3M-500-P/mask/p_{n}.png",
        "validation/P3M-500-P/trimap/p_{n}.png",
    ),
    "PPM100": ("image/{n}_o.jpg", "matte/{n}_o.jpg", ""),
    "Composition1k": ("Test_set/Other images/fg/f{n}.jpg", "Test_set/Other images/alpha/f{n}.jpg", ""),
    "Distinctions646": ("Test/FG/f{n}.jpg", "Test/GT/f{n}.png", ""),
    "VideoMatte240K": ("valid/fgr/0000/{n:05d}.jpg", "valid/pha/0000/{n:05d}.jpg", ""),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_published_mattes_in_their_layout(name: str, folder: Path, mini: Path, tmp_path: Path, capsys):
    for number, line in enumerate((folder / "val.txt").read_text().splitlines()[:2]):
        image, alpha = (cv2.imread(str(folder / file), -1) for file in line.split())
        for place, picture in zip(LAYOUTS[name], (image, alpha, (alpha > 9) * np.uint8(128)), strict=True):
            if place:
                file = tmp_path / place.format(n=number)
                file.parent.mkdir(parents=True, exist_ok=True)
                assert cv2.imwrite(str(file), picture)
    dataset = DATASETS[name](dataset_root=tmp_path, mode="val", as_alpha=True)
    sample = dataset.read(1)
    wanted = fraction(cv2.imread(str(folder / line.split()[1]), -1))
    assert len(dataset) == 2 and np.abs(sample["alpha"] - wanted).mean() < 0.01
    assert ("trimap" in sample.fields) == bool(LAYOUTS[name][2]) and sample.label is None
    composed = DATASETS[name](dataset_root=tmp_path, mode="val", as_alpha=True, backgrounds=mini / "images")
    assert "background" in composed.read(0).fields
    assert main(["data", "prepare", name, "--root", str(tmp_path)]) == 0
    assert "not as many as published" in capsys.readouterr().out or not DATASETS[name].COUNTS
    (tmp_path / LAYOUTS[name][1].format(n=1)).unlink()
    assert main(["data", "prepare", name, "--root", str(tmp_path)]) == 2
    assert "1 of 2 labels are missing" in capsys.readouterr().err
