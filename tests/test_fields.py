"""A map of any kind goes from its file to the batch: moved, filled, kept, composed and widened as its kind says."""

from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import pytest
from transform_cases import make

import paddleseg.transforms as T
from paddleseg.datasets import Dataset
from paddleseg.datasets.cache import packed, unpacked
from paddleseg.datasets.loader import EvalLoader, TrainLoader
from paddleseg.errors import DataError
from paddleseg.geometry import Flip, Resize, Warp
from paddleseg.images.io import read_label, write_png
from paddleseg.transforms.base import Compose, Move
from paddleseg.transforms.fields import ALPHA, CLASSES, DEPTH, INSTANCES, KINDS, PLAIN, Field, Kind, mirrors
from paddleseg.transforms.sample import Sample


def ramp(size: tuple[int, int]) -> np.ndarray:
    """A depth that grows from left to right by one a pixel."""
    return np.tile(np.arange(1, size[1] + 1, dtype=np.float32), (size[0], 1))


@pytest.fixture(scope="module")
def folder(mini: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve photos with a depth as .npy, a matte as 8-bit PNG and instances as PNG."""
    root = tmp_path_factory.mktemp("fields")
    lines = (mini / "train.txt").read_text().splitlines()[:12]
    for line in lines:
        image, label = line.split()
        for name in (image, label):
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).symlink_to(mini / name)
        mask = read_label(mini / label)
        for kind in ("depth", "alpha", "things"):
            (root / kind / image).parent.mkdir(parents=True, exist_ok=True)
        np.save(root / "depth" / Path(image).with_suffix(".npy"), ramp(mask.shape))
        write_png(
            (root / "alpha" / image).with_suffix(".png"), cv2.GaussianBlur((mask == 1) * np.uint8(255), (9, 9), 0)
        )
        write_png((root / "things" / image).with_suffix(".png"), (mask == 1) * np.uint8(7))
    for mode in ("train", "val"):
        (root / f"{mode}.txt").write_text("\n".join(lines))
    return root


class Rooms(Dataset):
    """All that a data set says of a new map."""

    FIELDS: ClassVar = {"things": INSTANCES}


def rooms(folder: Path, *chain: object, mode: str = "train", **more: object) -> Dataset:
    chain = chain or (T.Resize([80, 60]), T.RandomRotation(20), T.RandomPaddingCrop([64, 64]), T.Normalize())
    fields = {name: folder / name for name in ("depth", "alpha", "things")}
    return Rooms(mode, folder, chain, 2, train_path="train.txt", val_path="val.txt", fields=fields, **more)


@pytest.mark.parametrize("cache", [None, "ram", "disk"])
def test_three_new_maps_reach_the_batch_by_every_road(folder: Path, tmp_path: Path, cache: str | None):
    def first(workers: int) -> dict:
        where = {"cache": cache, "cache_dir": tmp_path}
        loader = TrainLoader(rooms(folder, edge=True), 6, seed=2, num_workers=workers, **where)
        batches = list(islice(loader.batches(), 3))  # the third is of kept samples
        loader.close()
        return batches[-1]

    alone, together = first(0), first(2)
    for name in ("image", "label", "depth", "alpha", "things", "edge"):
        np.testing.assert_array_equal(alone[name], together[name])
        assert alone[name].shape[0] == 6 and alone[name].shape[-2:] == (64, 64)
    assert {name: alone[name].dtype.name for name in ("depth", "alpha", "things", "edge")} == {
        "depth": "float32",
        "alpha": "float32",
        "things": "int64",
        "edge": "int64",
    }
    assert set(np.unique(alone["things"])) == {0, 7}
    inside = alone["label"] == 1
    assert alone["alpha"].max() == 1.0 and alone["alpha"][inside].mean() > 0.9
    assert 0.02 < ((alone["alpha"] > 0.05) & (alone["alpha"] < 0.95)).mean() < 0.4  # soft, and not rounded
    assert (alone["alpha"][alone["label"] == 255] < 0.6).all()
    assert (np.unique(alone["depth"]).size > 200) and alone["depth"].min() == 0.0


def test_smooth_maps_are_interpolated_and_others_are_not():
    sample = make(np.zeros((40, 60, 3), np.uint8), np.zeros((40, 60), np.uint8))
    sample.fields["depth"] = Field(ramp((40, 60)), DEPTH)
    sample.fields["things"] = Field(ramp((40, 60)).astype(np.int32) * 1000, INSTANCES)
    sample.extra["more"] = np.full((40, 60), 3, np.uint8)
    Move(Resize((40, 150)), "CUBIC")(sample)
    wanted = (np.arange(150) + 0.5) * 60 / 150 + 0.5  # the ramp at the new pixels' centres
    np.testing.assert_allclose(sample.extra["depth"][5, 2:-2], wanted[2:-2], atol=1e-3)
    assert set(np.unique(sample.extra["things"])) == set(range(1000, 61000, 1000))
    T.Padding([160, 50], label_padding_value=9)(sample)
    assert [sample.extra[name][45, 155] for name in ("depth", "things", "more")] == [0, 0, 9]
    assert sample.label[45, 155] == 9 and sample.fields["more"].kind is PLAIN


def test_a_mirrored_picture_exchanges_left_and_right_and_half_a_turn_does_not():
    kind = replace(CLASSES, mirror=((3, 4), (5, 6)))
    label = np.array([[3, 4, 5], [6, 0, 255]], np.uint8)
    assert kind.moved(label, Flip(horizontal=True)).tolist() == [[6, 3, 4], [255, 0, 5]]
    assert kind.moved(label, Flip(horizontal=True, vertical=True)).tolist() == [[255, 0, 6], [5, 4, 3]]
    turned = T.RandomRotation(30).plan((9, 9), np.random.default_rng(0))[0].step
    assert isinstance(turned, Warp) and not mirrors(turned)
    assert mirrors(turned.flipped(Flip(vertical=True))) and not mirrors(turned.flipped(Flip(True, True)))
    # In a chain, where turning and mirroring become one step.
    sample = make(np.zeros((60, 60, 3), np.uint8), None)
    sample.fields["label"] = Field(np.full((60, 60), 3, np.uint8), kind)
    Compose([T.RandomRotation(5), T.RandomHorizontalFlip(1)])(sample)
    assert len(sample.geometry.steps) == 1 and set(np.unique(sample.label)) == {4, 255}


def test_parts_of_faces_change_sides(mini: Path, tmp_path: Path):
    from paddleseg.datasets.portraits import EasyPortrait

    for part, file in (("images", "a.jpg"), ("annotations", "a.png")):
        (tmp_path / part / "train").mkdir(parents=True)
        if part == "images":
            (tmp_path / part / "train" / file).symlink_to(mini / "images/000000000785.jpg")
    h, w = read_label(mini / "masks/000000000785.png").shape
    write_png(tmp_path / "annotations/train/a.png", np.full((h, w), 3, np.uint8))
    for classes, found in ((9, 4), (2, 1)):
        dataset = EasyPortrait([T.RandomHorizontalFlip(1)], tmp_path, num_classes=classes)
        assert set(np.unique(dataset.sample(0, np.random.default_rng(0)).label)) == {found}


def test_composed_people_bring_their_maps(folder: Path, mini: Path):
    dataset = rooms(folder, T.ComposePortrait(mini / "images", prob=1, empty_prob=0, target_size=[160, 120]))
    for index in range(3):
        sample = dataset.sample(index, np.random.default_rng(index))
        assert sample.fields.keys() == {"image", "label", "depth", "alpha", "things"}
        person = sample.label == 1
        # What is drawn has a soft edge, beyond which the maps have nothing to give.
        assert ((sample.extra["things"] == 7) != person).mean() < 0.001
        assert ((sample.extra["depth"] > 0) != person).mean() < 0.001
        alpha = sample.extra["alpha"]
        assert alpha.dtype == np.uint8 and alpha[person].mean() > 200
        edge = (alpha > 20) & (alpha < 235)
        assert edge.any() and (alpha[~person & (alpha > 0)] < 200).all()  # a soft edge, beyond the mask's too
    hidden = rooms(folder, T.RandomOcclusion(1)).sample(0, np.random.default_rng(1))
    gone = rooms(folder, T.Normalize()).sample(0, np.random.default_rng(1)).label != hidden.label
    assert gone.any() and all(hidden.extra[name][gone].max() < 140 for name in ("alpha", "things"))
    assert (hidden.extra["depth"][gone] == 0).all()


def test_evaluation_leaves_all_maps_at_their_own_size(folder: Path):
    dataset = rooms(folder, T.Resize([32, 32]), T.RandomHorizontalFlip(1), T.Normalize(), mode="val")
    for workers in (0, 1):
        sample = next(iter(EvalLoader(dataset, num_workers=workers)))[0]
        whole = dataset.read(0)
        assert sample.size == (32, 32) and sample.label_names == ["label", "things", "depth", "alpha"]
        for name in sample.label_names:
            np.testing.assert_array_equal(sample[name], whole[name])
            assert sample.fields[name].kind == whole.fields[name].kind


def test_kept_samples_keep_kinds_and_values():
    sample = make(np.zeros((5, 7, 3), np.uint8), np.zeros((5, 7), np.uint8))
    own = Kind("own", smooth=True, fill=-1.0, mirror=((1, 2),))
    sample.fields["own"] = Field(np.arange(35, dtype=np.float64).reshape(5, 7), own)
    for again in (
        unpacked(bytearray(b"".join(packed(sample))), ("a", "b"), sample.rng),
        pickle.loads(pickle.dumps(sample)),
    ):
        assert {name: field.kind for name, field in again.fields.items()} == {
            "image": KINDS["image"],
            "label": CLASSES,
            "own": own,
        }
        assert again.extra["own"].flags.aligned and again.extra["own"].flags.writeable
        np.testing.assert_array_equal(again.extra["own"], sample.extra["own"])


def test_views_of_the_fields():
    sample = Sample(np.zeros((4, 5, 3)), None, np.random.default_rng(), None, extra={"edge": np.ones((4, 5))})
    assert sample.label is None and sample.label_names == ["edge"] and sample.fields["edge"].kind is KINDS["edge"]
    sample["label"] = np.zeros((4, 5))
    sample["alpha"] = np.ones((4, 5))
    sample["name"] = "a note"
    assert sample.label_names == ["label", "edge", "alpha"] and sample.notes == {"name": "a note"}
    assert sample.fields["alpha"].kind is ALPHA and dict(sample.extra).keys() == {"edge", "alpha"}
    kind = sample.fields["label"].kind
    sample.label = np.ones((2, 2))
    assert sample.fields["label"].kind is kind and sample["label"].shape == (2, 2)
    sample["alpha"] = np.zeros((2, 2))  # known: also before the image has its new size
    assert sample.extra["alpha"].shape == (2, 2)
    sample.extra = {"alpha": np.ones((4, 5))}
    sample.label = None
    assert list(sample.fields) == ["image", "alpha"]
    with pytest.raises(KeyError):
        sample.extra["image"]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((256, 256), np.nan, np.float32), "not finite"),
        (np.zeros((256, 257), np.float32), r"is 257x256, but its image .* is 256x256"),
        (np.zeros(7), "holds no map"),
        (np.array([[object()]]), "cannot be read"),
    ],
)
def test_a_map_that_cannot_be_used_is_named(mini: Path, tmp_path: Path, array: np.ndarray, message: str):
    file = tmp_path / "images" / "000000000785.npy"
    file.parent.mkdir()
    np.save(file, array, allow_pickle=True)
    (tmp_path / "train.txt").write_text("images/000000000785.jpg masks/000000000785.png")
    dataset = Dataset("train", mini, [], train_path=tmp_path / "train.txt", fields={"depth": tmp_path})
    with pytest.raises(DataError, match=rf"000000000785.npy: .*{message}"):
        dataset.read(0)
    file.unlink()
    with pytest.raises(DataError, match=r"000000000785\.png: cannot be read"):
        dataset.read(0)
    with pytest.raises(DataError, match="things: has no folder"):
        Rooms("train", mini, [], train_path=tmp_path / "train.txt").read(0)


def test_sixteen_bits_stay_sixteen_bits(mini: Path, tmp_path: Path):
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images/000000000785.png"), np.full((256, 256), 4321, np.uint16))
    (tmp_path / "train.txt").write_text("images/000000000785.jpg masks/000000000785.png")
    given = {"train_path": tmp_path / "train.txt", "fields": {"depth": tmp_path, "alpha": tmp_path}}
    loader = TrainLoader(Dataset("train", mini, [T.Resize([8, 8]), T.Normalize()], **given), 1)
    batch = next(loader.batches())
    loader.close()
    assert set(batch["depth"].ravel()) == {4321.0}
    np.testing.assert_allclose(batch["alpha"], 4321 / 65535, rtol=1e-6)


def test_a_class_that_knows_where_its_maps_lie(folder: Path):
    class Known(Dataset):
        FIELDS: ClassVar = {"shade": Kind("shade", smooth=True, fill=-1.0, dtype="float32")}

        def field_file(self, name, image):
            return folder / "depth" / image.relative_to(folder).with_suffix(".npy")

    dataset = Known("train", folder, [T.Padding([700, 700]), T.Normalize()], train_path="train.txt")
    batch = next(TrainLoader(dataset, 1).batches())
    assert batch["shade"].dtype == np.float32 and (batch["shade"][0, -1] == -1).all() and batch["shade"][0, 0, 4] == 5
