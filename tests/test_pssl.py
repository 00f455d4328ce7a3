"""PSSL: 1001 classes, masks in archives beside ImageNet's photos; and its recipes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paddleseg.cli.main import main
from paddleseg.datasets.pssl import PSSLDataset
from paddleseg.doctor.data import examine
from paddleseg.errors import DataError
from paddleseg.images.io import read_label
from paddleseg.images.paint import palette
from paddleseg.inference.outputs import Writer
from paddleseg.inference.predictor import SegResult
from paddleseg.transforms import RandomPaddingCrop

ROOT = Path(__file__).parents[1]
SYNSETS = [f"n{number:08d}" for number in range(1, 1001)]
CLASSES = (3, 400, 999)


@pytest.fixture
def roots(mini: Path, tmp_path: Path) -> tuple[Path, Path]:
    """ImageNet's and PSSL's folders, of bundled photos and their masks."""
    photos, masks = tmp_path / "imagenet", tmp_path / "pssl"
    lines = (mini / "val.txt").read_text().split()
    listed = []
    for number, (image, label) in enumerate(zip(lines[:12:2], lines[1:12:2], strict=True)):
        synset = SYNSETS[CLASSES[number % 3]]
        name = f"train/{synset}/{synset}_{number}.JPEG"
        for root in (photos, masks):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.open(mini / image).convert("RGB").save(photos / name)
        mask = np.array(Image.open(mini / label)).astype(np.int64)
        mask[0] = -1  # whose class the classifiers do not agree on
        np.savez_compressed(masks / f"{name}_eiseg.npz", mask)
        listed.append(f"{name}_eiseg.npz")
    (masks / "train.txt").write_text("\n".join(listed) + "\n")
    (masks / "imagenet_lsvrc_2015_synsets.txt").write_text("\n".join(SYNSETS) + "\n")
    return photos, masks


def test_masks_are_of_the_class_that_the_folder_is_named_after(roots: tuple[Path, Path], mini: Path):
    dataset = PSSLDataset([], *roots, edge=True)
    assert len(dataset) == 6 and dataset.num_classes == dataset.ignore_index == 1001
    lines = (mini / "val.txt").read_text().split()
    for index in range(6):
        sample = dataset.sample(index, np.random.default_rng(0))
        assert sample.label is not None
        truth = read_label(mini / lines[2 * index + 1]) == 1
        truth[0] = False
        assert ((sample.label == CLASSES[index % 3]) == truth).all()
        assert ((sample.label == 1000) == ~truth).all()
        edge = sample.extra["edge"]
        assert edge.any() and not edge[~(_near(truth) & _near(~truth))].any()
    assert dataset[0]["label"].max() == 1000  # as PaddleSeg's scripts ask


def _near(region: np.ndarray) -> np.ndarray:
    padded = np.pad(region, 2)
    h, w = region.shape
    return np.any([padded[y : y + h, x : x + w] for y in range(5) for x in range(5)], axis=0)


def test_what_lies_beside_a_photo_is_ignored(roots: tuple[Path, Path]):
    crop = RandomPaddingCrop([900, 900], label_padding_value=1001)
    label = PSSLDataset([crop], *roots).sample(0, np.random.default_rng(0)).label
    assert label is not None and label[-1, -1] == 1001 and label[0, 0] == 1000
    with pytest.raises(ValueError, match="label_padding_value 1002 is neither a class nor ignore_index 1001"):
        PSSLDataset([RandomPaddingCrop(label_padding_value=1002)], *roots)


def test_faults_are_named(roots: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    photos, masks = roots
    with pytest.raises(ValueError, match="imagenet_root is missing"):
        PSSLDataset([], pssl_root=masks)
    with pytest.raises(ValueError, match="mode should be train"):
        PSSLDataset([], *roots, mode="val")
    with pytest.raises(DataError, match="no such folder"):
        PSSLDataset([], photos, tmp_path / "elsewhere")
    names = (masks / "train.txt").read_text().split()
    (masks / "train.txt").write_text("\n".join([*names, "train/x/x_1.JPEG_eiseg.npz", "a.png", names[0]]))
    with pytest.raises(DataError) as error:
        PSSLDataset([], *roots)
    assert [problem.where.rpartition(":")[2] for problem in error.value.problems] == ["7", "8"]
    (masks / "train.txt").write_text("\n".join(names))
    broken = masks / names[0]
    for content, what in ((b"PK", "cannot be read"), (None, "holds no mask")):
        if content is None:
            np.savez(broken, np.array(["a"]))
        else:
            broken.write_bytes(content)
        with pytest.raises(DataError, match=what):
            PSSLDataset([], *roots).read(0)
    np.savez(broken, np.zeros((20, 20), np.int64))
    monkeypatch.setattr("paddleseg.datasets.pssl.MAX_PIXELS", 399)
    with pytest.raises(DataError, match="holds more than 399 pixels"):
        PSSLDataset([], *roots).read(0)
    (photos / "train" / SYNSETS[3]).rename(photos / "gone")
    with pytest.raises(DataError, match="1 of 3 folders are missing"):
        PSSLDataset([], *roots)


def test_the_doctor_reads_all_classes(roots: tuple[Path, Path]):
    report = examine({"train": PSSLDataset([], *roots)})
    assert not report.problems
    absent = [note.what for note in report.notes if note.kind == "labels.absent"]
    assert len(absent) == 1 and absent[0].endswith(" and 976 more")


def test_a_mask_of_many_classes_is_written_as_numbers_or_refused(tmp_path: Path):
    numbers = np.arange(1200, dtype=np.int32).reshape(30, 40)
    result, picture = SegResult(numbers, None, {}), np.zeros((30, 40, 3), np.uint8)
    Writer(tmp_path, ["mask"], palette())("a.png", picture, result)
    assert (np.array(Image.open(tmp_path / "mask" / "a.png")) == numbers).all()
    for kind in ("pseudo_color", "overlay"):
        with pytest.raises(DataError, match="shows class 1199, but there are 256 colours"):
            Writer(tmp_path, [kind], palette())("a.png", picture, result)


def test_a_recipe_trains(roots: tuple[Path, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    command = ["train", "--config", str(ROOT / "configs/pssl/pp_liteseg_stdc1_pssl.yml"), "--iters", "6"]
    command += [
        "--batch_size",
        "2",
        "--log_iters",
        "1",
        "--device",
        "cpu",
        "--save_dir",
        str(tmp_path / "out"),
        "--opts",
    ]
    command += [f"train_dataset.imagenet_root={roots[0]}", f"train_dataset.pssl_root={roots[1]}"]
    command += ["model.backbone.pretrained=null", "train_dataset.transforms.0.short_size=48"]
    command += ["train_dataset.transforms.2.crop_size=[32,32]", "lr_scheduler.learning_rate=0.1"]
    assert main(command) == 0
    losses = [float(loss) for loss in re.findall(r"loss: ([\d.]+)", "".join(capfd.readouterr()))]
    assert len(losses) == 6 and losses[0] > np.log(1001) and min(losses[3:]) < 0.9 * losses[0]
