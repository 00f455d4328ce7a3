"""Files that cannot be used."""

from __future__ import annotations

import errno
import os
import shutil
import struct
import zlib

from PIL import Image

from broken_data.kinds import fault
from paddleseg.images.io import read_image


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
    return data.image(0).name, "60,000 x 60,000 pixels; no more than 268,435,456 in all", "make it smaller"


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
