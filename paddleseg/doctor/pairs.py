"""One image and its label, read once: all that the checks of a whole data set ask for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from paddleseg.datasets.base import Dataset, Entry
from paddleseg.datasets.checks import check_size, count_values, strange_values
from paddleseg.doctor.alphas import alpha_facts
from paddleseg.doctor.edges import edge_fit
from paddleseg.doctor.files import file_facts
from paddleseg.doctor.findings import Finding, Pair, as_finding
from paddleseg.doctor.hashes import fingerprint
from paddleseg.doctor.lists import cure_for
from paddleseg.errors import DataError
from paddleseg.images.io import read_image
from paddleseg.images.mattes import read_alpha

_SPECK = 1e-4
"""Share of the image below which a piece of a class is a speck."""


def look(dataset: Dataset, entry: Entry, line: int = 0, *, thorough: bool = True) -> Pair:
    """Read a pair; faults are kept, not raised.

    Args:
        thorough: Look at the pixels as well; without, only at what ends a training.
    """
    pair = Pair(*entry, line)
    pair.counts = np.zeros(_known(dataset), np.int64)
    image = _attempt(pair, dataset, pair.image, "image", lambda: _image(pair, dataset, thorough))
    if pair.label is not None:
        # Without its image, a label is still read, so that its own faults are named in the same run.
        label = _attempt(pair, dataset, pair.label, "label", lambda: _label(pair, dataset))
        if _is_exchanged(pair):
            what, hint = "names the label first, and then the image", "exchange the two columns"
            fault = Finding(pair.place(dataset), what, hint, kind="list.exchanged", pairs=(pair,), optional=True)
            pair.faults = [fault]
        if label is not None and dataset.target == "alpha":
            _take_alpha(pair, dataset, image, label)
        elif thorough and image is not None and label is not None and label.ndim == 2 and _is_sound(pair, dataset):
            _compare(pair, image, label, dataset.ignore_index)
    return pair


def _take_alpha(pair: Pair, dataset: Dataset, image: np.ndarray | None, alpha: np.ndarray) -> None:
    assert pair.label is not None
    deep = pair.label_file.mode.startswith("I")
    shallow = deep and read_alpha(pair.label).dtype == np.uint8
    pair.alpha = alpha_facts(alpha, image if getattr(dataset, "composes", False) else None, shallow)
    _place(pair, alpha >= 0.5)


def _place(pair: Pair, shown: np.ndarray) -> None:
    """Where the foreground is: along the frame, or in the middle."""
    h, w = shown.shape
    pair.border = float(np.mean([shown[0].mean(), shown[:, 0].mean(), shown[:, -1].mean()]))
    pair.centre = float(shown[h // 4 : h - h // 4, w // 4 : w - w // 4].mean())


def _is_sound(pair: Pair, dataset: Dataset) -> bool:
    """Whether the label holds classes only: the shape of anything else says nothing."""
    return not strange_values(pair.counts, dataset.num_classes, dataset.ignore_index)


def _is_exchanged(pair: Pair) -> bool:
    """Whether a photo stands in the label's place and what may be a mask in the image's."""
    photo = pair.label_file.format in ("JPEG", "MPO") and pair.label_file.mode == "RGB"
    return photo and pair.image_file.format == "PNG" and pair.image_file.mode in ("1", "L", "P")


def _attempt(pair: Pair, dataset: Dataset, path: Path, kind: str, read: Callable[[], np.ndarray]) -> np.ndarray | None:
    try:
        return read()
    except DataError as error:
        pair.faults += [as_finding(problem, f"{kind}.broken", pair, optional=True) for problem in error.problems]
    except OSError as error:
        where = f"{pair.place(dataset)}: {path}" if pair.line else str(path)
        what, hint = f"cannot be read: {error.strerror or error}", cure_for(path, dataset.root, error)
        pair.faults.append(Finding(where, what, hint, kind=f"{kind}.unreadable", pairs=(pair,), optional=True))
    return None


def _image(pair: Pair, dataset: Dataset, thorough: bool) -> np.ndarray:
    pair.image_file = file_facts(pair.image)
    image = read_image(pair.image, dataset.img_channels)
    pair.size = image.shape[:2]
    pair.digest = hashlib.sha256(pair.image.read_bytes()).hexdigest()
    if thorough:
        pair.fingerprint = fingerprint(image)
        pair.blank = pair.fingerprint.contrast < 0.5 and bool((image == image[0, 0]).all())
    return image


def _label(pair: Pair, dataset: Dataset) -> np.ndarray:
    assert pair.label is not None
    pair.label_file = file_facts(pair.label)
    label = dataset.read_label(pair.label, pair.size)
    if pair.size:
        check_size(label.shape[:2], pair.size, pair.image, pair.label)
    if dataset.target == "alpha":
        pair.counts = count_values((label >= 0.5).astype(np.uint8))
    else:
        pair.counts = count_values(label, _known(dataset)) if label.ndim == 2 else _count_overlapping(label, dataset)
    pair.label_digest = hashlib.sha256(pair.label.read_bytes()).hexdigest()
    return label


def _known(dataset: Dataset) -> int:
    """One more than the largest value that labels may hold, and 256 at least."""
    return max(256, dataset.num_classes, dataset.ignore_index + 1)


def _count_overlapping(label: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Pixels of each of the classes that (H, W, K) shows side by side as 0 and 1, and of values that are no class."""
    counts = count_values(label, _known(dataset))
    counts[: dataset.num_classes] = 0
    shown = (label == 1).sum(axis=(0, 1))
    counts[: len(shown)] = shown
    return counts


def _compare(pair: Pair, image: np.ndarray, label: np.ndarray, ignore_index: int) -> None:
    shown = label > 0
    _place(pair, shown)
    pair.specks = _specks(shown.astype(np.uint8))
    pair.fit = edge_fit(image, label, ignore_index)


def _specks(inside: np.ndarray) -> int:
    specks = 0
    for part in (inside, 1 - inside):
        areas = cv2.connectedComponentsWithStats(part, connectivity=4)[2][1:, cv2.CC_STAT_AREA]
        specks += int((areas < _SPECK * part.size).sum())
    return specks
