"""Annotations, masks and videos as other tools write them: taken as meant, counted and named, or refused."""

from __future__ import annotations

import base64
import json
import os
import shutil
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from data_commands import data
from PIL import Image

from paddleseg.convert.sbd import read_segmentation
from paddleseg.datasets.base import Dataset
from paddleseg.datasets.shapes import polygon_mask, rle_mask
from paddleseg.errors import DataError
from paddleseg.images.io import read_label
from paddleseg.images.mattes import read_matte

SIZE = {"height": 20, "width": 30}
SQUARE = [[4, 2, 14, 2, 14, 12, 4, 12]]
"""100 pixels."""


def an_object(**more: object) -> dict:
    return {"id": 1, "image_id": 1, "category_id": 1, "area": 100, "bbox": [4, 2, 10, 10], "iscrowd": 0} | more


def coco(file: Path, *objects: Mapping, **more: object) -> Path:
    content = {
        "images": [{"id": 1, "file_name": "a.jpg", **SIZE}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": list(objects),
    }
    file.write_text(json.dumps(content | more), encoding="utf-8")
    return file


# What is drawn (class: pixels) and what is said of it, for objects as other tools write them.
TAKEN = {
    "an id as text": (an_object(id="1", image_id="1", category_id="1", segmentation=SQUARE), {1: 100}, ""),
    "an id as fraction": (an_object(image_id=1.0, category_id=1.0, segmentation=SQUARE), {1: 100}, ""),
    "no iscrowd": ({k: v for k, v in an_object(segmentation=SQUARE).items() if k != "iscrowd"}, {1: 100}, ""),
    "iscrowd as text": (an_object(iscrowd="0", segmentation=SQUARE), {1: 100}, ""),
    "a crowd": (an_object(iscrowd=1, segmentation=SQUARE), {255: 100}, ""),
    "area as text": (an_object(area="100", segmentation=SQUARE), {1: 100}, ""),
    "no list around it": (an_object(segmentation=SQUARE[0]), {1: 100}, ""),
    "points in pairs": (an_object(segmentation=[[[4, 2], [14, 2], [14, 12], [4, 12]]]), {1: 100}, ""),
    "run lengths": (an_object(segmentation={"size": [20, 30], "counts": [100, 60, 440]}), {1: 60}, ""),
    "run lengths as text": (an_object(segmentation={"size": ["20", "30"], "counts": [100, 60, 440]}), {1: 60}, ""),
    "a box": (an_object(segmentation=[]), {255: 100}, "1 objects have a box but no outline"),
    "no segmentation": (an_object(), {255: 100}, "1 objects have a box but no outline"),
    "two points": (an_object(segmentation=[[4, 2, 14, 12]]), {255: 100}, "1 objects have a box but no outline"),
    "another size": (an_object(segmentation=[[0, 0, 300, 0, 300, 200, 0, 200]]), {1: 600}, "1 objects reach beyond"),
    "outside": (an_object(segmentation=[[40, 40, 50, 40, 50, 50]]), {}, "1 objects cover no pixel"),
    "very far outside": (an_object(segmentation=[[-1e9, -1e9, 1e9, -1e9, 1e9, 1e9, -1e9, 1e9]]), {1: 600}, "beyond"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_objects_as_other_tools_write_them(name: str, tmp_path: Path, capsys):
    item, pixels, said = TAKEN[name]
    assert data("coco", coco(tmp_path / "i.json", item), tmp_path / "out") == 0
    assert said in capsys.readouterr().out
    values, counts = np.unique(read_label(tmp_path / "out/a.png"), return_counts=True)
    assert {int(v): int(n) for v, n in zip(values, counts, strict=True) if v} == pixels


IMAGE = {"id": 1, "file_name": "a.jpg", **SIZE}
REFUSED: dict[str, tuple[list[Mapping], dict[str, object], list[str]]] = {
    "no numbers": (
        [an_object(id=n, segmentation=[[1, 1, value, 9, 9, 9]]) for n, value in enumerate((float("nan"), "x"))],
        {},
        ["a.jpg: annotation 0: cannot be drawn", "a.jpg: annotation 1: cannot be drawn", "no masks were written"],
    ),
    "an odd number": ([an_object(segmentation=[[1, 1, 9, 9, 9, 1, 1]])], {}, ["a polygon has 7 numbers"]),
    "a text": ([an_object(segmentation="1 2 3 4 5 6")], {}, ["neither a list of polygons nor run lengths"]),
    "nothing at all": ([an_object(segmentation=[], bbox=[])], {}, ["neither an outline nor a box"]),
    "runs that wrap around": (
        [an_object(segmentation={"size": [20, 30], "counts": [2**62] * 4 + [600]})],
        {},
        ["run lengths sum up to"],
    ),
    "packed runs": ([an_object(segmentation={"size": [20, 30], "counts": "~" * 99})], {}, ["are damaged"]),
    "runs of fractions": ([an_object(segmentation={"size": [20, 30], "counts": [0.5, 599.5]})], {}, ["whole numbers"]),
    "no size": (
        [an_object(segmentation=SQUARE)],
        {"images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg", "height": 9, "width": "wide"}]},
        ["image 1: has no height and width", "image 2: has no height and width"],
    ),
    "a size to fill the memory": (
        [an_object(segmentation=SQUARE)],
        {"images": [IMAGE | {"height": 10**9, "width": 10**9}]},
        ["not a picture's size"],
    ),
    "no name": ([], {"images": [IMAGE | {"file_name": ""}, IMAGE | {"id": 2, "file_name": "a\0.jpg"}]}, ["image 2"]),
    "no image's name": ([], {"images": [{"id": 1, **SIZE}]}, ["has no file_name that a mask could be called by: None"]),
    "one id for two": (
        [an_object(segmentation=SQUARE)],
        {"images": [IMAGE, IMAGE | {"file_name": "b.jpg"}]},
        ["several images have the same id: 1"],
    ),
    "a category that is not there": (
        [an_object(id=5, category_id=9, segmentation=SQUARE), an_object(id=6, category_id=None)],
        {},
        ["2 annotations name a category that is not there: 5, 6"],
    ),
    "no image of it": ([an_object(image_id=7)], {}, ["no annotation belongs to any of its images"]),
    "two for one category": (
        [],
        {"categories": [{"id": 1, "name": "a"}, {"id": "1", "name": "b"}]},
        ["several categories have the same id: 1"],
    ),
    "no lists": ([], {"images": {"a": 1}}, ["is not a COCO instance file"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_files_that_nobody_could_draw(name: str, tmp_path: Path, capsys):
    objects, more, said = REFUSED[name]
    assert data("coco", coco(tmp_path / "i.json", *objects, **more), tmp_path / "out") == 2
    err = capsys.readouterr().err
    assert all(text in err for text in said), err
    assert not list((tmp_path / "out").rglob("*.png"))


def test_what_is_odd_in_a_coco_file_is_said(tmp_path: Path, capsys):
    objects = [an_object(segmentation=SQUARE), an_object(segmentation=SQUARE), an_object(id=3, image_id=8)]
    two_of_a_name = [{"id": 1, "name": "person"}, {"id": 4, "name": "person"}, {"id": "x7", "name": 12}]
    file = coco(
        tmp_path / "i.json", *objects, an_object(id=4, category_id=4, segmentation=SQUARE), categories=two_of_a_name
    )
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert data("coco", file, tmp_path / "out") == 0
    out = capsys.readouterr().out
    assert "1 annotations belong to images that the file does not list: 3" in out
    assert "1 annotations have the id of another one" in out
    assert (tmp_path / "out/class_names.txt").read_text().split() == ["_background_", "person", "12"]
    assert (read_label(tmp_path / "out/a.png") == 1).sum() == 100
    # An object that is known by its box hides nothing that is drawn.
    both = [an_object(area=1, segmentation=[], bbox=[0, 0, 30, 20]), an_object(id=2, segmentation=SQUARE)]
    assert data("coco", coco(tmp_path / "i.json", *both), tmp_path / "box") == 0
    label = read_label(tmp_path / "box/a.png")
    assert (label == 1).sum() == 100 and (label == 255).sum() == 500


def test_an_image_that_cannot_be_drawn_does_not_stop_the_others(tmp_path: Path, capsys):
    images = [IMAGE, IMAGE | {"id": 2, "file_name": "b.jpg"}]
    objects = [an_object(segmentation=[[1, 2, 3, 4, 5, 6, 7]]), an_object(id=2, image_id=2, segmentation=SQUARE)]
    assert data("coco", coco(tmp_path / "i.json", *objects, images=images), tmp_path / "out") == 2
    err = capsys.readouterr().err
    assert "a.jpg: annotation 1" in err and "holds the 1 other masks" in err
    assert [path.name for path in (tmp_path / "out").glob("*.png")] == ["b.png"]


def labelme(folder: Path, name: str, *shapes: Mapping, **more: object) -> None:
    folder.mkdir(exist_ok=True)
    if not (folder / f"{name}.png").exists():
        Image.new("RGB", (60, 40), (90, 120, 150)).save(folder / f"{name}.png")
    record = {
        "imagePath": f"{name}.png",
        "imageData": None,
        "imageHeight": 40,
        "imageWidth": 60,
        "shapes": list(shapes),
    }
    (folder / f"{name}.json").write_text(json.dumps(record | more), encoding="utf-8")


def a_shape(label: object, kind: str | None, *points: tuple[float, float], **more: object) -> dict:
    return {"label": label, "shape_type": kind, "points": points, **more}


CORNERS = ((10, 10), (30, 10), (30, 20), (10, 20))


def test_shapes_as_other_tools_write_them(tmp_path: Path, capsys):
    folder = tmp_path / "in"
    labelme(folder, "a", a_shape(7, "polygon", *CORNERS))
    labelme(folder, "b", a_shape(" 7 ", None, *CORNERS))
    labelme(folder, "c", a_shape("7", "rotation", (20, 5), (30, 15), (20, 25), (10, 15)))
    labelme(folder, "d", a_shape("7", "rectangle", *CORNERS))
    labelme(folder, "e", a_shape("7", "polygon", *CORNERS), imagePath="C:\\Users\\me\\e.png")
    labelme(
        folder, "f", a_shape("7", "polygon", *((5 * x, 5 * y) for x, y in CORNERS)), imageHeight=200, imageWidth=300
    )
    labelme(folder, "g", a_shape("7", "linestrip", *CORNERS), a_shape("7", "polygon", (70, 50), (80, 50), (80, 60)))
    labelme(folder, "h")
    (folder / "b.json").write_bytes(b"\xef\xbb\xbf" + (folder / "b.json").read_bytes())
    (folder / "._a.json").write_bytes(b"\0\5\26\7Mac OS X")
    Image.new("RGB", (9, 9)).save(folder / "alone.png")
    (folder / "further").mkdir()
    (folder / "further/x.json").write_text("{}")
    assert data("labelme", folder, tmp_path / "out") == 0
    out = capsys.readouterr().out
    for said in (
        "8 labels of _background_, 7",
        "left out 1 of type linestrip",
        "left out 1 of type polygon (g.json): they cover no pixel",
        "1 were drawn on another size of their picture, and are scaled (f.json)",
        "1 have shapes that reach beyond the picture: is it the right one? (g.json)",
        "1 have no shapes: all background (h.json)",
        "passed over 1 files of macOS or Windows",
        "passed over 1 .json files in folders further down: further/x.json",
        "1 pictures have no .json file of their name: alone.png",
    ):
        assert said in out, out
    pixels = {name: int(read_label(tmp_path / f"out/annotations/{name}.png").sum()) for name in "abcdefgh"}
    assert pixels == {"a": 200, "b": 200, "c": 200, "d": 200, "e": 200, "f": 200, "g": 0, "h": 0}


def png(array: np.ndarray) -> str:
    return base64.b64encode(cv2.imencode(".png", array)[1].tobytes()).decode()


def test_a_drawn_mask_is_cut_at_the_frame_and_scaled(tmp_path: Path):
    folder = tmp_path / "in"
    small = png(np.full((10, 10), 255, np.uint8))
    labelme(folder, "a", a_shape("x", "mask", (-4, -6), (5, 3), mask=small))
    labelme(folder, "b", a_shape("x", "mask", (55, 35), (64, 44), mask=small))
    labelme(folder, "c", a_shape("x", "mask", (20, 20), (29, 29), mask=small), imageHeight=80, imageWidth=120)
    labelme(folder, "d", a_shape("x", "mask", (1e9, -1e9), (0, 0), mask=small))
    assert data("labelme", folder, tmp_path / "out") == 0
    a, b, c, d = (read_label(tmp_path / f"out/annotations/{name}.png") for name in "abcd")
    assert a[:4, :6].all() and a.sum() == 24
    assert b[35:, 55:].all() and b.sum() == 25
    assert c[10:15, 10:15].all() and c.sum() == 25 and not d.any()


def test_a_photo_within_the_file(tmp_path: Path, capsys):
    folder = tmp_path / "in"
    photo = png(np.full((40, 60, 3), 99, np.uint8))
    labelme(folder, "a", a_shape("x", "polygon", *CORNERS), imageData=photo, imagePath=None)
    labelme(folder, "b", a_shape("x", "polygon", *CORNERS), imageData=photo, imagePath="../../etc/b.png")
    for name in "ab":
        (folder / f"{name}.png").unlink()
    assert data("labelme", folder, tmp_path / "out") == 0
    assert (tmp_path / "out/images/a.png").read_bytes() == base64.b64decode(photo)
    labelme(folder, "c", imageData=photo[:100], imagePath="gone.png")
    labelme(folder, "d", imageData=12, imagePath="gone.png")
    assert data("labelme", folder, tmp_path / "none") == 2
    err = capsys.readouterr().err
    assert "c.json: its imageData is truncated" in err and "d.json: its imageData is damaged" in err
    assert not (tmp_path / "none").exists()


WRONG_SHAPES = {
    "no label": (a_shape(None, "polygon", *CORNERS), "its label is no text"),
    "an empty label": (a_shape("", "polygon", *CORNERS), "its label is empty"),
    "two lines": (a_shape("a\nb", "polygon", *CORNERS), "line breaks"),
    "no points": (a_shape("x", "polygon"), "it is a polygon of 0 points"),
    "two points": (a_shape("x", "polygon", (1, 1), (9, 9)), "it is a polygon of 2 points"),
    "an ellipse": (a_shape("x", "ellipse", (1, 1), (9, 9)), "shapes of the type 'ellipse' are not known"),
    "a turned box": (a_shape("x", "rectangle", (1, 1), (9, 9), rotation=30), "it is turned (rotation: 30)"),
    "not a number": (a_shape("x", "polygon", (1, 1), (float("nan"), 9), (9, 9)), "no finite numbers"),
    "a circle beyond": (a_shape("x", "circle", (9, 9), (1e308, 9)), "beyond all pictures"),
    "three numbers": ({"label": "x", "points": [[1, 2, 3]]}, "cannot"),
    "no points at all": ({"label": "x"}, "cannot be drawn: 'points'"),
    "a mask of nothing": (a_shape("x", "mask", (1, 1), (2, 2), mask="AAAA"), "its mask is damaged"),
    "a circle": (a_shape("x", "circle", (9, 9)), "it is a circle of 1 point"),
}


def test_shapes_that_nobody_could_draw_are_all_named(tmp_path: Path, capsys):
    for n, (shape, _) in enumerate(WRONG_SHAPES.values()):
        labelme(tmp_path / "in", f"s{n:02}", shape, a_shape("x", "polygon", *CORNERS))
    labelme(tmp_path / "in", "t", imageHeight=60, imageWidth=40)
    labelme(tmp_path / "in", "u", imageHeight=40, imageWidth=90)
    assert data("labelme", tmp_path / "in", tmp_path / "out") == 2
    err = capsys.readouterr().err
    for n, (_, said) in enumerate(WRONG_SHAPES.values()):
        assert any(f"s{n:02}.json" in line and said in line for line in err.splitlines()), (n, said, err)
    assert (
        "t.json: its shapes were drawn on a picture of 40x60, but the picture is 60x40" in err and "turn it back" in err
    )
    assert "u.json: its shapes were drawn on a picture of 90x40" in err
    assert not (tmp_path / "out").exists()


def test_the_first_class_is_the_background(tmp_path: Path, capsys):
    labelme(tmp_path / "in", "a", a_shape("person", "polygon", *CORNERS))
    names = tmp_path / "names.txt"
    names.write_text("person\ncup\n")
    assert data("labelme", tmp_path / "in", tmp_path / "out", "--classes", names) == 2
    assert "the first of --classes, which is the background" in capsys.readouterr().err
    names.write_text("_background_\nperson\nperson\n")
    assert data("labelme", tmp_path / "in", tmp_path / "out", "--classes", names) == 2
    labelme(tmp_path / "many", "a", *(a_shape(n, "polygon", *CORNERS) for n in range(300)))
    assert data("labelme", tmp_path / "many", tmp_path / "out") == 2 and "301 classes" in capsys.readouterr().err


def square(top: int = 255, kind: type = np.uint8) -> np.ndarray:
    """A mask with 100 pixels of a value."""
    mask = np.zeros((20, 30), kind)
    mask[2:12, 4:14] = top
    return mask


def saved(folder: Path, **pictures: Image.Image) -> Path:
    folder.mkdir(exist_ok=True)
    for name, picture in pictures.items():
        picture.save(folder / f"{name}.png")
    return folder


def count(folder: Path) -> dict[str, int]:
    return {path.stem: int((read_label(path) == 1).sum()) for path in folder.glob("*.png")}


def test_masks_of_every_make(tmp_path: Path, capsys):
    grey = Image.fromarray(square())
    opaque, clear = Image.new("L", grey.size, 255), Image.fromarray(square())
    palette = Image.fromarray(square(1))
    palette = palette.convert("P")
    palette.putpalette([0, 0, 0, 255, 255, 255])
    folder = saved(
        tmp_path / "in",
        grey=grey,
        la=Image.merge("LA", (grey, opaque)),
        rgba=Image.merge("RGBA", (grey, grey, grey, opaque)),
        cutout=Image.merge("RGBA", (opaque, grey, opaque, clear)),
        one_bit=grey.convert("1"),
        rgb=grey.convert("RGB"),
        palette=palette,
        sixteen=Image.fromarray(square(65535, np.uint16)),
        shallow=Image.fromarray(square(255, np.uint16)),
        nobody=Image.new("L", (30, 20)),
        full=Image.new("L", (30, 20), 255),
    )
    matte = square(60000, np.uint16)
    matte[0, :10] = 30000  # below a half: clipping to 255 would make it person
    Image.fromarray(matte).save(folder / "deep.png")
    Image.fromarray((square() / 255).astype(np.float32)).save(folder / "float.tif")
    grey.convert("RGB").resize((300, 200)).save(folder / "jpeg.jpg", quality=60)
    (folder / "._grey.png").write_bytes(b"\0\5\26\7")
    (folder / "notes.doc").write_text("hello")
    assert data("masks", folder, tmp_path / "out") == 0
    out = capsys.readouterr().out
    found = count(tmp_path / "out")
    assert found.pop("nobody") == 0 and found.pop("full") == 600
    assert found.pop("jpeg") == pytest.approx(10_000, rel=0.02)
    assert found == dict.fromkeys(found, 100) and len(found) == 11
    assert "1 background and nothing else: nobody.png" in out and "1 foreground and nothing else: full.png" in out
    assert "1 of 16 bits that hold no value above 255, taken as 8 bits: shallow.png" in out
    assert "passed over 1 files of macOS or Windows" in out and "no pictures that can be read: notes.doc" in out


def test_masks_of_0_and_1(tmp_path: Path, capsys):
    ones = Image.fromarray(square(1))
    palette = ones.convert("P")
    palette.putpalette([0, 0, 0, 128, 0, 0])
    folder = saved(tmp_path / "in", a=ones, b=palette, nobody=Image.new("L", (30, 20)))
    assert data("masks", folder, tmp_path / "out") == 0
    assert count(tmp_path / "out") == {"a": 100, "b": 100, "nobody": 0}
    assert "2 of 0 and 1: 1 is taken as foreground: a.png, b.png" in capsys.readouterr().out
    saved(folder, c=Image.fromarray(square()))
    assert data("masks", folder, tmp_path / "mixed") == 2
    err = capsys.readouterr().err
    assert "a.png: holds 0 and 1, while other masks here are brighter" in err and "b.png: holds 0 and 1" in err
    assert count(tmp_path / "mixed") == {"c": 100, "nobody": 0}
    grey = saved(tmp_path / "grey", a=Image.fromarray(square(100)))
    assert data("masks", grey, tmp_path / "faint") == 2 and "100 is the most" in capsys.readouterr().err
    assert not (tmp_path / "faint").exists()
    assert data("masks", grey, tmp_path / "faint", "--threshold", 90) == 0 and count(tmp_path / "faint") == {"a": 100}


def test_masks_that_say_nothing(tmp_path: Path, mini: Path, capsys):
    photo = Image.open(mini / "images/000000000785.jpg")
    red = np.dstack([square(), square(0), square(0)])
    palette = Image.fromarray(square(3)).convert("P")
    palette.putpalette([0, 0, 0] * 3 + [128, 0, 0])
    folder = saved(
        tmp_path / "in", photo=photo, opaque=photo.convert("RGBA"), red=Image.fromarray(red), palette=palette
    )
    Image.fromarray(np.full((4, 4), np.nan, np.float32)).save(folder / "nan.tif")
    Image.fromarray(np.full((4, 4), 70.5, np.float32)).save(folder / "fractions.tif")
    Image.fromarray(np.full((4, 4), 70_000, np.int32)).save(folder / "wide.tif")
    (folder / "cut.png").write_bytes((folder / "photo.png").read_bytes()[:5000])
    (folder / "empty.png").write_bytes(b"")
    saved(folder, good=Image.fromarray(square()))
    assert data("masks", folder, tmp_path / "out") == 2
    err = capsys.readouterr().err
    for name, said in {
        "photo.png": "is a picture in colours",
        "opaque.png": "is a picture in colours",
        "red.png": "is a picture in colours",
        "palette.png": "has a palette of colours",
        "nan.tif": "no numbers",
        "fractions.tif": "holds fractions up to 70.5",
        "wide.tif": "16 bits end at 65535",
        "cut.png": "is broken",
        "empty.png": "is empty",
    }.items():
        assert any(name in line and said in line for line in err.splitlines()), (name, err)
    assert "holds the 1 other labels" in err and count(tmp_path / "out") == {"good": 100}


def test_the_alpha_channel_of_a_data_set_counts_even_where_it_is_opaque(tmp_path: Path, mini: Path):
    Image.open(mini / "images/000000000785.jpg").convert("RGBA").save(tmp_path / "a.png")
    assert (read_matte(tmp_path / "a.png", alpha_only=True).opacity == 255).all()
    with pytest.raises(DataError, match="is a picture in colours"):
        read_matte(tmp_path / "a.png")


def video(path: Path, frames: int = 25) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (64, 48))
    for n in range(frames):
        writer.write(np.random.default_rng(n).integers(0, 255, (48, 64, 3), np.uint8))
    writer.release()
    return path


def test_one_broken_video_does_not_stop_the_others(tmp_path: Path, capsys):
    folder = tmp_path / "v"
    for name in ("a", "z"):
        video(folder / f"{name}.avi")
    (folder / "b.mp4").write_bytes(b"no video" * 99)
    (folder / "c.MP4").write_bytes(b"")
    cut = video(folder / "d.avi", 100).read_bytes()
    (folder / "d.avi").write_bytes(cut[: len(cut) // 3])
    (folder / "._a.avi").write_bytes(b"\0\5\26\7")
    (folder / "readme").write_text("hello")
    os.mkfifo(folder / "pipe.mp4")
    assert data("frames", folder, tmp_path / "out", "--fps", 5) == 2
    said = capsys.readouterr()
    assert "b.mp4: is not a video" in said.err and "c.MP4: is not a video" in said.err
    assert "d.avi: ends after" in said.err and "of 4.0 seconds" in said.err
    assert "passed over 1 files of macOS" in said.out and "no videos: pipe.mp4, readme" in said.out
    frames = {path.name: len(list(path.iterdir())) for path in (tmp_path / "out").iterdir()}
    assert frames["a"] == frames["z"] == 5 and 4 <= frames["d"] <= 9 and set(frames) == set("adz")


def pairs_with_a_broken_label(root: Path) -> Path:
    (root / "my photos").mkdir(parents=True)
    (root / "masks").mkdir()
    lines = []
    for n in range(4):
        Image.new("RGB", (30, 20), (60 * n, 90, 99)).save(root / f"my photos/p {n}.jpg")
        Image.fromarray(square(1)).save(root / f"masks/p {n}.png")
        lines.append(f"my photos/p {n}.jpg,masks/p {n}.png\n")
    (root / "masks/p 1.png").write_bytes(b"hello")
    (root / "masks/p 2.png").write_bytes(b"")
    (root / "all.txt").write_text("".join(lines))
    return root / "all.txt"


def test_lists_with_blanks_and_a_broken_label(tmp_path: Path, capsys):
    listed = pairs_with_a_broken_label(tmp_path / "set")
    source = ("--file_path", listed, "--separator", ",")
    both = ("p 1.png: is text, not an image", "p 2.png: is empty")
    assert data("stats", *source, "--json") == 2
    said = capsys.readouterr()
    figures = json.loads(said.out)
    assert figures["labels"] == 2 and figures["class_shares"] == pytest.approx([5 / 6, 1 / 6])
    assert all(text in said.err for text in both)
    assert data("show", *source, "--save_dir", tmp_path / "shown") == 2
    err = capsys.readouterr().err
    assert all(text in err for text in both)
    assert sorted(path.name for path in (tmp_path / "shown").rglob("*.png")) == ["p 0.png", "p 3.png"]
    assert data("show", *source, "--save_dir", tmp_path / "sheet", "--sheet", 9) == 0
    assert data("pseudo_color", listed, tmp_path / "colours", "--separator", ",") == 2
    err = capsys.readouterr().err
    assert all(text in err for text in both)
    assert sorted(path.name for path in (tmp_path / "colours").rglob("*.png")) == ["p 0.png", "p 3.png"]
    assert data("split", tmp_path / "set", "--list", listed, "--separator", ",", "--split", 0.5, 0.5, 0) == 0
    assert len((tmp_path / "set/val.txt").read_text().splitlines()) == 2
    assert data("split", tmp_path / "set", "my photos", "masks", "--split", 0.5, 0.5, 0) == 0
    assert (tmp_path / "set/val.txt").read_text().count('"my photos/p ') == 2
    good = tmp_path / "good.txt"
    good.write_text('"set/my photos/p 0.jpg" "set/masks/p 0.png"\n')
    assert data("stats", "--file_path", good) == 0 and data("pseudo_color", good, tmp_path / "quoted") == 0


def test_values_that_are_no_class_are_counted(tmp_path: Path, capsys):
    Image.fromarray(square(7)).save(tmp_path / "m.png")
    (tmp_path / "l.txt").write_text("m.png m.png\n")
    assert data("stats", "--file_path", tmp_path / "l.txt", "--num_classes", 2) == 0
    assert "no class: value 7 (100 pixels)" in capsys.readouterr().out
    (tmp_path / "l.txt").write_text("m.png\n")
    assert data("stats", "--file_path", tmp_path / "l.txt") == 2


def test_pipes_devices_and_endless_files(tmp_path: Path, capsys):
    folder = saved(tmp_path / "in", good=Image.fromarray(square()))
    os.mkfifo(folder / "pipe.png")
    (folder / "zero.png").symlink_to("/dev/zero")
    (folder / "self").symlink_to(folder)
    (folder / "root").symlink_to("/")
    (folder / "gone.png").symlink_to("nowhere")
    saved(tmp_path / "elsewhere", linked=Image.fromarray(square()))
    (folder / "beside").symlink_to(tmp_path / "elsewhere")
    assert data("masks", folder, tmp_path / "out") == 0
    assert "3 files that are no pictures that can be read: gone.png, pipe.png, zero.png" in capsys.readouterr().out
    assert sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.png")) == [
        "beside/linked.png",
        "good.png",
    ]
    pipe, deep, sparse = folder / "pipe.json", tmp_path / "deep.json", tmp_path / "sparse.json"
    os.mkfifo(pipe)
    deep.write_text("[" * 200_000)
    with sparse.open("wb") as file:
        file.truncate(1 << 40)
    for file, said in (
        (pipe, "is a pipe, a socket or a device"),
        (Path("/dev/zero"), "is a pipe, a socket or a device"),
        (deep, "nested too deeply"),
        (sparse, "more than the"),
        (tmp_path, "cannot be read"),
        (tmp_path / ("x" * 300), "cannot be read"),
    ):
        assert data("coco", file, tmp_path / "none") == 2 and said in capsys.readouterr().err
    labelme(tmp_path / "lm", "a", a_shape("x", "polygon", *CORNERS))
    os.mkfifo(tmp_path / "lm/b.json")
    (tmp_path / "lm/a.png").unlink()
    os.mkfifo(tmp_path / "lm/a.png")
    assert data("labelme", tmp_path / "lm", tmp_path / "none") == 2 and "a.png is missing" in capsys.readouterr().err
    assert data("frames", pipe, tmp_path / "none") == 2


def test_shapes_of_absurd_size():
    angle = np.linspace(0, 2 * np.pi, 50_000)
    many = np.c_[500 + 400 * np.cos(angle), 500 + 400 * np.sin(angle)]
    assert polygon_mask(many, (1000, 1000)).sum() == pytest.approx(np.pi * 160_000, rel=1e-3)
    assert polygon_mask([[-1e9, -1e9], [1e9, -1e9], [1e9, 1e9], [-1e9, 1e9]], (9, 9)).all()
    for points in ([], [[np.nan, 1], [2, 3], [4, 5]], [[np.inf, 1], [2, 3], [4, 5]]):
        with pytest.raises(ValueError, match="points"):
            polygon_mask(points, (9, 9))
    for counts in ([2**63 - 1, 2**63 - 1, 83], [-1, 82], [np.nan, 81], "\xff" * 9):
        with pytest.raises(ValueError, match="run lengths"):
            rle_mask(counts, (9, 9))


@pytest.mark.parametrize(
    "arguments",
    [
        ("frames", "x", "o", "--fps", "nan"),
        ("frames", "x", "o", "--fps", "inf"),
        ("frames", "x", "o", "--fps", "1e9"),
        ("frames", "x", "o", "--fps", "-1"),
        ("masks", "x", "o", "--threshold", "-5"),
        ("masks", "x", "o", "--threshold", "999"),
        ("masks", "x", "o", "--color", "255,0,0"),
        ("masks", "x", "o", "--color", "255,0,0=256"),
        ("masks", "x", "o", "--color", "1,1,1=1", "1,1,1=2"),
        ("masks", "x", "o", "--nearest"),
        ("show", "--file_path", "x", "--sheet", "-1"),
        ("show", "--file_path", "x", "--sheet", "0"),
        ("stats", "--file_path", "x", "--num_classes", "0"),
        ("stats", "--file_path", "x", "--num_classes", "999"),
        ("stats", "--dataset", "EG1800"),
        ("stats", "--dataset", "MiniPortrait", "--mode", "nonsense"),
        ("split", "x", "--seed", "-1"),
        ("prepare", "EG1800", "--root", "x", "--seed", "-1"),
    ],
    ids=" ".join,
)
def test_arguments_out_of_range(arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert data(*arguments) == 2 and capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("shares", [("nan", "0.5", "0.5"), ("-0.5", "1", "0.5"), ("inf", "0", "0"), ("0.5", "0", "0")])
def test_shares_that_are_none(shares: tuple[str, ...], tmp_path: Path, capsys):
    saved(tmp_path / "images", a=Image.fromarray(square()), b=Image.fromarray(square()))
    shutil.copytree(tmp_path / "images", tmp_path / "annotations")
    assert data("split", tmp_path, "--split", *shares) == 2 and "should sum up to 1" in capsys.readouterr().err


def test_matlab_files_of_fractions_or_without_end(tmp_path: Path):
    def element(kind: int, content: bytes) -> bytes:
        return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)

    def mat(values: np.ndarray) -> bytes:
        inner = element(6, bytes([6, 0, 0, 0, 0, 0, 0, 0])) + element(5, np.array(values.shape, "<i4").tobytes())
        field = element(14, inner + element(1, b"") + element(9, values.astype("<f8").tobytes(order="F")))
        name = element(5, struct.pack("<I", 32)) + element(1, b"Segmentation".ljust(32, b"\0"))
        head = element(6, bytes([2, 0, 0, 0, 0, 0, 0, 0])) + element(5, np.array((1, 1), "<i4").tobytes())
        return bytes(128) + element(14, head + element(1, b"GTcls") + name + field)

    file = tmp_path / "a.mat"
    file.write_bytes(mat(np.array([[0, 15], [255, 1]], float)))
    np.testing.assert_array_equal(read_segmentation(file), [[0, 15], [255, 1]])
    for values in ([[0.5, 1]], [[np.nan, 1]], [[256, 1]], [[-1, 1]]):
        file.write_bytes(mat(np.array(values, float)))
        with pytest.raises(DataError, match="no classes from 0 to 255"):
            read_segmentation(file)
    packed = zlib.compress(bytes(65 << 20), 1)
    file.write_bytes(bytes(128) + element(15, packed))
    with pytest.raises(DataError, match="unpacks to more than 64 MB"):
        read_segmentation(file)


def bomb(w: int, h: int) -> bytes:
    """A small PNG that claims to be large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", w, h, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1 << 20))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_a_bomb_is_not_decoded_for_the_contact_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    root = tmp_path / "set"
    saved(root, a=Image.new("RGB", (30, 20), (9, 99, 9)), m=Image.fromarray(square(1)))
    (root / "bomb.png").write_bytes(bomb(30_000, 30_000))
    (root / "l.txt").write_text("a.png m.png\nbomb.png m.png\na.png bomb.png\n")
    read: list[int] = []
    original = Dataset.read
    monkeypatch.setattr(
        Dataset, "read", lambda self, index, rng=None: (read.append(index), original(self, index, rng))[1]
    )
    assert data("show", "--file_path", root / "l.txt", "--save_dir", tmp_path / "out", "--sheet", 9) == 0
    assert read == [0] and "Wrote" in capsys.readouterr().out
