"""Kinds of broken data sets, made of real photos: the doctor names each in one run, with file or line and a cure."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from PIL import Image

from paddleseg.cli.main import main
from paddleseg.transforms.image_io import read_image, read_label

TRAIN, VAL = 8, 2


class DataSet:
    """A small data set in `root`, and its configuration beside it."""

    def __init__(self, root: Path):
        self.root = root
        self.train, self.val = root / "train.txt", root / "val.txt"
        self.arguments: dict = {"type": "Dataset", "dataset_root": str(root), "num_classes": 2}

    def image(self, index: int, name: str = "train") -> Path:
        return self.root / self.lines(name)[index].split()[0]

    def label(self, index: int, name: str = "train") -> Path:
        return self.root / self.lines(name)[index].split()[1]

    def lines(self, name: str = "train") -> list[str]:
        return (self.root / f"{name}.txt").read_text().splitlines()

    def write(self, lines: list[str], name: str = "train") -> None:
        (self.root / f"{name}.txt").write_text("\n".join(lines) + "\n")

    def change(self, index: int, change: Callable[[str], str], name: str = "train") -> None:
        lines = self.lines(name)
        lines[index] = change(lines[index])
        self.write(lines, name)

    def relabel(self, change: Callable[[np.ndarray], np.ndarray], *indices: int) -> None:
        for index in indices or range(TRAIN):
            Image.fromarray(change(read_label(self.label(index))).astype(np.uint8)).save(self.label(index))

    def config(self) -> Path:
        sets = {
            f"{role}_dataset": {**self.arguments, f"{role}_path": str(self.root / f"{role}.txt")}
            for role in ("train", "val")
        }
        path = self.root.parent / f"{self.root.name}.yml"
        path.write_text(yaml.safe_dump(sets))
        return path


Fault = Callable[[DataSet], tuple[str, str, str]]
FAULTS: dict[str, Fault] = {}
NOTES: dict[str, Fault] = {}


def fault(function: Fault) -> Fault:
    """Breaks a data set; returns parts of the place, of what is said, and of the hint."""
    FAULTS[function.__name__] = function
    return function


def note(function: Fault) -> Fault:
    """As `fault`, for what may be meant so: it is mentioned, and the exit code is 0."""
    NOTES[function.__name__] = function
    return function


# Lists.


@fault
def list_is_missing(data):
    data.val.unlink()
    return "val.txt", "there is no such list file", "one `image label` pair a line"


@fault
def list_is_empty(data):
    data.val.write_text("\n\n")
    return "val.txt", "names no images", "one `image label` pair a line"


@fault
def list_is_utf16(data):
    data.train.write_text(data.train.read_text(), encoding="utf-16")
    return "train.txt:1", "is not UTF-8", "save the list as UTF-8"


@fault
def one_column(data):
    data.change(4, lambda line: line.split()[0])
    return "train.txt:5", "1 column instead of", "`separator`"


@fault
def commas(data):
    data.train.write_text(data.train.read_text().replace(" ", ","))
    return "train.txt", "a comma stands between the paths of all 8 lines", 'add `separator: ","`'


@fault
def blanks_in_a_name(data):
    data.image(1).rename(data.root / "images" / "my photo.jpg")
    data.change(1, lambda line: f"images/my photo.jpg {line.split()[1]}")
    return "train.txt:2", "3 columns", "names hold blanks"


@fault
def quotation_marks(data):
    data.change(3, lambda line: '"{}" "{}"'.format(*line.split()))
    return "train.txt:4", "cannot be read: No such file", "leave the quotation marks out"


@fault
def backslashes(data):
    data.change(3, lambda line: line.replace("/", "\\"))
    return "train.txt:4", "cannot be read: No such file", "write / instead of \\"


@fault
def other_case(data):
    data.change(0, lambda line: line.replace("images/", "Images/").replace(".jpg", ".JPG"))
    return "train.txt:1", "Images/", "there is images/"


@fault
def other_suffix(data):
    data.change(0, lambda line: line.replace(".png", ".bmp"))
    return "train.txt:1", ".bmp: cannot be read", "there is masks/"


@fault
def root_in_every_line(data):
    data.write([" ".join(f"{data.root.name}/{path}" for path in line.split()) for line in data.lines()])
    return "train.txt:1", "cannot be read: No such file", f"leave {data.root.name}/ out of the lines"


@fault
def paths_of_another_machine(data):
    data.change(2, lambda line: " ".join(f"/home/ann/{path}" for path in line.split()))
    return "train.txt:3: /home/ann/images", "cannot be read", "write it relative to dataset_root"


@fault
def url(data):
    data.change(2, lambda line: f"https://example.org/a.jpg {line.split()[1]}")
    return "train.txt:3", "cannot be read: No such file", "download it first"


@fault
def leftover_of_windows(data):
    (data.root / "images" / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0" * 64)
    data.write([*data.lines(), f"images/Thumbs.db {data.lines()[0].split()[1]}"])
    return "train.txt:9", "Thumbs.db is no photo, but a leftover", "take the line out"


@fault
def leftover_of_macos(data):
    name = f"._{data.image(0).name}"
    (data.root / "images" / name).write_bytes(b"\x00\x05\x16\x07" * 64)
    data.write([*data.lines(), f"images/{name} {data.lines()[0].split()[1]}"])
    return "train.txt:9", "is no photo, but a leftover", "take the line out"


@fault
def columns_exchanged(data):
    data.write([" ".join(line.split()[::-1]) for line in data.lines()])
    return "train.txt:1", "names the label first, and then the image; and so for 7 more", "exchange the two columns"


@fault
def image_named_as_its_label(data):
    data.change(5, lambda line: f"{line.split()[0]} {line.split()[0]}")
    return "train.txt:6", "is named as image and as label", "the label's path in the second column"


@fault
def validation_pair_twice(data):
    data.write([*data.lines("val"), f"./{data.lines('val')[1]}"], "val")
    return "val.txt:3", "1 pair listed more than once", "take the others out"


@fault
def one_image_with_two_labels(data):
    data.write([*data.lines(), f"{data.lines()[0].split()[0]} {data.lines()[1].split()[1]}"])
    return "train.txt:9", "has 2 labels", "keep the line with the right one"


# Data sets that hold the same pictures.


@fault
def validation_is_training(data):
    data.val.write_text(data.train.read_text())
    return "train and val", "are the same pictures, all of them", "name another list for val"


@fault
def picture_in_both(data):
    shutil.copyfile(data.image(2), data.image(0, "val"))
    shutil.copyfile(data.label(2), data.label(0, "val"))
    return "train and val", "have 1 picture in common (", "take them out of the train list"


@fault
def picture_in_both_resized_and_recompressed(data):
    with Image.open(data.image(2)) as photo, Image.open(data.label(2)) as mask:
        size = (photo.width * 3 // 5, photo.height * 3 // 5)
        photo.resize(size).save(data.image(0, "val"), quality=60)
        mask.resize(size, Image.Resampling.NEAREST).save(data.label(0, "val"))
    return "train and val", "have 1 picture in common, saved anew", "take them out of the train list"


@fault
def picture_in_both_mirrored(data):
    for source, target in ((data.image(1), data.image(0, "val")), (data.label(1), data.label(0, "val"))):
        with Image.open(source) as picture:
            picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(target)
    return "train and val", "resized or mirrored (", "take them out of the train list"


@fault
def copies_with_different_labels(data):
    shutil.copyfile(data.image(0), data.root / "images" / "copy.jpg")
    Image.fromarray(read_label(data.label(0))[::-1]).save(data.root / "masks" / "copy.png")
    data.write([*data.lines(), "images/copy.jpg masks/copy.png"])
    return "copy.jpg", "the same picture with different labels", "keep the pair with the right label"


@fault
def one_label_for_two_pictures(data):
    with Image.open(data.image(1)) as other, Image.open(data.image(0)) as photo:
        other.resize(photo.size).save(data.image(1))
    shutil.copyfile(data.label(0), data.label(1))
    return data.label(1).name, "the same label for different pictures", "find the right label"


# Files.


@fault
def image_is_missing(data):
    data.image(2).unlink()
    return f"train.txt:3: {data.image(2)}", "cannot be read: No such file", "correct the list"


@fault
def label_is_missing(data):
    data.label(2).unlink()
    return f"train.txt:3: {data.label(2)}", "cannot be read: No such file", "correct the list"


@fault
def all_labels_are_missing(data):
    shutil.rmtree(data.root / "masks")
    data.write(data.lines() + [line.replace("/", "/x") for line in data.lines()])
    return "train.txt:1", "and so for 15 more", "correct the list"


@fault
def dangling_link(data):
    data.image(2).unlink()
    data.image(2).symlink_to("elsewhere.jpg")
    return "train.txt:3", "cannot be read: No such file", "it is a link to elsewhere.jpg, which is not there"


@fault
def link_to_itself(data):
    data.image(2).unlink()
    data.image(2).symlink_to(data.image(2).name)
    return "train.txt:3", f"cannot be read: {os.strerror(errno.ELOOP)}", "the link leads back to itself"


@fault
def folder_instead_of_a_file(data):
    data.label(2).unlink()
    data.label(2).mkdir()
    return "train.txt:3", "cannot be read: Is a directory", "name a file in it"


@fault
def empty_file(data):
    data.label(0).write_bytes(b"")
    return data.label(0).name, "is empty", "replace the file"


@fault
def zeros(data):
    data.image(0).write_bytes(bytes(5000))
    return data.image(0).name, "holds nothing but zeros", "copy it again"


@fault
def truncated_jpeg(data):
    data.image(0).write_bytes(data.image(0).read_bytes()[:-2000])
    return data.image(0).name, "is truncated", "replace the file"


@fault
def truncated_png(data):
    data.label(0).write_bytes(data.label(0).read_bytes()[:-40])
    return data.label(0).name, "is truncated", "replace the file"


@fault
def truncated_bmp(data):
    path = data.image(0).with_suffix(".bmp")
    Image.fromarray(read_image(data.image(0))).save(path)
    path.write_bytes(path.read_bytes()[:9000])
    data.change(0, lambda line: line.replace(".jpg", ".bmp"))
    return path.name, "is ", "replace the file"


@fault
def damaged_png(data):
    content = bytearray(data.label(0).read_bytes())
    content[len(content) // 2] ^= 0xFF
    data.label(0).write_bytes(content)
    return data.label(0).name, "is damaged: a PNG check sum is wrong", "copy or download it again"


@fault
def web_page(data):
    data.image(0).write_text("<html>404 Not Found</html>")
    return data.image(0).name, "is text, not an image", "replace the file"


@fault
def git_lfs_pointer(data):
    data.image(0).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5000\n")
    return data.image(0).name, "is a Git LFS pointer", "git lfs pull"


@fault
def heic(data):
    data.image(0).write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\x9c" * 4000)
    return data.image(0).name, "is an HEIC", "convert it to JPEG or PNG"


def animate(data, suffix: str, **options) -> tuple[str, str, str]:
    path = data.image(0).with_suffix(suffix)
    frames = [Image.fromarray(read_image(data.image(0))).rotate(angle) for angle in (0, 5, 10)]
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    data.change(0, lambda line: line.replace(".jpg", suffix))
    return path.name, "holds 3 pictures, of which only the first is read", "save the one picture that is meant"


@fault
def animated_gif(data):
    return animate(data, ".gif")


@fault
def animated_png(data):
    return animate(data, ".png", duration=40)


@fault
def tiff_of_several_pages(data):
    return animate(data, ".tif")


@fault
def pixel_bomb(data):
    header = b"IHDR" + struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunks = [header, b"IDAT" + zlib.compress(bytes(1000)), b"IEND"]
    framed = [struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks]
    data.image(0).write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(framed))
    return data.image(0).name, "claims to have more than 178 million pixels", "shrink it"


@fault
def one_pixel(data):
    Image.new("RGB", (1, 1)).save(data.image(0))
    Image.new("L", (1, 1)).save(data.label(0))
    return "train: images", f"of less than 16 pixels a side: 1 image ({data.image(0).name})", "take them out"


@fault
def blank_image(data):
    with Image.open(data.image(0)) as photo:
        Image.new("RGB", photo.size, (9, 9, 9)).save(data.image(0))
    return "train: images", "of one colour from border to border: 1 image", "take them out"


# Labels.


@fault
def label_saved_as_jpeg(data):
    path = data.label(0).with_suffix(".jpg")
    Image.fromarray(read_label(data.label(0))).save(path)
    data.change(0, lambda line: line.replace(".png", ".jpg"))
    return "train: labels", f"saved as JPEG, which changes values: 1 label ({path.name})", "save labels as PNG"


@fault
def label_named_png_but_jpeg(data):
    Image.fromarray(read_label(data.label(0))).save(data.label(0), format="JPEG")
    return "train: labels", f"saved as JPEG, which changes values: 1 label ({data.label(0).name})", "as PNG"


@fault
def soft_edges(data):
    data.relabel(lambda label: cv2.GaussianBlur(label * 254, (0, 0), 2))
    return "train: labels", "are no class: 8 labels", "save them hard, as PNG"


@fault
def more_classes_than_configured(data):
    data.relabel(lambda label: np.arange(label.size).reshape(label.shape) * 19 // label.size)
    return "train: labels", "17 values between 2 and 18 are no class: 8 labels", "set `num_classes: 19`"


@fault
def classes_from_1(data):
    data.relabel(lambda label: label + 1)
    return "train: labels", "classes are counted from 1", "add `label_map: {1: 0, 2: 1}`"


@fault
def masks_of_0_and_255(data):
    data.relabel(lambda label: label * 255)
    return "train: labels", "0 and 255 but no 1, so nobody, in 8 labels", "add `label_map: {255: 1}`"


@fault
def some_masks_of_0_and_255(data):
    data.relabel(lambda label: label * 255, 1, 2)
    return "train: labels", "255 but no 1 in 2 labels", "add `label_map: {255: 1}`"


@fault
def value_out_of_range(data):
    data.relabel(lambda label: np.where(np.arange(label.size).reshape(label.shape) < 30, 7, label), 3)
    return "train: labels", f"value 7 is no class: 30 pixels in 1 label ({data.label(3).name})", "classes are 0..1"


@fault
def colour_mask(data):
    Image.fromarray(read_image(data.image(0))).save(data.label(0))
    return data.label(0).name, "is a colour picture, not a mask", "convert colours to classes"


@fault
def class_above_255(data):
    Image.fromarray(read_label(data.label(3)).astype(np.uint16) * 300).save(data.label(3))
    return data.label(3).name, "holds the class 300", "save it with 8 bits"


@fault
def label_of_another_size(data):
    data.relabel(lambda label: label[: label.shape[0] // 2], 3)
    return data.label(3).name, "but its image", "save the label at the image's size"


@fault
def label_not_turned_with_its_photo(data):
    with Image.open(data.image(3)) as photo:
        exif = photo.getexif()
        exif[0x0112] = 6
        photo.crop((0, 0, photo.width, photo.height // 2 * 2 - 60)).save(data.image(3), exif=exif)
    data.relabel(lambda label: label[: label.shape[0] // 2 * 2 - 60], 3)
    return data.label(3).name, "but its image", "turned by its EXIF entry"


@fault
def all_background(data):
    data.relabel(lambda label: label * 0)
    return "train: labels", "all are background from border to border", "check the label files"


@fault
def all_person(data):
    data.relabel(lambda label: label * 0 + 1, 5)
    return "train: labels", f"all person from border to border: 1 label ({data.label(5).name})", "turned round"


@fault
def all_ignored(data):
    data.relabel(lambda label: np.full_like(label, 255), 5)
    return "train: labels", f"ignored from border to border: 1 label ({data.label(5).name})", "take them out"


@fault
def person_and_background_exchanged(data):
    data.relabel(lambda label: 1 - label)
    return "train: labels", "1 along the frame and 0 in the middle", "add `label_map: {0: 1, 1: 0}`"


@fault
def labels_of_other_photos(data):
    labels = [read_label(data.label(index)) for index in range(TRAIN)]
    for index in range(TRAIN):
        h, w = read_image(data.image(index)).shape[:2]
        other = cv2.resize(labels[index - 1], (w, h), interpolation=cv2.INTER_NEAREST)
        Image.fromarray(other).save(data.label(index))
    return "train: labels", "as far as labels of other photos would", "pairs an image with its own label"


@fault
def labels_shifted(data):
    data.relabel(lambda label: np.roll(label, (3, 9), (0, 1)))
    return "train: labels", "off the edges of their photos", "to the right"


# What may be meant so.


@note
def byte_order_mark(data):
    data.train.write_bytes(b"\xef\xbb\xbf" + data.train.read_bytes())
    return "train.txt", "begins with a byte order mark", "first name"


@note
def line_ends_of_windows(data):
    data.train.write_bytes(data.train.read_bytes().replace(b"\n", b"\r\n"))
    return "train.txt", "has line ends of Windows", "trip"


@note
def absolute_paths(data):
    data.change(0, lambda _: f"{data.image(1).resolve()} {data.label(1).resolve()}")
    return "train.txt", "names 1 pair by absolute paths", "relative to dataset_root"


@note
def training_pair_twice(data):
    data.write([*data.lines(), data.lines()[0]])
    return "train.txt:9", "1 pair listed more than once", "meant as a weight"


@note
def names_that_differ_in_case_only(data):
    clash = data.image(0).with_suffix(".JPG")
    if not clash.exists():  # on a disk that tells them apart
        shutil.copyfile(data.image(0), clash)
    data.write([*data.lines(), f"images/{clash.name} {data.lines()[0].split()[1]}"])
    return "train.txt", "differ in upper and lower case only", "rename them"


@note
def grey_image(data):
    with Image.open(data.image(0)) as photo:
        photo.convert("L").save(data.image(0))
    return "train: images", f"grey: 1 of 8 ({data.image(0).name})", "three equal channels"


@note
def transparent_misnamed_image(data):
    with Image.open(data.image(0)) as photo:
        photo.convert("RGBA").save(data.image(0), format="PNG")
    return "train: images", "of another format than the name says: 1 of 8", "rename"


@note
def cmyk_image(data):
    with Image.open(data.image(0)) as photo:
        photo.convert("CMYK").save(data.image(0))
    return "train: images", "in CMYK: 1 of 8", "convert to RGB"


@note
def deep_image(data):
    cv2.imwrite(str(data.image(0).with_suffix(".png")), read_image(data.image(0)).astype(np.uint16) * 257)
    data.change(0, lambda line: line.replace(".jpg", ".png"))
    return "train: images", "of 16 bits: 1 of 8", "8 bits"


@note
def person_free_image(data):
    data.relabel(lambda label: label * 0, 0)
    return "train: labels", "nothing but background in 1 label, 12 %", "nobody"


@note
def specks(data):
    grid = np.zeros((1000, 1000), np.uint8)
    grid[10:400:20, 10:400:20] = 1
    data.relabel(lambda label: label ^ grid[: label.shape[0], : label.shape[1]], 2)
    return "train: labels", "specks or pinholes in 1 label", "below 0.01 %"


@note
def copy_of_a_pair(data):
    for folder, path in (("images", data.image(0)), ("masks", data.label(0))):
        shutil.copyfile(path, data.root / folder / f"copy{path.suffix}")
    data.write([*data.lines(), "images/copy.jpg masks/copy.png"])
    return "train: images", "1 picture under several names", "counts again"


@pytest.fixture(scope="module")
def good(mini: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs of the bundled set in which the doctor finds nothing to mend."""
    root = tmp_path_factory.mktemp("good") / "set"
    (root / "images").mkdir(parents=True)
    (root / "masks").mkdir()
    for name, count in (("train.txt", TRAIN), ("val.txt", VAL)):
        lines = (mini / name).read_text().splitlines()[:count]
        (root / name).write_text("\n".join(lines) + "\n")
        for path in " ".join(lines).split():
            shutil.copyfile(mini / path, root / path)
    return root


