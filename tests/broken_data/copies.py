"""Data sets that hold the same pictures."""

from __future__ import annotations

import shutil

from PIL import Image

from broken_data.kinds import fault
from paddleseg.images.io import read_label


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
