"""Published data sets on small folders in their exact layouts, made of real photos, and `paddleseg data prepare`."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import paddleseg.transforms as T
from paddleseg.cli.main import main
from paddleseg.config import build, load_config
from paddleseg.datasets.mattes import read_matte
from paddleseg.datasets.prepare import compare_counts
from paddleseg.datasets.published import Published
from paddleseg.datasets.split import MODES
from paddleseg.errors import DataError
from paddleseg.images.io import read_image, read_label
from paddleseg.registry import DATASETS

PUBLISHED = [name for name in DATASETS if isinstance(DATASETS[name], type) and issubclass(DATASETS[name], Published)]


@pytest.fixture(scope="module")
def photos(mini: Path) -> list[tuple[Path, Path]]:
    """Real photos with masks of 0 and 1, the smallest ones."""
    lines = (mini / "val.txt").read_text().split()
    pairs = [(mini / image, mini / label) for image, label in zip(lines[::2], lines[1::2], strict=True)]
    return sorted(pairs, key=lambda pair: pair[0].stat().st_size)[:4]


def put(root: Path, photo: tuple[Path, Path], image: str, label: str = "", person: int = 1) -> None:
    """A photo and its mask, with `person` for the person, under the names of a layout; JPEG, PNG or alpha channel."""
    for name in filter(None, (image, label)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
    picture = Image.open(photo[0]).convert("RGB")
    picture.save(root / image, quality=90)
    if not label:
        return
    mask = (np.array(Image.open(photo[1])) == 1).astype(np.uint8)
    if "matting/" in label:  # AISegment: the cut-out itself
        picture.putalpha(Image.fromarray(mask * 255))
        picture.save(root / label)
    else:
        Image.fromarray(mask * person).save(root / label, quality=95)


def people(dataset: Published, photos: list[tuple[Path, Path]]) -> None:
    """Each label shows the person whom the bundled mask shows, up to what JPEG changes."""
    truth = {(*read_image(image).shape[:2], int((read_label(label) == 1).sum())) for image, label in photos}
    for index in range(len(dataset)):
        label = dataset.read(index).label
        assert label is not None and set(np.unique(label)) <= {0, 1}
        counts = [count for h, w, count in truth if (h, w) == label.shape]
        assert min(abs(int(label.sum()) - count) for count in counts) <= 0.02 * label.size


# Image, label and the person's value in each mode; a name stands for the photo's number.
LAYOUTS = {
    "EG1800": dict.fromkeys(("train", "val"), ("Images/{n:05d}.png", "Labels/{n:05d}.png", 1)),
    "SUPERVISELY": dict.fromkeys(("train", "val"), ("ds1/img/p{n}.png", "ds1/ann/p{n}.png", 255)),
    "MiniSupervisely": dict.fromkeys(MODES, ("Images/p{n}.png", "Annotations/p{n}.png", 1)),
    "EasyPortrait": {mode: (f"images/{mode}/a{{n}}.jpg", f"annotations/{mode}/a{{n}}.png", 2) for mode in MODES},
    "P3M10k": {
        "train": ("train/blurred_image/p_{n}.jpg", "train/mask/p_{n}.png", 255),
        "val": ("validation/P3M-500-P/blurred_image/p_{n}.jpg", "validation/P3M-500-P/mask/p_{n}.png", 255),
        "test": ("validation/P3M-500-NP/original_image/p_{n}.jpg", "validation/P3M-500-NP/mask/p_{n}.png", 255),
    },
    "PPM100": {"val": ("image/{n}_o.jpg", "matte/{n}_o.jpg", 255)},
    "FVS": {
        "train": ("original_training/original{n}_7.jpg", "ground_truth_training/gt{n}_7.jpg", 255),
        "val": ("original_testing/original{n}_7.jpg", "ground_truth_testing/gt{n}_7.jpg", 255),
    },
    "OpticDiscSeg": dict.fromkeys(MODES, ("JPEGImages/{n}.jpg", "Annotations/{n}.png", 1)),
    "DRIVE": dict.fromkeys(("train", "val"), ("images/{n}.jpg", "labels/{n}.png", 1)),
    "MiniDeepGlobeRoadExtraction": dict.fromkeys(("train", "val"), ("images/{n}.jpg", "masks/{n}.png", 1)),
}
LISTS = {
    "EG1800": ("eg1800_{mode}.txt", "{n:05d}.png", {"val": "test"}),
    "SUPERVISELY": ("supervisely_face_{mode}_easy.txt", "supervisely/ds1/img/p{n}.png", {"val": "test"}),
    "MiniSupervisely": ("{mode}.txt", "Images/p{n}.png Annotations/p{n}.png", {}),
    "OpticDiscSeg": ("{mode}_list.txt", "JPEGImages/{n}.jpg Annotations/{n}.png", {}),
    "DRIVE": ("{mode}_list.txt", "images/{n}.jpg labels/{n}.png", {}),
    "MiniDeepGlobeRoadExtraction": ("{mode}.txt", "images/{n}.jpg|masks/{n}.png", {}),
}


def lay_out(name: str, root: Path, photos: list[tuple[Path, Path]]) -> None:
    number = 0
    for mode, (image, label, person) in LAYOUTS[name].items():
        lines = []
        for _ in range(2):
            put(root, photos[number % 4], image.format(n=number), label.format(n=number), person)
            if name in LISTS:
                lines.append(LISTS[name][1].format(n=number))
            number += 1
        if lines:
            file = LISTS[name][0].format(mode=LISTS[name][2].get(mode, mode))
            (root / file).write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("name", LAYOUTS)
def test_portraits_in_their_layout(name: str, tmp_path: Path, photos, capsys):
    lay_out(name, tmp_path, photos)
    (tmp_path / next(iter(LAYOUTS[name].values()))[0].format(n=99)).with_name("._0.jpg").write_bytes(b"of a Mac")
    for mode in LAYOUTS[name]:
        dataset = DATASETS[name](dataset_root=tmp_path, mode=mode)
        assert len(dataset) == 2 and dataset.num_classes == 2
        people(dataset, photos)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert main(["data", "prepare", name, "--root", str(tmp_path)]) == 0
    assert all(path.read_bytes() == content for path, content in before.items())  # originals stay as they are
    out = capsys.readouterr().out
    assert DATASETS[name].TERMS in out
    assert ("not as many as published" in out) == bool(DATASETS[name].COUNTS)
    if name in ("AISegment", "P3M10k", "EasyPortrait"):
        assert "passed over 1 files of macOS" in out
    for mode in LAYOUTS[name]:
        pairs = [re.split(r"[ |]", line) for line in (tmp_path / f"{mode}.txt").read_text().splitlines()]
        assert [(tmp_path / a, tmp_path / b) for a, b in pairs] == DATASETS[name](
            dataset_root=tmp_path, mode=mode
        ).entries
    assert not list(tmp_path.rglob(".*.txt"))


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_is_missing_is_said_with_where_to_get_it(name: str, tmp_path: Path, capsys):
    dataset = DATASETS[name]
    with pytest.raises(ValueError, match="dataset_root is missing"):
        dataset()
    with pytest.raises(DataError, match="there is no such folder"):
        dataset(dataset_root=tmp_path / "gone", mode=next(iter(dataset.SPLITS)))
    assert main(["data", "prepare", name, "--root", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert str(tmp_path) in err and dataset.SOURCE in err and "Traceback" not in err
    assert not list(tmp_path.iterdir())
    assert len(dataset.CLASSES) == dataset.NUM_CLASSES == len(set(dataset.CLASSES))
    with pytest.raises(ValueError, match="mode should be one of"):
        dataset(dataset_root=tmp_path, mode="training")


def test_missing_labels_are_counted(tmp_path: Path, photos, capsys):
    lay_out("EasyPortrait", tmp_path, photos)
    (tmp_path / "annotations/train/a1.png").unlink()
    with pytest.raises(DataError, match=r"(?s)1 of 2 labels are missing; the first is .*a1\.png.*easyportrait"):
        DATASETS["EasyPortrait"](dataset_root=tmp_path)
    assert main(["data", "prepare", "EasyPortrait", "--root", str(tmp_path)]) == 2
    assert "1 of 2 labels" in capsys.readouterr().err and not (tmp_path / "val.txt").exists()


def test_labels_of_another_kind_are_found(tmp_path: Path, photos, capsys):
    lay_out("OpticDiscSeg", tmp_path, photos)
    put(tmp_path, photos[0], "JPEGImages/0.jpg", "Annotations/0.png", 7)
    assert main(["data", "prepare", "OpticDiscSeg", "--root", str(tmp_path)]) == 2
    assert "holds values that are no class: 7" in capsys.readouterr().err


def test_an_archive_is_fetched_or_put_in_place_by_hand(tmp_path: Path, photos, capsys, monkeypatch):
    root = tmp_path / "data" / "optic_disc_seg"
    given = ["data", "prepare", "OpticDiscSeg", "--root", str(root)]
    assert main(given) == 2 and "--download` fetches it" in capsys.readouterr().err
    monkeypatch.setattr(DATASETS["OpticDiscSeg"], "URL", "http://127.0.0.1:9/optic_disc_seg.zip")
    assert main([*given, "--download"]) == 2
    told = capsys.readouterr().err
    assert "cannot be fetched" in told and f"save it as {root.parent / 'optic_disc_seg.zip'}" in told
    lay_out("OpticDiscSeg", tmp_path / "packed" / "optic_disc_seg", photos)
    shutil.make_archive(str(root.parent / "optic_disc_seg"), "zip", tmp_path / "packed")
    assert main([*given, "--download"]) == 0 and len(DATASETS["OpticDiscSeg"](dataset_root=root)) == 2
    assert main([*given, "--download"]) == 0  # it is there
    assert main(["data", "prepare", "PPM100", "--root", str(root), "--download"]) == 2


def test_easyportrait_with_the_parts_of_faces(tmp_path: Path, photos):
    lay_out("EasyPortrait", tmp_path, photos)
    dataset = DATASETS["EasyPortrait"](dataset_root=tmp_path, num_classes=9)
    assert dataset.num_classes == 9 == len(dataset.FACE_CLASSES) and dataset.read(0).label.max() == 2
    with pytest.raises(ValueError, match="2 or 9"):
        DATASETS["EasyPortrait"](dataset_root=tmp_path, num_classes=3)


def test_a_matte_counts_as_person_from_its_threshold_on(tmp_path: Path, photos):
    put(tmp_path, photos[0], "image/a.jpg", "matte/a.jpg", 255)
    h, w = read_image(tmp_path / "image/a.jpg").shape[:2]
    ramp = np.broadcast_to(np.linspace(0, 255, w).astype(np.uint8), (h, w))
    Image.fromarray(np.ascontiguousarray(ramp)).save(tmp_path / "matte/a.jpg", quality=100)
    share = [
        DATASETS["PPM100"](dataset_root=tmp_path, mode="val", threshold=t).read(0).label.mean() for t in (0.25, 0.5)
    ]
    assert share == pytest.approx([0.75, 0.5], abs=0.02)
    with pytest.raises(ValueError, match="threshold"):
        DATASETS["PPM100"](dataset_root=tmp_path, mode="val", threshold=0)
    (tmp_path / "matte/a.jpg").write_bytes((tmp_path / "matte/a.jpg").read_bytes()[:900])
    with pytest.raises(DataError, match=r"a\.jpg: is truncated"):
        read_matte(tmp_path / "matte/a.jpg")


def test_aisegment_is_divided_by_folder(tmp_path: Path, photos, capsys):
    for part in range(5):
        for n in range(2):
            image = f"clip_img/1803/clip_{part:08d}/1803-{part:04d}{n}.jpg"
            put(
                tmp_path,
                photos[n],
                image,
                image.replace("clip_img", "matting").replace("clip_", "matting_")[:-3] + "png",
            )
    root = ["--root", str(tmp_path)]
    with pytest.raises(DataError, match=r"(?s)no such list file.*paddleseg data prepare AISegment"):
        DATASETS["AISegment"](dataset_root=tmp_path)
    assert main(["data", "prepare", "AISegment", *root]) == 0
    assert "published: all 10 of 34,427" in capsys.readouterr().out
    folders = []
    for mode, count in zip(MODES, (6, 2, 2), strict=True):
        dataset = DATASETS["AISegment"](dataset_root=tmp_path, mode=mode)
        assert len(dataset) == count
        people(dataset, photos)
        folders.append({image.parent for image, _ in dataset.entries})
    assert not (folders[0] & folders[1] or folders[0] & folders[2] or folders[1] & folders[2])
    first = (tmp_path / "val.txt").read_text()
    assert main(["data", "prepare", "AISegment", *root, "--seed", "5"]) == 0  # what is there stays
    assert (tmp_path / "val.txt").read_text() == first and "are there already" in capsys.readouterr().out
    others = tmp_path / "lists"
    assert main(["data", "prepare", "AISegment", *root, "--seed", "5", "--save_dir", str(others)]) == 0
    assert (others / "val.txt").read_text() != first
    assert main(["data", "prepare", "AISegment", *root, "--save_dir", str(tmp_path / "same")]) == 0
    assert (tmp_path / "same/val.txt").read_text() == first  # the same seed, the same lists


def test_maadaa_is_divided_by_person(tmp_path: Path, photos):
    for n in range(6):
        put(tmp_path, photos[n % 2], f"images/p{n % 3}/{n}.jpg", f"masks/p{n % 3}/{n}.png", 255)
    assert main(["data", "prepare", "Maadaa", "--root", str(tmp_path)]) == 0
    persons = [
        {image.parent.name for image, _ in DATASETS["Maadaa"](dataset_root=tmp_path, mode=m).entries} for m in MODES
    ]
    assert [len(group) for group in persons] == [1, 1, 1] and set.union(*persons) == {"p0", "p1", "p2"}
    people(DATASETS["Maadaa"](dataset_root=tmp_path), photos)


def coco(root: Path, photos, part: str) -> None:
    """Two photos with people as polygon and run lengths, one with a dog only."""
    images, objects = [], []
    for n in range(3):
        put(root, photos[n], f"{part}2017/{n:012d}.jpg")
        h, w = read_image(root / f"{part}2017/{n:012d}.jpg").shape[:2]
        images.append({"id": n, "file_name": f"{n:012d}.jpg", "height": h, "width": w})
        box = {"area": 100.0, "image_id": n, "id": n + 10, "category_id": 18 if n == 2 else 1, "iscrowd": 0}
        objects.append({**box, "segmentation": [[10, 10, 30, 10, 30, 40, 10, 40], [50, 10, 60, 10, 60, 20, 50, 20]]})
        if n == 1:  # a crowd over the upper half of the first 20 columns, and the person before it
            runs = [0] + [h // 2, h - h // 2] * 19 + [h // 2, h - h // 2 + h * (w - 20)]
            crowd = {"size": [h, w], "counts": runs}
            objects.append({**box, "id": 20, "iscrowd": 1, "area": 5.0, "segmentation": crowd})
    content = {
        "images": images,
        "annotations": objects,
        "categories": [{"id": 1, "name": "person"}, {"id": 18, "name": "dog"}],
    }
    (root / "annotations").mkdir(exist_ok=True)
    (root / f"annotations/instances_{part}2017.json").write_text(json.dumps(content))


def test_people_of_coco(tmp_path: Path, photos):
    for part in ("train", "val"):
        coco(tmp_path, photos, part)
    assert main(["data", "prepare", "COCOPerson", "--root", str(tmp_path)]) == 0
    dataset = DATASETS["COCOPerson"](dataset_root=tmp_path)
    assert [image.stem for image, _ in dataset.entries] == [f"{0:012d}", f"{1:012d}"]  # not the dog
    label = dataset.read(0).label
    assert (label == 1).sum() == 20 * 30 + 10 * 10 and label[10:40, 10:30].all() and not (label == 255).any()
    label = dataset.read(1).label
    half = label.shape[0] // 2
    assert label[10:40, 10:20].max() == 1 and (label[:half, :10] == 255).all() and not label[half:, :10].any()
    assert len(DATASETS["COCOPerson"](dataset_root=tmp_path, mode="val")) == 2
    # Masks that are there are not drawn again: a run goes on where another was stopped.
    (tmp_path / "person_masks/val2017" / f"{1:012d}.png").unlink()
    kept = (tmp_path / "person_masks/val2017" / f"{0:012d}.png").stat().st_mtime_ns
    for mode in ("train", "val"):
        (tmp_path / f"{mode}.txt").unlink()
    assert main(["data", "prepare", "COCOPerson", "--root", str(tmp_path)]) == 0
    assert (tmp_path / "person_masks/val2017" / f"{0:012d}.png").stat().st_mtime_ns == kept
    assert len(DATASETS["COCOPerson"](dataset_root=tmp_path, mode="val")) == 2


def test_people_of_coco_as_the_shared_folder_has_them(shared: Path):
    dataset = DATASETS["Dataset"]("val", shared / "data", val_path=shared / "data/coco_person/val.txt")
    values = set()
    for index in range(0, len(dataset), 15):
        values |= set(np.unique(dataset.read(index).label).tolist())
    assert {0, 1} <= values <= {0, 1, 255}


def test_ade20k_begins_at_zero_and_ignores_other(tmp_path: Path, photos):
    for part in ("training", "validation"):
        put(tmp_path, photos[0], f"images/{part}/ADE_1.jpg", f"annotations/{part}/ADE_1.png", 150)
    for mode in ("train", "val"):
        dataset = DATASETS["ADE20K"](dataset_root=tmp_path, mode=mode)
        assert set(np.unique(dataset.read(0).label)) == {255, 149} and dataset.num_classes == 150
    assert dataset.CLASSES[0] == "wall" and dataset.CLASSES[12] == "person" and dataset.CLASSES[149] == "flag"
    assert main(["data", "prepare", "ADE20K", "--root", str(tmp_path)]) == 0


def test_pascal_voc_with_and_without_augmentation(tmp_path: Path, photos):
    base = tmp_path / "VOC2012"
    for n in range(3):
        put(base, photos[n], f"JPEGImages/2007_{n}.jpg", f"SegmentationClass{'Aug' if n == 2 else ''}/2007_{n}.png", 15)
    picture = Image.open(base / "SegmentationClass/2007_0.png").convert("P")
    picture.putpalette([0, 0, 0] * 15 + [192, 128, 128])
    picture.save(base / "SegmentationClass/2007_0.png")
    lists = base / "ImageSets/Segmentation"
    lists.mkdir(parents=True)
    for name, numbers in (("train", "0"), ("val", "1"), ("trainval", "01")):
        (lists / f"{name}.txt").write_text("".join(f"2007_{n}\n" for n in numbers))
    assert main(["data", "prepare", "PascalVOC", "--root", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.glob("*.txt")} == {"train.txt", "val.txt", "trainval.txt"}
    (lists / "aug.txt").write_text("2007_2\n")
    for mode, count in (("train", 1), ("val", 1), ("trainval", 2), ("trainaug", 2)):
        dataset = DATASETS["PascalVOC"]([T.Resize([32, 32])], tmp_path, mode)
        assert len(dataset) == count and dataset.CLASSES[15] == "person"
        assert set(np.unique(dataset.read(count - 1).label)) == {0, 15}
        resized = dataset.sample(0, np.random.default_rng(0)).label.shape == (32, 32)
        assert resized == mode.startswith("train")  # only training moves labels


def test_camvid_as_segnet_packs_it(tmp_path: Path, photos, capsys):
    for n, part in enumerate(MODES):
        put(tmp_path, photos[n], f"{part}/0001TP_{n}.png", f"{part}annot/0001TP_{n}.png", 11)
    (tmp_path / "train.txt").write_text("/SegNet/CamVid/train/0001TP_0.png /SegNet/CamVid/trainannot/0001TP_0.png\n")
    assert main(["data", "prepare", "CamVid", "--root", str(tmp_path)]) == 0
    assert "left as it is" in capsys.readouterr().out and "SegNet" in (tmp_path / "train.txt").read_text()
    for mode in MODES:
        assert set(np.unique(DATASETS["CamVid"](dataset_root=tmp_path, mode=mode).read(0).label)) == {0, 255}


def test_camvid_in_lists_of_pairs(shared: Path):
    for mode, count in (("train", 367), ("val", 101)):
        dataset = DATASETS["CamVid"](dataset_root=shared / "data/camvid", mode=mode)
        assert len(dataset) == count == DATASETS["CamVid"].COUNTS["published"][mode]
        assert dataset.read(0).label.max() in (10, 255)
    with pytest.raises(DataError, match=r"holds no test/\*\.png and no test\.txt"):
        DATASETS["CamVid"](dataset_root=shared / "data/camvid", mode="test")


def test_eg1800_photos_in_their_layout(shared: Path, tmp_path: Path):
    source = shared / "data/eg1800"
    names = sorted(path.stem for path in (source / "images").iterdir())[:6]
    for folder, kind, ending in (("Images", "images", ".jpg"), ("Labels", "masks", ".png")):
        (tmp_path / folder).mkdir()
        for name in names:
            shutil.copy(source / kind / f"{name}{ending}", tmp_path / folder / f"{name}.png")
    for mode, part in (("train", names[:4]), ("test", names[4:])):
        (tmp_path / f"eg1800_{mode}.txt").write_text("".join(f"{name}.png\n" for name in part))
    for mode, count in (("train", 4), ("val", 2)):
        dataset = DATASETS["EG1800"](dataset_root=tmp_path, mode=mode)
        assert len(dataset) == count and 0.2 < dataset.read(0).label.mean() < 0.9


def frames(root: Path, photos, scenes: int = 23) -> None:
    """A frame of each of two videos in each scene, with their attributes."""
    lines = ["video,scene,people,activity,mask,passers_by"]
    for scene in range(scenes):
        for n in range(2):
            video = f"v{scene:02d}{n}"
            put(root, photos[n], f"images/{video}/0001.jpg", f"annotations/{video}/0001.png")
            lines.append(f"{video},room{scene},{n + 1},waving,{n},no")
    (root / "attributes.csv").write_text("\n".join(lines) + "\n")


def test_pphumanseg14k_is_divided_by_scene(tmp_path: Path, photos, capsys):
    frames(tmp_path, photos)
    assert main(["data", "prepare", "PPHumanSeg14K", "--root", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "the paper: train 22 of 9,006" in out and "11 scenes in train, 6 scenes in val, 6 scenes in test" in out
    assert "is in" not in out
    scenes = []
    for mode, count in zip(MODES, (11, 6, 6), strict=True):
        dataset = DATASETS["PPHumanSeg14K"](tmp_path, mode=mode)
        videos = [image.parent.name for image, _ in dataset.entries]
        scenes.append({dataset.videos[video].scene for video in videos})
        assert len(dataset) == 2 * count == 2 * len(scenes[-1])
        assert dataset.where(mask=True, people=2) == list(range(1, 2 * count, 2))
        assert dataset.where(activity="drinking") == []
    assert len(set.union(*scenes)) == 23
    lines = (tmp_path / "val.txt").read_text().splitlines()
    (tmp_path / "test.txt").write_text(lines[0] + "\n")  # lists that came with the data are looked at as well
    assert main(["data", "prepare", "PPHumanSeg14K", "--root", str(tmp_path)]) == 0
    scene = dataset.videos[lines[0].split("/")[1]].scene
    assert f"scene {scene} is in test and val" in capsys.readouterr().out


def test_pphumanseg14k_without_scenes_is_not_divided(tmp_path: Path, photos, capsys):
    frames(tmp_path, photos, 3)
    assert main(["data", "prepare", "PPHumanSeg14K", "--root", str(tmp_path)]) == 2
    assert "3 groups, but 11 + 6 + 6 are asked for" in capsys.readouterr().err
    (tmp_path / "attributes.csv").write_text("video,scene\nv000,room0\n")
    assert main(["data", "prepare", "PPHumanSeg14K", "--root", str(tmp_path)]) == 2
    assert "has no column activity" in capsys.readouterr().err
    (tmp_path / "attributes.csv").unlink()
    assert main(["data", "prepare", "PPHumanSeg14K", "--root", str(tmp_path)]) == 2
    assert "a random division would mix scenes" in capsys.readouterr().err


def test_counts_are_compared_with_every_version():
    published = {"release": {"train": 8770, "val": 2431}, "paper": {"train": 9006, "val": 2549}}
    assert compare_counts({"train": 9006, "val": 2549}, published) == "as many as paper"
    assert "release: val 2,430 of 2,431; paper: train 8,770 of 9,006" in compare_counts(
        {"train": 8770, "val": 2430}, published
    )


def test_by_name_in_a_configuration(tmp_path: Path, photos):
    lay_out("EG1800", tmp_path, photos)
    config = tmp_path / "portraitnet.yml"
    # As PaddleSeg's PortraitNet files have it.
    config.write_text(
        f"""
train_dataset:
  type: EG1800
  dataset_root: {tmp_path}
  common_transforms: [{{type: Resize, target_size: [64, 32]}}]
  transforms1: [{{type: Normalize}}]
  transforms2: [{{type: RandomBlur}}, {{type: Normalize}}]
  mode: train
val_dataset:
  type: EG1800
  dataset_root: {tmp_path}
  common_transforms: [{{type: Normalize}}]
  transforms1: null
  transforms2: null
  mode: val
"""
    )
    cfg = load_config(config)
    sample = build.build_dataset(cfg, "train").sample(0, np.random.default_rng(0))
    assert sample.size == (32, 64) and sample.image.dtype == np.float32
    assert len(build.build_dataset(cfg, "val")) == 2
