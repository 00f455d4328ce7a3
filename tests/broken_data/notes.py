"""What may be meant so, and is mentioned only."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
from PIL import Image

from broken_data.kinds import note
from paddleseg.images.io import read_image


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