@pytest.fixture
def data(good: Path, tmp_path: Path) -> DataSet:
    shutil.copytree(good, tmp_path / "set")
    return DataSet(tmp_path / "set")


def digests(root: Path) -> dict[str, str]:
    found = {}
    for path in root.rglob("*"):
        content = path.read_bytes() if path.is_file() else str(path.is_symlink()).encode()
        found[str(path)] = f"{hashlib.sha256(content).hexdigest()} {path.lstat().st_mtime_ns}"
    return found


def findings(lines: list[str]) -> Iterator[tuple[str, str]]:
    """What was said, and the hint in the line below it."""
    yield from ((one, two) for one, two in pairwise(lines) if two.startswith("  hint: "))


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_data_set_is_named(name: str, data: DataSet, capsys):
    where, what, hint = FAULTS[name](data)
    before = digests(data.root)
    assert main(["doctor", "data", str(data.config()), "--save_dir", str(data.root.parent / "out")]) == 2
    captured = capsys.readouterr()
    said = list(findings(captured.err.splitlines()))
    assert [text for text, cure in said if where in text and what in text and hint in cure], captured.err
    assert len(said) <= 4, "one cause, but many faults"
    assert digests(data.root) == before


@pytest.mark.parametrize("name", NOTES)
def test_what_may_be_meant_is_a_note(name: str, data: DataSet, capsys):
    where, what, hint = NOTES[name](data)
    assert main(["doctor", "data", str(data.config()), "--save_dir", str(data.root.parent / "out")]) == 0
    said = list(findings(capsys.readouterr().out.splitlines()))
    assert [text for text, cure in said if where in text and what in text and hint in cure], said


def test_a_good_data_set_is_found_good(data: DataSet, capsys):
    with Image.open(data.image(0)) as photo:
        photo.save(data.image(0), progressive=True)
    assert main(["doctor", "data", str(data.config()), "--save_dir", str(data.root.parent / "out")]) == 0
    assert "note:" not in capsys.readouterr().out


def test_a_file_that_may_not_be_read(good: Path, capsys):
    """The superuser may read everything, so this steps down for a moment."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        data = DataSet(Path(folder) / "set")
        shutil.copytree(good, data.root)
        data.image(4).chmod(0)
        arguments = ["doctor", "data", str(data.config()), "--save_dir", f"{folder}/out"]
        superuser = os.geteuid() == 0
        if superuser:
            (Path(folder) / "out").mkdir()
            (Path(folder) / "out").chmod(0o777)
            main(arguments)  # whatever is still to be imported
            os.seteuid(65534)
        try:
            assert main(arguments) == 2
        finally:
            if superuser:
                os.seteuid(0)
        text = capsys.readouterr().err
        assert f"train.txt:5: {data.image(4)}: cannot be read: Permission denied" in text and "chmod a+r" in text


def test_there_are_forty_kinds():
    assert len(FAULTS) >= 40
