"""Labels that do not say what was meant."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from broken_data.kinds import TRAIN, fault
from paddleseg.images.io import read_image, read_label


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
