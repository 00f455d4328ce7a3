"""Data sets written for PaddleSeg train, evaluate and go through the doctor."""

from __future__ import annotations

import json
import pickle
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import paddle
import pytest

import paddleseg.transforms as T
from paddleseg.cli.main import main
from paddleseg.datasets import Dataset
from paddleseg.datasets.adopt import adopted
from paddleseg.datasets.loader import EvalLoader, TrainLoader
from paddleseg.errors import DataError
from paddleseg.plugins import import_plugin
from paddleseg.registry import DATASETS

PLUGIN = '''
import os
import cv2
import numpy as np
import paddle
from paddleseg.cvlibs import manager
from paddleseg.datasets import Dataset
from paddleseg.transforms import Compose


@manager.DATASETS.add_component
class FillsItsList(Dataset):
    """Derives from Dataset and never calls it, as PaddleSeg's own data sets do."""

    NUM_CLASSES = 2

    def __init__(self, dataset_root, transforms, mode="train", edge=False):
        self.dataset_root = dataset_root
        self.transforms = Compose(transforms)
        self.file_list = list()
        self.mode = mode.lower()
        self.num_classes = self.NUM_CLASSES
        self.ignore_index = 255
        self.edge = edge
        with open(os.path.join(dataset_root, mode + ".txt")) as listed:
            for line in listed:
                image, label = line.strip().split(" ")
                self.file_list.append([os.path.join(dataset_root, image), os.path.join(dataset_root, label)])


@manager.DATASETS.add_component
class CallsItsBase(Dataset):
    """Calls Dataset in PaddleSeg's order of arguments, then changes the list."""

    def __init__(self, dataset_root, transforms, mode="train", train_path=None, val_path=None, num_classes=2):
        super().__init__(
            mode, dataset_root, transforms, num_classes, 3, train_path, val_path, None, " ", 255, False)
        self.file_list = [pair for pair in self.file_list if "skip" not in str(pair[0])]
        self.file_list.append([str(self.file_list[0][0]), str(self.file_list[0][1])])


@manager.DATASETS.add_component
class ReadsItself(paddle.io.Dataset):
    """Of no class of ours, with a reading of its own: every label is turned into its opposite."""

    def __init__(self, dataset_root, transforms, mode="train"):
        self.transforms, self.mode, self.num_classes, self.ignore_index = Compose(transforms), mode, 2, 255
        self.file_list = []
        for line in open(os.path.join(dataset_root, mode + ".txt")):
            self.file_list.append([os.path.join(dataset_root, name) for name in line.split()])

    def __getitem__(self, idx):
        image_path, label_path = self.file_list[idx]
        data = {"trans_info": [], "gt_fields": []}
        data["img"] = cv2.imread(image_path).astype("float32")
        label = cv2.imread(label_path, cv2.IMREAD_UNCHANGED)
        data["label"] = np.where(label == 255, 255, 1 - label).astype("uint8")
        if self.mode == "train":
            data["gt_fields"].append("label")
            data["parts"] = data["label"] * 3
            data["gt_fields"].append("parts")
        data = self.transforms(data)
        if self.mode == "val":
            data["label"] = data["label"][np.newaxis, :, :]
        return data

    def __len__(self):
        return len(self.file_list)
'''
NAMES = ("FillsItsList", "CallsItsBase", "ReadsItself")


@pytest.fixture
def plugin(parts_folder: Path) -> Path:
    (parts_folder / "sets.py").write_text(PLUGIN)
    import_plugin(parts_folder / "sets.py")
    return parts_folder / "sets.py"


def build(name: str, mini: Path, mode: str = "train", chain: tuple = ()) -> Dataset:
    lists = {"train_path": str(mini / "train.txt"), "val_path": str(mini / "val.txt")}
    more = lists if name == "CallsItsBase" else {}
    return DATASETS[name](dataset_root=str(mini), transforms=list(chain), mode=mode, **more)


@pytest.mark.parametrize("name", NAMES)
def test_batches_are_those_of_our_own_data_set(plugin: Path, mini: Path, name: str):
    chain = (T.Resize([32, 32]), T.RandomHorizontalFlip(), T.Normalize())
    ours = Dataset("train", mini, chain, train_path="train.txt")
    given = adopted(build(name, mini, chain=chain))
    assert len(given) == len(ours) + (name == "CallsItsBase")
    loaders = [TrainLoader(ours, 8), *(TrainLoader(given, 8, num_workers=workers) for workers in (0, 1))]
    for loader in loaders:
        loader.indices = lambda step: (0, list(range(step * 8, step * 8 + 8)))  # type: ignore[method-assign]
    ours_, *others = [list(islice(loader.batches(), 2)) for loader in loaders]
    for loader in loaders:
        loader.close()
    for batches in others:
        for one, other in zip(ours_, batches, strict=True):
            np.testing.assert_array_equal(one["image"], other["image"])
            known = one["label"] != 255
            wanted = 1 - one["label"] if name == "ReadsItself" else one["label"]
            np.testing.assert_array_equal(wanted[known], other["label"][known])
            if name == "ReadsItself":
                np.testing.assert_array_equal(other["parts"][known], 3 * other["label"][known])
    assert given.files(0) == ours.files(0) and given.entries[3] == ours.entries[3]


