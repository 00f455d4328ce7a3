"""No command of the data side writes over its inputs, and two inputs never become one result."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from data_commands import data
from PIL import Image

from paddleseg.cli.main import main
from paddleseg.convert.lists import write_lists
from paddleseg.errors import DataError, OutputError
from paddleseg.images.io import read_label
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.soft_labels import write_soft_labels
from paddleseg.targets import check, name_below, plan


def digests(*folders: Path) -> dict[str, str]:
    """What every file holds, and where every link leads."""
    return {
        str(path): str(path.readlink()) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    """Three masks of 0 and 255, one of them further down."""
    folder = tmp_path / "masks"
    (folder / "sub").mkdir(parents=True)
    mask = np.zeros((20, 30), np.uint8)
    mask[5:15, 5:15] = 255
    for name in ("a", "b", "sub/c"):
        Image.fromarray(mask).save(folder / f"{name}.png")
    return folder


def test_targets_are_checked_before_anything_is_written(tmp_path: Path):
    (tmp_path / "in").mkdir()
    for name in ("m.png", "m.tif", "n.png", "é.png"):
        (tmp_path / "in" / name).write_text(name)
    sources = [(path, path.name) for path in sorted((tmp_path / "in").iterdir())]
    assert plan(tmp_path / "out", sources[1:2], ".png") == [(tmp_path / "in/m.tif", tmp_path / "out/m.png")]
    with pytest.raises(OutputError, match=r"out/m\.png: 2 inputs would all become this one file: .*m\.png, .*m\.tif"):
        plan(tmp_path / "out", sources, ".png")
    with pytest.raises(OutputError, match="2 inputs would all become"):
        check(tmp_path, [(Path("a"), tmp_path / "out/A.png"), (Path("b"), tmp_path / "out/a.png")])
    with pytest.raises(OutputError, match="2 inputs would all become"):  # one letter, in two ways of writing it
        check(tmp_path, [(Path("a"), tmp_path / "\u00e9.png"), (Path("b"), tmp_path / "e\u0301.png")])
    for name in ("../x.png", "/x.png", "", "."):
        with pytest.raises(OutputError, match="1 of 1 results would lie outside of it"):
            plan(tmp_path / "out", [(Path("a"), name)])
    with pytest.raises(OutputError, match=r"b\.png: would lie in .*out/a, which is a result too"):
        check(tmp_path / "out", [(Path("a"), tmp_path / "out/a"), (Path("b"), tmp_path / "out/a/b.png")])
    # The same source again is no second one.
    assert len(plan(tmp_path / "out", [sources[0], sources[0]], ".png")) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("way", ["same", "dots", "linked folder", "linked file", "hard link"])
def test_an_input_is_known_by_whatever_name(way: str, tmp_path: Path, masks: Path, capsys):
    target = {"same": masks, "dots": masks / "sub" / ".."}.get(way, tmp_path / "out")
    if way == "linked folder":
        target.symlink_to(masks)
    elif way in ("linked file", "hard link"):
        target.mkdir()
        (os.symlink if way == "linked file" else os.link)(masks / "a.png", target / "a.png")
    before = digests(tmp_path)
    assert data("masks", masks, target) == 2
    assert "would be written over an input" in capsys.readouterr().err
    assert digests(tmp_path) == before


def test_a_second_run_does_not_take_its_results_for_inputs(tmp_path: Path, masks: Path, capsys):
    before = digests(masks)
    assert data("masks", masks, masks / "labels") == 0
    assert data("masks", masks, masks / "labels") == 2 and "over an input" in capsys.readouterr().err
    assert {name: digest for name, digest in digests(masks).items() if name in before} == before


def test_masks_are_never_written_over_photos(tmp_path: Path, mini: Path, masks: Path, capsys):
    photos = tmp_path / "photos"
    photos.mkdir()
    Image.open(mini / "images/000000000785.jpg").save(photos / "a.png")
    before = digests(photos)
    assert data("masks", masks, photos) == 2
    assert "1 masks would be written over pictures that are no masks" in capsys.readouterr().err
    assert digests(photos) == before
    assert data("masks", masks, tmp_path / "out") == 0 and data("masks", masks, tmp_path / "out") == 0


def test_two_masks_that_become_one(tmp_path: Path, masks: Path, capsys):
    with Image.open(masks / "a.png") as mask:
        mask.save(masks / "a.tif")
    for command in ("masks", "pseudo_color"):
        assert data(command, masks, tmp_path / "out") == 2 and "become this one file" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def coco(file: Path, names: list[object], **more: object) -> Path:
    images = [{"id": n, "file_name": name, "height": 20, "width": 30} for n, name in enumerate(names)]
    box = [[4, 2, 9, 2, 9, 8, 4, 8]]
    objects = [{"id": n, "image_id": n, "category_id": 1, "segmentation": box} for n in range(len(names))]
    content = {"images": images, "categories": [{"id": 1, "name": "person"}], "annotations": objects, **more}
    file.write_text(json.dumps(content))
    return file


def test_names_of_a_coco_file_stay_below_the_output(tmp_path: Path, capsys):
    photos = tmp_path / "photos"
    photos.mkdir()
    Image.new("RGB", (30, 20), (1, 2, 3)).save(photos / "p.png")
    before = digests(photos)
    file = tmp_path / "i.json"
    for name in (str(photos / "p.png"), "../photos/p.png", "C:\\data\\p.png", "a/../../photos/p.png", "..\\p.png"):
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        assert data("coco", coco(file, [name]), tmp_path / "out") == 0
        assert "1 images are named by paths that lead elsewhere" in capsys.readouterr().out
        assert [path.name for path in (tmp_path / "out").rglob("*.png")] == ["p.png"]
    assert data("coco", coco(file, ["sub\\p.jpg"]), tmp_path / "win") == 0 and (tmp_path / "win/sub/p.png").is_file()
    # The folder of the photos as the output: the photo is no mask of an earlier run.
    assert data("coco", coco(file, ["p.png"]), photos) == 2
    assert "over" in capsys.readouterr().err and digests(photos) == before
    for names in (["p.png", "p.tif"], ["/x/p.png", "/y/p.png"], ["a.png", "A.png"]):
        assert data("coco", coco(file, names), tmp_path / "none") == 2
        assert "2 inputs would all become this one file" in capsys.readouterr().err
    assert data("coco", coco(file, ["p.png", "p.png"]), tmp_path / "none") == 2
    assert "several images have the same file_name: p.png" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
    assert name_below("/a/b.png") == name_below("c:\\b.png") == name_below("../b.png") == "b.png"


def test_labelme_leaves_photos_alone(tmp_path: Path, capsys):
    folder = tmp_path / "set"
    (folder / "images").mkdir(parents=True)
    Image.new("RGB", (30, 20), (1, 2, 3)).save(folder / "images/a.png")
    Image.new("RGB", (30, 20), (3, 2, 1)).save(folder / "images/b.png")
    shapes = [{"label": "person", "shape_type": "polygon", "points": [[1, 1], [9, 1], [9, 9]]}]

    def annotate(name: str, photo: str) -> None:
        (folder / f"{name}.json").write_text(json.dumps({"imagePath": photo, "shapes": shapes}))

    annotate("a", "images/a.png")
    before = digests(folder)
    assert data("labelme", folder, folder) == 0  # its photo is where it should go
    assert {name: digest for name, digest in digests(folder).items() if name in before} == before
    annotate("a", "images\\b.png")  # a.json would copy b.png over a.png, which b.json has drawn on
    annotate("b", "images/a.png")
    before = digests(folder)
    assert data("labelme", folder, folder) == 2 and "over an input" in capsys.readouterr().err
    assert digests(folder) == before
    shutil.copytree(folder / "images", tmp_path / "other/images")
    shutil.copyfile(folder / "images/a.png", tmp_path / "other/images/b.png")
    annotate("a", "images/a.png")
    annotate("b", "images/b.png")
    before = digests(tmp_path)
    assert data("labelme", folder, tmp_path / "other") == 2  # somebody's b.png, which is another one
    assert "1 photos would be written over other pictures of their names" in capsys.readouterr().err
    assert digests(tmp_path) == before
    names = folder / "class_names.txt"
    names.write_text("_background_\n\nperson\n")
    assert data("labelme", folder, folder, "--classes", names) == 0
    assert names.read_text() == "_background_\n\nperson\n"


def test_pictures_of_pairs_do_not_replace_them(tmp_path: Path, masks: Path, capsys):
    root = tmp_path / "set"
    (root / "images").mkdir(parents=True)
    shutil.copytree(masks, root / "masks")
    for name in "ab":
        Image.new("RGB", (30, 20), (9, 90, 200)).save(root / f"images/{name}.png")
    (root / "train.txt").write_text("images/a.png masks/a.png\nimages/b.png masks/b.png\n")
    (root / "labels.txt").write_text("images/a.png masks/a.png\n")
    before = digests(root)
    show = ("show", "--file_path", root / "train.txt", "--root", root)
    assert data(*show, "--save_dir", root) == 2 and "over an input" in capsys.readouterr().err
    (root / "contact_sheet.png").symlink_to(root / "images/a.png")
    assert data(*show, "--save_dir", root, "--sheet", 2) == 2 and "over an input" in capsys.readouterr().err
    (root / "contact_sheet.png").unlink()
    assert data("pseudo_color", root / "train.txt", root) == 2 and "over an input" in capsys.readouterr().err
    assert data("pseudo_color", root / "masks", root / "masks") == 2
    assert digests(root) == before


def test_lists_that_a_person_made_are_kept(tmp_path: Path, masks: Path, capsys):
    root = tmp_path / "set"
    shutil.copytree(masks, root / "annotations")
    shutil.copytree(masks, root / "images")
    (root / "train.txt").write_text("images/a.png annotations/a.png\n")
    (root / "labels.txt").write_text("mine\n")
    before = digests(root)
    assert data("split", root, "--split", 0.7, 0.3, 0, "--label_class", "bg", "person") == 2
    err = capsys.readouterr().err
    assert "train.txt: is there already" in err and "labels.txt: is there already" in err
    with pytest.raises(OutputError, match="outside of it"):
        write_lists(root, {"../other": [(root / "images/a.png", root / "annotations/a.png")]})
    assert {name: digest for name, digest in digests(root).items() if name in before} == before
    assert data("split", root, "--overwrite") == 0 and len((root / "train.txt").read_text().splitlines()) == 2
    # What the command wrote it may write again, until somebody has changed it.
    assert data("split", root, "--seed", 3, "--split", 0.4, 0.6, 0) == 0
    (root / "val.txt").write_text((root / "val.txt").read_text() + "\n")
    assert data("split", root, "--seed", 4, "--split", 0.7, 0.3, 0) == 2
    (root / "train.txt").write_text("".join(f"images/{name}.png annotations/{name}.png\n" for name in "ab"))
    assert data("split", root, "--list", root / "train.txt", "--overwrite") == 2
    assert "over an input" in capsys.readouterr().err


def test_frames_of_two_videos_of_one_name(tmp_path: Path, capsys):
    def video(path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (64, 48))
        for n in range(5):
            writer.write(np.full((48, 64, 3), 40 * n, np.uint8))
        writer.release()

    videos = tmp_path / "v"
    videos.mkdir()
    video(videos / "a.avi")
    shutil.copyfile(videos / "a.avi", videos / "a.mkv")
    assert data("frames", videos, tmp_path / "out") == 2 and "become this one file" in capsys.readouterr().err
    (videos / "a.mkv").unlink()
    video(videos / "a/b.avi")  # in a folder that is called as the other video's frames
    assert data("frames", videos, tmp_path / "out") == 2 and "is a result too" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_doctor_writes_over_nothing(tmp_path: Path, mini: Path, masks: Path, capsys):
    root = tmp_path / "set"
    shutil.copytree(mini / "masks", root / "masks")
    (root / "images").mkdir()
    stems = sorted(path.stem for path in (root / "masks").iterdir())[:4]
    for stem in stems:
        shutil.copyfile(mini / f"images/{stem}.jpg", root / f"images/{stem}.jpg")
    (root / "train.txt").write_text("".join(f"images/{stem}.jpg masks/{stem}.png\n" for stem in stems))
    (root / "notes.html").write_text("<p>mine</p>")
    config = root / "c.yml"
    config.write_text(
        f"train_dataset: {{type: Dataset, dataset_root: {root}, train_path: {root}/train.txt, num_classes: 2}}\n"
    )
    before = digests(root)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/contact_sheet.png").symlink_to(root / f"images/{stems[0]}.jpg")
    save = ["--save_dir", str(tmp_path / "sheet")]
    doctor = ["doctor", "data", str(config)]
    for more in (
        ["--html", str(config), *save],
        ["--html", str(root / "train.txt"), *save],
        ["--html", str(root / "notes.html"), *save],
        ["--html", str(root / f"images/{stems[1]}.jpg"), *save],
        ["--save_dir", str(tmp_path / "out")],
    ):
        assert main([*doctor, *more]) == 2
        err = capsys.readouterr().err
        assert "over an input" in err or "is no page of HTML" in err
    assert digests(root) == before and not (tmp_path / "sheet").exists()
    page = ["--html", str(tmp_path / "page.html"), *save]
    assert main([*doctor, *page]) == main([*doctor, *page])  # its own page is replaced
    assert digests(root) == before


def test_soft_labels_of_good_photos_beside_a_broken_one(tmp_path: Path, mini: Path):
    photos, network = tmp_path / "photos", Predictor.from_zoo("portrait", "onnx")
    photos.mkdir()
    Image.open(mini / "images/000000000785.jpg").resize((96, 96)).save(photos / "a.png")
    (photos / "b.jpg").write_bytes(b"hello")
    shutil.copyfile(photos / "a.png", photos / "c.png")
    images = [(path, path.name) for path in sorted(photos.iterdir())]
    before = digests(photos)
    with pytest.raises(OutputError, match="would be written over an input"):
        write_soft_labels([network], images, photos)
    with pytest.raises(OutputError, match="become this one file"):
        write_soft_labels([network], [*images, (mini / "images/000000000785.jpg", "a.jpg")], tmp_path / "soft")
    assert digests(photos) == before and not (tmp_path / "soft").exists()
    with pytest.raises(DataError, match=r"b\.jpg: is text, not an image"):
        write_soft_labels([network], images, tmp_path / "soft")
    assert sorted(path.name for path in (tmp_path / "soft").iterdir()) == ["a.png", "c.png"]
    np.testing.assert_array_equal(read_label(tmp_path / "soft/a.png"), read_label(tmp_path / "soft/c.png"))
