"""List files, pairs of images and labels, and what a data set says about those that do not fit."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import paddleseg.transforms as T
from paddleseg.cli.main import main
from paddleseg.config import build, load_config
from paddleseg.datasets import Cityscapes, Dataset, MiniPortrait, PPHumanSeg14K
from paddleseg.datasets.base import ListError, split_line
from paddleseg.datasets.checks import count_values, is_0_255, strange_values
from paddleseg.datasets.loader import TrainLoader
from paddleseg.errors import ConfigError, DataError
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.soft_labels import soft_label
from paddleseg.registry import DATASETS, TRANSFORMS

RNG = np.random.default_rng


def listed(folder: Path, text: str, name: str = "train.txt") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def one(folder: Path, label: np.ndarray | Image.Image, photo: np.ndarray | Image.Image | None = None, **arguments):
    """A data set of a single pair."""
    size = label.shape[:2] if isinstance(label, np.ndarray) else label.size[::-1]
    photo = np.full((*size, 3), 90, np.uint8) if photo is None else photo
    for name, picture in (("a.png", photo), ("a_label.png", label)):
        (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(folder / name)
    train_path = listed(folder, "a.png a_label.png\n")
    return Dataset("train", folder, [], **{"num_classes": 2, "train_path": train_path, **arguments})


def test_the_bundled_set_reads_whole():
    for mode, count in (("train", 79), ("val", 27)):
        dataset = MiniPortrait(mode=mode)
        assert len(dataset) == count and dataset.num_classes == 2 and dataset.ignore_index == 255
        for index in range(0, count, 9):
            sample = dataset.read(index)
            assert sample.image.dtype == np.uint8 and sample.label.shape == sample.image.shape[:2]
            assert Path(sample.path).is_file() and Path(sample.label_path).is_file()
    assert set(DATASETS.names()) >= {"Dataset", "MiniPortrait", "PPHumanSeg14K"}


def test_the_bundled_set_elsewhere(mini: Path, tmp_path: Path):
    shutil.copytree(mini, tmp_path / "set")
    assert len(MiniPortrait(tmp_path / "set")) == 79
    with pytest.raises(DataError, match="there is no such folder"):
        MiniPortrait(tmp_path / "gone")


def test_the_bundled_set_by_its_name_in_a_configuration(tmp_path: Path):
    config = tmp_path / "mini.yml"
    config.write_text("train_dataset: {type: MiniPortrait, transforms: [{type: Resize, target_size: [64, 32]}]}\n")
    dataset = build.build_dataset(load_config(config), "train")
    assert type(dataset) is MiniPortrait and dataset.sample(3, RNG(0)).size == (32, 64)
    config.write_text("train_dataset: {type: PPHumanSeg14K}\n")
    with pytest.raises(ConfigError, match="train_dataset: PPHumanSeg14K: dataset_root is missing"):
        build.build_dataset(load_config(config), "train")


def test_pphumanseg14k_as_its_authors_pack_it(mini: Path, tmp_path: Path):
    for mode in ("train", "val", "test"):
        for kind, source, ending in (("images", "images", "jpg"), ("annotations", "masks", "png")):
            (tmp_path / mode / kind).mkdir(parents=True)
            shutil.copy(mini / source / f"000000000785.{ending}", tmp_path / mode / kind / f"p.{ending}")
        listed(tmp_path, f"{mode}/images/p.jpg {mode}/annotations/p.png\n", f"{mode}.txt")
    for mode in ("train", "val", "test"):
        dataset = PPHumanSeg14K(tmp_path, mode=mode)
        assert dataset.num_classes == 2 and dataset.read(0).label is not None
        assert dataset.entries[0][0].parent == tmp_path / mode / "images"
    (tmp_path / "val.txt").unlink()
    with pytest.raises(DataError, match=r"val\.txt: there is no such list file"):
        PPHumanSeg14K(tmp_path, mode="val")
    with pytest.raises(ValueError, match="dataset_root is missing"):
        PPHumanSeg14K()
    with pytest.raises(DataError, match="no such folder"):
        PPHumanSeg14K(tmp_path / "gone")


def cityscapes(root: Path, mini: Path, mode: str, ending: str, values: dict[int, int]) -> None:
    """Two photos in the layout of the archives, their labels with `values` for background and person."""
    for city, name in (("ulm", "000000000785"), ("aachen", "000000033368")):
        stem = f"{city}_000001_000019"
        image, label = (root / kind / mode / city for kind in ("leftImg8bit", "gtFine"))
        for folder in (image, label):
            folder.mkdir(parents=True, exist_ok=True)
        Image.open(mini / "images" / f"{name}.jpg").save(image / f"{stem}_leftImg8bit.png")
        mask = np.array(Image.open(mini / "masks" / f"{name}.png"))
        table = np.full(256, 255, np.uint8)
        table[list(values)] = list(values.values())
        Image.fromarray(table[mask]).save(label / f"{stem}_gtFine_{ending}.png")


def test_cityscapes_in_its_layout(mini: Path, tmp_path: Path):
    cityscapes(tmp_path, mini, "train", "labelTrainIds", {0: 2, 1: 11})
    cityscapes(tmp_path, mini, "train", "labelIds", {0: 7, 1: 7})
    dataset = Cityscapes([], tmp_path)
    assert (dataset.num_classes, dataset.ignore_index) == (19, 255)
    assert [image.parent.name for image, _ in dataset.entries] == ["aachen", "ulm"]
    for index in range(2):
        sample = dataset.read(index)
        assert sample.label is not None and sample.label.shape == sample.image.shape[:2]
        assert {2, 11} <= set(np.unique(sample.label)) <= {2, 11, 255}  # and not the ids


def test_cityscapes_as_downloaded_has_its_ids_made_classes(mini: Path, tmp_path: Path):
    cityscapes(
        tmp_path, mini, "val", "labelIds", {0: 11, 1: 24, 255: 4}
    )  # building, person; "static" counts for nothing
    ids = np.arange(34, dtype=np.uint8)
    dataset = Cityscapes([], tmp_path, "val")
    assert {2, 11} <= set(np.unique(dataset.read(0).label)) <= {2, 11, 255}
    path = dataset.entries[0][1]
    assert path is not None
    Image.fromarray(ids[None]).save(path)
    classes = dataset.read_label(path, None)[0]
    assert sorted(set(classes.tolist())) == [*range(19), 255]
    assert [classes[name] for name in (7, 11, 26, 33, 0, 29)] == [0, 2, 13, 18, 255, 255]


def test_cityscapes_says_what_is_missing(mini: Path, tmp_path: Path):
    with pytest.raises(ValueError, match="dataset_root is missing; unpack leftImg8bit_trainvaltest"):
        Cityscapes()
    with pytest.raises(DataError, match=r"(?s)holds no <city>/\*_leftImg8bit\.png.*unpack leftImg8bit_"):
        Cityscapes([], tmp_path)
    cityscapes(tmp_path, mini, "val", "labelTrainIds", {0: 2, 1: 11})
    (tmp_path / "gtFine/val/ulm/ulm_000001_000019_gtFine_labelTrainIds.png").unlink()
    with pytest.raises(DataError, match=r"(?s)1 of 2 photos have no label.*ulm_000001_.*csCreateTrainIdLabelImgs"):
        Cityscapes([], tmp_path, "val")
    shutil.rmtree(tmp_path / "gtFine")
    with pytest.raises(DataError, match=r"(?s)2 of 2 photos have no label.*unpack"):
        Cityscapes([], tmp_path, "val")
    (tmp_path / "leftImg8bit/val").rename(tmp_path / "leftImg8bit/test")
    assert [label for _, label in Cityscapes([], tmp_path, "test").entries] == [None, None]


def test_all_bad_lines_of_a_list_are_named_at_once(tmp_path: Path):
    path = listed(tmp_path, "a.jpg a.png\nb.jpg\n\nc.jpg c.png extra\nd.jpg d.png\n")
    with pytest.raises(ListError) as found:
        Dataset("train", tmp_path, train_path=path)
    assert found.value.dataset is not None and len(found.value.dataset) == 2  # for the doctor
    assert [problem.where for problem in found.value.problems] == [f"{path}:2", f"{path}:4"]
    assert "1 column instead of `image label`: 'b.jpg'" in str(found.value) and "3 columns" in str(found.value)
    with pytest.raises(DataError, match=r"gone\.txt: there is no such list file"):
        Dataset("val", tmp_path, val_path=tmp_path / "gone.txt")
    with pytest.raises(DataError, match="names no images"):
        Dataset("train", tmp_path, train_path=listed(tmp_path, "\n"))


def test_lists_with_other_separators_and_without_labels(tmp_path: Path):
    dataset = Dataset("train", tmp_path, separator=",", train_path=listed(tmp_path, "a b.jpg,a b.png\n"))
    assert dataset.entries == [(tmp_path / "a b.jpg", tmp_path / "a b.png")]
    assert len(Dataset("train", tmp_path, separator=",", train_path="train.txt")) == 1  # below dataset_root
    for between, separator in ((", ", ","), ("\t", " "), ("  ", " "), ("\t", "\t")):
        path = listed(tmp_path, f"\na.jpg{between}a.png\n\n")
        dataset = Dataset("train", tmp_path, separator=separator, train_path=path)
        assert dataset.entries == [(tmp_path / "a.jpg", tmp_path / "a.png")]
    dataset = Dataset("test", tmp_path, test_path=listed(tmp_path, "a.jpg\n\nb.jpg b.png\n", "test.txt"))
    assert [label for _, label in dataset.entries] == [None, tmp_path / "b.png"]


def test_names_with_blanks_in_quotation_marks_and_alone_on_a_line(tmp_path: Path):
    for line, separator, columns in (
        ('"my photo.jpg" "my mask.png"', " ", ["my photo.jpg", "my mask.png"]),
        ('"my photo.jpg"\tmask.png ', " ", ["my photo.jpg", "mask.png"]),
        ('a.jpg "my mask.png"', " ", ["a.jpg", "my mask.png"]),
        ('"a, b.jpg" , b.png', ",", ["a, b.jpg", "b.png"]),
        ('my photo.jpg,"my mask.png"', ",", ["my photo.jpg", "my mask.png"]),
        ('"my photo.jpg"', " ", ["my photo.jpg"]),
        ("ann's.jpg ann's.png", " ", ["ann's.jpg", "ann's.png"]),
        ('5".jpg 5.png', " ", ['5".jpg', "5.png"]),  # an inch is no quotation
        ("my photo.jpg|my mask.png", "|", ["my photo.jpg", "my mask.png"]),
    ):
        assert split_line(line, separator) == columns
    (tmp_path / "my photo.jpg").touch()
    path = listed(tmp_path, "my photo.jpg\na.jpg a.png\n", "test.txt")
    dataset = Dataset("test", tmp_path, test_path=path)
    assert dataset.entries == [(tmp_path / "my photo.jpg", None), (tmp_path / "a.jpg", tmp_path / "a.png")]
    with pytest.raises(DataError, match=r"train.txt:1: 4 columns .*\n  hint: .*quotation marks"):
        Dataset("train", tmp_path, train_path=listed(tmp_path, "my photo.jpg my mask.png\n"))
    with pytest.raises(DataError, match="an empty path instead of"):
        Dataset("train", tmp_path, separator=",", train_path=listed(tmp_path, "a.jpg,\n"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.0, np.nan], "holds 32768 values that are no whole numbers, such as nan"),
        ([0.5, 1.0], "such as 0.5"),
        ([0.0, np.inf], "such as inf"),
        ([0.0, -1.0], "holds values from -1 to 0"),
        ([0, 300], "holds values from 0 to 300"),
        ([0.0, 1.0], None),
    ],
)
def test_labels_that_a_class_reads_as_numbers(mini: Path, tmp_path: Path, values: list, message: str | None):
    class Arrays(Dataset):
        """A data set whose labels are arrays, as people derive one."""

        def read_label(self, path, size):
            return np.load(path)

    row = np.repeat(np.array(values, np.float32 if isinstance(values[0], float) else int), 128)
    np.save(tmp_path / "a.npy", np.tile(row, (256, 1)))
    path = listed(tmp_path, f"{mini}/images/000000000785.jpg {tmp_path}/a.npy\n")
    dataset = Arrays("train", tmp_path, [T.Resize([16, 16]), T.Normalize()], train_path=path)
    if message is None:
        label = next(TrainLoader(dataset, 1).batches())["label"]
        assert label.dtype == np.int64 and set(np.unique(label)) == {0, 1}
        return
    with pytest.raises(DataError, match=rf"a.npy: .*{message}"):
        dataset.read(0)


def test_a_transform_that_leaves_fractions_in_a_label_is_named(mini: Path):
    def half(sample):
        sample.label = sample.label / 2
        return sample

    dataset = MiniPortrait(transforms=[T.Resize([16, 16]), half, T.Normalize()])
    with pytest.raises(DataError, match=r"images/\d+.jpg: label: holds \d+ values that are no whole numbers"):
        next(TrainLoader(dataset, 1).batches())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "training"}, "mode should be train, val or test"),
        ({"mode": "val"}, "mode val needs val_path"),
        ({"num_classes": 0}, "num_classes"),
        ({"img_channels": 4}, "img_channels should be 1 or 3"),
        ({"label_map": {300: 1}}, "label_map"),
    ],
)
def test_bad_arguments_are_refused(tmp_path: Path, arguments: dict, message: str):
    with pytest.raises(ValueError, match=message):
        Dataset(**{"train_path": listed(tmp_path, "a.jpg a.png\n"), **arguments})


def test_sizes_that_differ_are_both_named(tmp_path: Path):
    dataset = one(tmp_path, np.zeros((30, 40), np.uint8), np.zeros((30, 41, 3), np.uint8))
    with pytest.raises(DataError, match=r"a_label\.png: is 40x30, but its image .*a\.png is 41x30"):
        dataset.read(0)


def test_a_photo_turned_by_exif_is_recognised(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6
    dataset = one(tmp_path, np.zeros((30, 40), np.uint8))
    Image.new("RGB", (40, 30)).save(tmp_path / "a.png", exif=exif)
    with pytest.raises(DataError, match="turned by its EXIF entry"):
        dataset.read(0)


def test_values_that_are_no_class_are_named(tmp_path: Path):
    label = np.zeros((8, 8), np.uint8)
    label[0, :3] = 5, 7, 255
    with pytest.raises(
        DataError, match=r"a_label\.png: holds values that are no class: 5, 7\n  hint: classes are 0\.\.1"
    ):
        one(tmp_path, label).read(0)
    assert one(tmp_path, label, num_classes=8).read(0).label.max() == 255
    with pytest.raises(DataError, match="no class: 255"):
        one(tmp_path, label, num_classes=8, ignore_index=9).read(0)


def test_the_0_255_mask_is_an_error_with_its_cure(tmp_path: Path, mini: Path):
    mask = np.asarray(Image.open(mini / "masks" / "000000000785.png"))
    wrong = (mask * 255).astype(np.uint8)
    with pytest.raises(DataError, match=r"holds values that are no class: 255\n  hint: .*label_map: \{255: 1\}"):
        one(tmp_path, wrong, ignore_index=254).read(0)
    np.testing.assert_array_equal(one(tmp_path, wrong, label_map={255: 1}).read(0).label, mask)
    # Where 255 is ignored one image may well hold nothing else; all of them together are the mistake.
    assert one(tmp_path, wrong).read(0).label.max() == 255
    assert is_0_255(count_values(wrong), 2) and not is_0_255(count_values(mask), 2)
    assert not is_0_255(count_values(wrong) + count_values(mask), 2) and not is_0_255(count_values(wrong), 3)
    assert strange_values(count_values(wrong), 2, 254) == [255] and strange_values(count_values(wrong), 2, 255) == []


def test_a_label_saved_as_jpeg_is_recognised(tmp_path: Path, mini: Path):
    mask = Image.open(mini / "masks" / "000000000785.png").point(lambda value: value * 100)
    mask.convert("L").save(tmp_path / "l.jpg")
    Image.new("RGB", mask.size).save(tmp_path / "a.png")
    dataset = Dataset("train", tmp_path, num_classes=2, train_path=listed(tmp_path, "a.png l.jpg\n"))
    with pytest.raises(DataError, match="save labels as PNG"):
        dataset.read(0)


def test_labels_stay_whole_outside_training():
    transforms = [T.Resize([64, 64]), T.RandomHorizontalFlip(1), T.Normalize()]
    trained, evaluated = (MiniPortrait(mode=mode, transforms=transforms) for mode in ("train", "val"))
    evaluated.entries = trained.entries
    sample, whole = trained.sample(0, RNG(0)), evaluated.sample(0, RNG(0))
    assert sample.label.shape == (64, 64) and whole.label.shape == trained.read(0).label.shape
    assert sample.image.shape == whole.image.shape == (64, 64, 3) and sample.image.dtype == np.float32
    np.testing.assert_array_equal(sample.geometry.invert(sample.label, "nearest").shape, whole.label.shape)


def test_a_transform_that_cannot_names_the_photo(mini: Path):
    dataset = MiniPortrait(transforms=[T.Padding([8, 8])])
    with pytest.raises(DataError, match=r"images/\d+\.jpg: Padding: gets an image of"):
        dataset.sample(0, RNG(0))


def test_the_edge_map_is_a_band_along_the_contour(tmp_path: Path):
    label = np.zeros((40, 40), np.uint8)
    label[10:30, 10:30], label[35:] = 1, 255
    edge = one(tmp_path, label, edge=True).sample(0, RNG(0)).extra["edge"]
    assert edge[20, 8:12].tolist() == [1, 1, 1, 1] and edge[20, 7] == 0 and edge[20, 12] == 0
    assert (edge[35:] == 255).all() and edge[34].max() == 0 and edge[0].max() == 0
    # Two pixels by Euclid: the square's corner is cut.
    assert edge[8, 10] == 1 and edge[8, 8] == 0


def test_multi_label_masks_lie_side_by_side(tmp_path: Path):
    planes = RNG(0).integers(0, 2, (20, 30, 3), dtype=np.uint8)
    beside = np.concatenate(list(planes.transpose(2, 0, 1)), axis=1)
    photo = np.zeros((20, 30, 3), np.uint8)
    np.testing.assert_array_equal(one(tmp_path, beside, photo, num_classes=3).read(0).label, planes)
    # With the auxiliary class there is one more class than there are masks.
    assert one(tmp_path, beside, photo, num_classes=4).read(0).label.shape == (20, 30, 3)
    with pytest.raises(DataError, match="is 90x20, but its image"):
        one(tmp_path, beside, photo, num_classes=2).read(0)


def test_grey_images(mini: Path):
    dataset = Dataset("train", mini, [T.Resize([32, 32]), T.Normalize()], img_channels=1, train_path=mini / "train.txt")
    assert dataset.sample(0, RNG(0)).image.shape == (32, 32, 1)


def test_a_data_set_travels_to_other_processes(mini: Path):
    dataset = MiniPortrait(transforms=[T.RandomRotation(), T.RandomPaddingCrop([64, 64]), T.RandomDistort()])
    other = pickle.loads(pickle.dumps(dataset))
    np.testing.assert_array_equal(dataset.sample(3, RNG(5)).image, other.sample(3, RNG(5)).image)


def test_the_data_page_names_every_data_set_and_transform(root: Path):
    page = (root / "docs" / "howto/data.md").read_text(encoding="utf-8")
    assert [name for name in [*DATASETS.names(), *TRANSFORMS.names()] if f"`{name}`" not in page] == []


def test_soft_labels_move_with_the_photo(mini: Path, tmp_path: Path, capsys):
    names = [line.split()[0] for line in (mini / "train.txt").read_text().splitlines()[:4]]
    assert main(["data", "soft_labels", str(mini), str(tmp_path / "all"), "--models", "zoo://nothing"]) == 2
    assert "no such weights" in capsys.readouterr().err
    for name in names:
        target = tmp_path / "photos" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(mini / name)
    command = [
        "data",
        "soft_labels",
        str(tmp_path / "photos"),
        str(tmp_path / "soft"),
        "--models",
        "zoo://pp_humanseg_v1_lite",
    ]
    assert main(command) == 0 and "Wrote 4" in capsys.readouterr().out
    assert main(command) == 0 and "Wrote 0" in capsys.readouterr().out  # those that are there stay
    transforms = [T.Resize([96, 128]), T.RandomPaddingCrop([96, 96]), T.RandomHorizontalFlip(1), T.Normalize()]
    dataset = Dataset("train", mini, transforms, 2, train_path=mini / "train.txt", soft_root=tmp_path / "soft")
    for index in range(4):
        sample = dataset.sample(index, np.random.default_rng(index))
        soft, label = sample.extra["soft"], sample.label
        assert soft.shape == label.shape == (96, 96) and 0 < ((soft > 20) & (soft < 234)).mean() < 0.5
        known = (soft != 255) & (label != 255)
        assert ((soft > 127) == (label == 1))[known].mean() > 0.7
    with pytest.raises(DataError, match=r"soft/images/.*: cannot be read: No such file"):
        dataset.read(4)


def test_soft_labels_are_unknown_where_networks_disagree(mini: Path):
    names = ("pp_humanseg_v1_lite", "portrait")
    photo = Dataset("val", mini, [], 2, val_path="val.txt").read(3).image
    one, other = (soft_label([Predictor.from_zoo(name, "onnx")], photo) for name in names)
    both = [Predictor.from_zoo(name, "onnx") for name in names]
    mean, unsure = soft_label(both, photo), soft_label(both, photo, most_spread=0.3)
    unknown = unsure == 255
    assert 0 < unknown.mean() < 0.5 and not (mean == 255).any()
    np.testing.assert_array_equal(unsure[~unknown], mean[~unknown])
    apart = np.abs(one.astype(int) - other) / 254  # of two, twice the spread
    assert apart[unknown].min() > 0.59 and apart[~unknown].max() < 0.61
