"""Masks, videos and lists as other tools write them, and what would hang or fill the memory."""

from __future__ import annotations

import base64
import json
import os
import shutil
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from data_commands import data
from PIL import Image

from paddleseg.cli.main import main
from paddleseg.convert.masks import plan_masks
from paddleseg.convert.sbd import read_segmentation
from paddleseg.datasets.annotations import Annotations
from paddleseg.datasets.labelme import shape_mask
from paddleseg.datasets.maps import read_map
from paddleseg.datasets.shapes import polygon_mask, rle_mask
from paddleseg.doctor.files import file_facts
from paddleseg.doctor.findings import FileFacts
from paddleseg.errors import DataError
from paddleseg.images import io
from paddleseg.images.head import Head
from paddleseg.images.io import image_size, read_label
from paddleseg.images.mattes import read_matte
from paddleseg.transforms.fields import KINDS


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
        "cut.png": "is truncated",
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
    assert data("show", *source, "--save_dir", tmp_path / "sheet", "--sheet", 9) == 2
    err = capsys.readouterr().err
    assert all(text in err for text in both) and "contact_sheet.png: holds the 2 other pairs" in err
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
        (sparse, "are not read"),
        (tmp_path, "cannot be read"),
        (tmp_path / ("x" * 300), "cannot be read"),
    ):
        assert data("coco", file, tmp_path / "none") == 2 and said in capsys.readouterr().err
    (tmp_path / "lm").mkdir()
    (tmp_path / "lm/a.json").write_text('{"imagePath": "a.png", "shapes": []}')
    os.mkfifo(tmp_path / "lm/b.json")
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


def bomb(w: int, h: int, rows: int | None = None) -> bytes:
    """A small PNG of 1 bit that claims to be large; it is black as far as it has rows, by default all of a photo's."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", w, h, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes((rows or 1000) * (1 + -(-w // 8))))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_a_bomb_is_not_decoded_for_the_contact_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    root = tmp_path / "set"
    saved(root, a=Image.new("RGB", (30, 20), (9, 99, 9)), m=Image.fromarray(square(1)))
    (root / "bomb.png").write_bytes(bomb(30_000, 30_000))
    (root / "l.txt").write_text("a.png m.png\nbomb.png m.png\na.png bomb.png\n")
    decoded: list[int] = []
    for decode in (io.decode_photo, io.decode_label):

        def noted(content: bytes, head: Head, *rest, decode=decode):
            decoded.append(max(head.size))
            return decode(content, head, *rest)

        monkeypatch.setattr(io, decode.__name__, noted)
    assert data("show", "--file_path", root / "l.txt", "--save_dir", tmp_path / "out", "--sheet", 9) == 2
    assert max(decoded) == 30 and (tmp_path / "out/contact_sheet.png").is_file()
    err = capsys.readouterr().err
    assert err.count("bomb.png: has 30,000 x 30,000 pixels") == 2 and "holds the 1 other pairs" in err


def test_pictures_have_one_limit(tmp_path: Path):
    """What training reads, the doctor, converters and annotations take as well: more than Pillow does by itself."""
    side = 13_400
    path = tmp_path / "mask.png"
    path.write_bytes(bomb(side, side, rows=side))
    assert image_size(path) == read_matte(path).opacity.shape == (side, side)
    assert file_facts(path) == FileFacts("PNG", "1")
    assert plan_masks(tmp_path, [(tmp_path / "photo.jpg", "mask.png")])  # a mask, so it may be replaced
    drawn = {"shape_type": "mask", "points": [[0, 0]], "mask": base64.b64encode(path.read_bytes()).decode()}
    assert shape_mask(drawn, (9, 9)).shape == (9, 9)

    largest = 16_384
    for w in (largest, largest + 1):
        file = tmp_path / "instances.json"
        image = {"id": 1, "file_name": "a.jpg", "width": w, "height": largest}
        file.write_text(json.dumps({"images": [image], "annotations": [], "categories": [{"id": 1, "name": "person"}]}))
        path.write_bytes(bomb(w, largest))
        if w == largest:
            assert image_size(path) == (w, w) and len(list(Annotations.load(file).images({1: 1}, empty=True))) == 1
            continue
        for read in (image_size, read_label, read_matte, lambda path: read_map(path, KINDS["depth"])):
            with pytest.raises(DataError, match="no more than 268,435,456 in all"):
                read(path)
        drawn["mask"] = base64.b64encode(path.read_bytes()).decode()
        with pytest.raises(ValueError, match="its mask is 16385x16384"):
            shape_mask(drawn, (9, 9))
        with pytest.raises(DataError, match="not a picture's size"):
            Annotations.load(file)


def test_numbers_out_of_range_elsewhere(tmp_path: Path, mini: Path, capsys):
    config = tmp_path / "c.yml"
    config.write_text(
        f"train_dataset: {{type: Dataset, dataset_root: {mini}, train_path: {mini}/val.txt, num_classes: 2}}\n"
    )
    for flag, value in (("--sample", "-1"), ("--sample", "0")):
        assert main(["doctor", "data", str(config), "--save_dir", str(tmp_path / "o"), flag, value]) == 2
        assert "--sample: should lie between" in capsys.readouterr().err
    compose = ["compose", str(config), "--output", str(tmp_path / "o")]
    for more in (["--jobs", "5000"], ["--seed", "-1"]):
        assert main([*compose, "--count", "1", *more]) == 2 and "should lie between" in capsys.readouterr().err
    assert main([*compose, "--count", "1000000000000"]) == 2
    for more in (["--count", "0"], ["--count", "1", "--jobs", "0"], ["--count", "1", "--max_disk", "nan"]):
        with pytest.raises(SystemExit):
            main([*compose, *more])
    assert not (tmp_path / "o").exists()
