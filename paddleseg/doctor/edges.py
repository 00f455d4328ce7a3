"""How well label borders lie on the edges of the photo: coarse, shifted and exchanged labels."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from paddleseg.datasets.base import Dataset
from paddleseg.doctor.findings import EdgeFit, Finding, Pair
from paddleseg.errors import few

_LONG_SIDE = 384
_REACH = 6
"""How far across the border an edge is looked for, in pixels of the shrunken photo."""
_POINTS = 800
_STRONG = 30.0
"""Difference of two neighbouring pixels, summed over R, G and B, that counts as an edge."""
_ENOUGH = 30

COARSE = 2.0
"""Median of a set above which its labels are coarse: hand-cut sets lie at 1.4 to 1.7, COCO's polygons at 2.3."""
_UNRELATED = 3.3
"""Median of a set whose labels do not belong to its photos: those exchanged among them give 3.4 to 3.7."""
_SHIFTED = 1.2
"""A common shift beyond what 60 good labels show by chance (up to 0.6), in pixels of the shrunken photo."""
_PAIRS, _MANY = 6, 20
"""Fewer labels say too little about a set: whether they are its own; how careful they are."""


def edge_fit(image: np.ndarray, label: np.ndarray, ignore_index: int) -> EdgeFit | None:
    """Compare the border of what is no background with the photo; None where there is too little of it."""
    h, w = label.shape
    scale = min(_LONG_SIDE / max(h, w), 1.0)
    size = (max(round(w * scale), 1), max(round(h * scale), 1))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    ignored = (label == ignore_index).astype(np.uint8)
    inside = ((label > 0) & (ignored == 0)).astype(np.uint8)
    inside = (cv2.resize(inside * 255, size, interpolation=method) > 127).astype(np.uint8)
    ys, xs = _border(inside, cv2.resize(ignored, size, interpolation=cv2.INTER_NEAREST))
    if len(ys) < _ENOUGH:
        return None
    normals = _normals(inside, ys, xs)
    across = np.arange(-_REACH - 1, _REACH + 2)
    x, y = (np.stack([xs, ys])[..., None] + normals[..., None] * across).astype(np.float32)
    photo = cv2.GaussianBlur(cv2.resize(image, size, interpolation=method), (0, 0), 0.8)
    profile = cv2.remap(photo, x, y, cv2.INTER_LINEAR).reshape(len(ys), len(across), -1).astype(np.float32)
    steps = np.abs(profile[:, 2:] - profile[:, :-2]).mean(2) * 3  # grey counts as three equal colours
    strong = steps.max(1) > _STRONG
    if strong.sum() < _ENOUGH:
        return None
    # The border runs between the last pixel inside, where the profile starts, and the first one outside.
    distance = steps.argmax(1)[strong] - _REACH + 0.5
    normals = normals[:, strong]
    return EdgeFit(float(np.abs(distance).mean()), normals @ normals.T, normals @ distance)


def _border(inside: np.ndarray, ignored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Some pixels of the border, far enough from the frame and from ignored pixels."""
    window = np.ones((3, 3), np.uint8)
    edge = inside & (1 - cv2.erode(inside, window)) & (1 - cv2.dilate(ignored, np.ones((5, 5), np.uint8)))
    margin = _REACH + 2
    edge[:margin] = edge[-margin:] = edge[:, :margin] = edge[:, -margin:] = 0
    ys, xs = np.nonzero(edge)
    chosen = np.linspace(0, len(ys) - 1, min(len(ys), _POINTS)).astype(int)
    return ys[chosen], xs[chosen]


def _normals(inside: np.ndarray, ys: np.ndarray, xs: np.ndarray) -> np.ndarray:
    """Unit vectors (2: x and y, points) that point into the inside."""
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3) - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 3)
    depth = cv2.GaussianBlur(depth.astype(np.float32), (0, 0), 2.5)
    slope = np.stack([depth[ys, xs + 1] - depth[ys, xs - 1], depth[ys + 1, xs] - depth[ys - 1, xs]])
    return slope / np.maximum(np.hypot(*slope), 1e-6)


def edge_findings(pairs: Sequence[Pair], dataset: Dataset) -> tuple[list[Finding], list[Finding]]:
    """Problems and notes on the borders of a two-class set; what divides many classes need not be an edge."""
    fitted = sorted((pair for pair in pairs if pair.fit is not None), key=lambda pair: -pair.roughness)
    if len(fitted) < _PAIRS or dataset.num_classes != 2:
        return [], []
    median = float(np.median([pair.roughness for pair in fitted]))
    shift = _common_shift([pair.fit for pair in fitted if pair.fit is not None])
    shifted = float(np.hypot(*shift)) > _SHIFTED
    names = few([pair.image.name for pair in fitted])
    worst = tuple(fitted[:12])
    if median > _UNRELATED:
        what = (
            f"lie {median:.1f} pixels off the edges of their photos, as far as labels of other photos would ({names})"
        )
        hint = "check that every line pairs an image with its own label"
        if shifted:
            hint = f"they seem to be shifted {_direction(shift)}; else {hint}"
        return [Finding("labels", what, hint, kind="labels.misplaced", pairs=worst)], []
    if shifted and len(fitted) >= _MANY:
        what = f"lie beside the edges of their photos, shifted {_direction(shift)}"
        hint = "look whether photos or labels were cropped, padded or resized alone"
        return [], [Finding("labels", what, hint, kind="labels.shifted", pairs=worst)]
    if median > COARSE and len(fitted) >= _MANY:
        off = f"{median:.1f} pixels off the edges of their photos (careful ones: 1.4 to 1.7)"
        what = f"are coarse: they lie {off}, roughest {names}"
        hint = "a net learns borders no better than it sees them; train long on finer labels last"
        return [], [Finding("labels", what, hint, kind="labels.coarse", pairs=worst)]
    return [], []


def _common_shift(fits: Sequence[EdgeFit]) -> np.ndarray:
    """How far (x, y) the labels lie beside the edges of their photos, in shrunken pixels.

    Labels drawn too fat all around do not count: over a closed border their distances cancel.
    """
    normals, pull = np.sum([fit.normals for fit in fits], 0), np.sum([fit.pull for fit in fits], 0)
    return -np.linalg.lstsq(normals, pull, rcond=None)[0]


def _direction(shift: np.ndarray) -> str:
    x, y = shift
    sideways = f"{abs(x):.0f} to the {'right' if x > 0 else 'left'}" if abs(x) >= 0.5 else ""
    upright = f"{abs(y):.0f} {'down' if y > 0 else 'up'}" if abs(y) >= 0.5 else ""
    return " and ".join(part for part in (sideways, upright) if part) + " or more (pixels at 384)"