@pytest.mark.parametrize("name", NAMES)
def test_evaluation_and_cache(plugin: Path, mini: Path, tmp_path: Path, name: str):
    given = adopted(build(name, mini, "val", (T.Resize([32, 32]), T.Normalize())))
    sample = next(iter(EvalLoader(given)))[0]
    whole = Dataset("val", mini, [], val_path="val.txt").read(0).label
    assert sample.size == (32, 32) and sample.label.shape == whole.shape
    assert ((sample.label == 1) == (whole == (0 if name == "ReadsItself" else 1))).all()
    given = adopted(build(name, mini, chain=(T.Resize([32, 32]), T.Normalize())))
    loader = TrainLoader(given, 20, cache="disk", cache_dir=tmp_path)
    batch = next(loader.batches())
    loader.close()
    again = TrainLoader(pickle.loads(pickle.dumps(given)), 20, cache="disk", cache_dir=tmp_path)
    np.testing.assert_array_equal(batch["label"], next(again.batches())["label"])
    again.close()
    assert len(list(tmp_path.glob("*.samples"))) == 1  # the same file


CONFIG = """
batch_size: 4
iters: 2
plugins: [{plugin}]
train_dataset: &set
  type: {name}
  dataset_root: {mini}
  mode: train
  transforms: [{{type: Resize, target_size: [32, 32]}}, {{type: Normalize}}]
val_dataset:
  <<: *set
  mode: val
model: {{type: PPHumanSegLite, num_classes: 2}}
loss: {{types: [{{type: CrossEntropyLoss}}], coef: [1]}}
optimizer: {{type: sgd}}
lr_scheduler: {{type: PolynomialDecay, learning_rate: 0.01}}
"""


@pytest.mark.parametrize("name", ["FillsItsList", "ReadsItself"])
def test_they_train_evaluate_and_see_the_doctor(plugin: Path, mini: Path, tmp_path: Path, name: str, capsys):
    config = tmp_path / "set.yml"
    config.write_text(CONFIG.format(plugin=plugin, name=name, mini=mini))
    # The doctor sees what the class reads, not what lies on the disk.
    found = {"labels.inverted"} if name == "ReadsItself" else set()
    assert main(["doctor", "data", str(config), "--json", "--sample", "12"]) == (2 if found else 0)
    assert {problem["kind"] for problem in json.loads(capsys.readouterr().out)["problems"]} == found
    out = str(tmp_path / "out")
    command = ["train", "--config", str(config), "--save_dir", out, "--do_eval", "--save_interval", "2"]
    assert main(command) == 0
    assert (tmp_path / "out" / "best_model" / "model.pdparams").is_file()
    assert "mIoU" in capsys.readouterr().out


class Bare:
    mode, num_classes = "train", 2
    file_list: list = []  # noqa: RUF012
    transforms = None


def test_what_cannot_be_used_is_named(mini: Path):
    pair = [str(mini / "images/000000000785.jpg"), str(mini / "masks/000000000785.png")]

    def made(base: type = Bare, **attributes: object) -> object:
        return type("Mine", (base,), {"file_list": [pair], **attributes})()

    assert adopted(made()).read(0).label.shape == (256, 256)
    assert adopted(made(file_list=[pair[:1]], mode="TEST")).read(0).label is None
    with pytest.raises(DataError, match="Mine: has no `file_list`"):
        TrainLoader(type("Mine", (), {})(), 1)
    with pytest.raises(DataError, match="Mine: has an empty `file_list`"):
        adopted(made(file_list=[]))
    with pytest.raises(DataError, match="does not say how many classes"):
        adopted(made(num_classes=None))
    with pytest.raises(DataError, match="has the mode 'predict'"):
        adopted(made(mode="predict"))
    with pytest.raises(DataError, match=r"has \[1, 2\] in its `file_list`"):
        adopted(made(file_list=[[1, 2]]))
    for given, message in (
        (lambda self, index: 5, "gives no dict with 'img'"),
        (lambda self, index: {"img": np.zeros((3, 9, 8)), "label": np.zeros((9, 8))}, "finished image"),
        (lambda self, index: {"img": np.zeros((9, 8, 3)), "label": np.full((9, 8), 0.5)}, "no whole numbers"),
        (lambda self, index: {"img": np.zeros((9, 8, 3)), "label": np.full((9, 8), 7)}, "no class: 7"),
    ):
        with pytest.raises(DataError, match=message):
            adopted(made(__getitem__=given)).read(0)


def test_a_getitem_that_builds_on_ours_counts(mini: Path):
    class Marked(Dataset):
        def __getitem__(self, index):
            data = super().__getitem__(index)
            data["marks"] = data["label"] * 2
            return data

    chain = [T.Resize([16, 16]), T.RandomHorizontalFlip(1)]
    dataset = Marked("train", mini, chain, train_path="train.txt")
    assert dataset[0]["img"].shape[1:] == (16, 16) and dataset.dataset_root == dataset.root == mini
    sample = adopted(dataset).sample(3, np.random.default_rng(0))
    plain = Dataset("train", mini, chain, train_path="train.txt").sample(3, np.random.default_rng(0))
    np.testing.assert_array_equal(sample.image, plain.image)
    np.testing.assert_array_equal(sample["marks"], plain.label * np.uint8(2))


def mini_set(mini: Path, mode: str = "train", **more: object) -> Dataset:
    return Dataset(mode, mini, [T.Resize([64, 48]), T.Normalize()], train_path="train.txt", val_path="val.txt", **more)


@pytest.mark.parametrize("name", NAMES)
def test_paddles_own_loader_takes_them(plugin: Path, mini: Path, name: str):
    given = build(name, mini, chain=(T.Resize([64, 48]), T.RandomHorizontalFlip(), T.Normalize()))
    loader = paddle.io.DataLoader(given, batch_size=4, drop_last=True, num_workers=0)
    batch = next(iter(loader))
    assert batch["img"].shape == [4, 3, 48, 64] and batch["img"].dtype == paddle.float32
    assert batch["label"].shape == [4, 48, 64] and set(batch["gt_fields"][0]) == {"label"}


def test_paddles_own_loader_takes_ours_in_other_processes(mini: Path):
    batch = next(iter(paddle.io.DataLoader(mini_set(mini, edge=True), batch_size=2, num_workers=1)))
    assert batch["img"].shape == [2, 3, 48, 64] and batch["edge"].shape == batch["label"].shape == [2, 48, 64]


def test_samples_have_paddlesegs_form(mini: Path):
    data, sample = mini_set(mini)[0], mini_set(mini).sample(0, np.random.default_rng(0))
    np.testing.assert_array_equal(data["img"], sample.image.transpose(2, 0, 1))
    np.testing.assert_array_equal(data["label"], sample.label)
    assert data["gt_fields"] == ["label"]
    measured = mini_set(mini, "val")
    data, whole = measured[1], measured.read(1)
    assert data["label"].shape == (1, *whole.size) and data["trans_info"] == [("resize", whole.size)]


def test_the_list_is_paddlesegs_and_the_data_sets_own(mini: Path):
    dataset = mini_set(mini)
    image, label = dataset.file_list[0]
    assert cv2.imread(image).shape[:2] == cv2.imread(label).shape[:2]
    dataset.file_list.append([image, label])
    assert len(dataset) == len(dataset.file_list) == 80 and dataset.file_list[-1:] == [[image, label]]
    del dataset.file_list[1:]
    assert len(dataset) == 1 and adopted(dataset).read(0).path == image


def test_the_folder_may_come_first(mini: Path, tmp_path: Path):
    pair = [str(mini / "images/000000000785.jpg"), str(mini / "masks/000000000785.png")]
    (tmp_path / "train_list.txt").write_text(" ".join(pair) + "\n")
    dataset = DATASETS["OpticDiscSeg"](str(tmp_path), [T.Resize([32, 32])])
    assert dataset[0]["img"].shape == (3, 32, 32) and dataset.mode == "train"


class TestCompose:
    """`Compose` of a dict, as PaddleSeg's documentation and scripts call it."""

    def test_a_file_and_a_label(self, mini: Path):
        data = {
            "img": str(mini / "images/000000000785.jpg"),
            "label": str(mini / "masks/000000000785.png"),
            "gt_fields": ["label"],
        }
        done = T.Compose([T.ResizeByLong(64), T.Padding([80, 72]), T.Normalize()])(data)
        assert done is data and done["img"].shape == (3, 72, 80) and done["img"].dtype == np.float32
        assert done["label"].shape == (72, 80) and set(np.unique(done["label"])) <= {0, 1, 255}
        assert [name for name, _ in done["trans_info"]] == ["resize", "padding"]

    def test_an_array_has_opencvs_order_of_colours(self, mini: Path):
        path = str(mini / "images/000000000785.jpg")
        wanted = T.Compose([T.Normalize()])({"img": path})["img"]
        found = T.Compose([T.Normalize()])({"img": cv2.imread(path).astype("float32")})["img"]
        np.testing.assert_array_equal(found, wanted)
        np.testing.assert_array_equal(T.Compose([T.Normalize()], to_rgb=False)({"img": path})["img"], wanted[::-1])

    def test_a_label_that_is_not_named_stays(self, mini: Path):
        label = np.ones((256, 256), np.uint8)
        done = T.Compose([T.Resize([32, 32])])({"img": str(mini / "images/000000000785.jpg"), "label": label})
        assert done["label"] is label and done["img"].shape == (3, 32, 32)

    def test_what_is_no_picture(self):
        with pytest.raises(ValueError, match="'img' should be a file or a picture"):
            T.Compose([])({"label": np.ones((2, 2))})
