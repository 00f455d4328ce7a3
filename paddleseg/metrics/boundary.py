"""Boundary IoU (Cheng et al., CVPR 2021): the IoU of thin bands along the contours of mask and label."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from paddleseg.metrics.base import Metric, mean_of_known, ratio


def boundary(region: np.ndarray, width: int) -> np.ndarray:
    """The pixels of a region (H, W) bool within `width` pixels of its contour; the image's edge counts as contour."""
    if not region.any():
        return region
    kernel = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    inner = cv2.erode(region.view(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return region & (inner == 0)


def band_width(size: tuple[int, int], share: float = 0.02) -> int:
    """`share` of the diagonal of an image of this size in pixels, at least 1."""
    return max(1, round(share * float(np.hypot(*size))))


class BoundaryIoU(Metric):
    """IoU near the contours, where plain IoU of large objects hardly looks (section 4, equation 3).

    With two classes it is the foreground's; with more the mean over all classes. Pixels are summed over images, as for
    mIoU. Ignored pixels lie in neither region.

    Args:
        num_classes: Classes, background included.
        ignore_index: Label value left out.
        share: Width of the band, as a share of the image's diagonal (the paper's 2 %).
    """

    def __init__(self, num_classes: int, ignore_index: int = 255, share: float = 0.02):
        self.ignore_index, self.share = ignore_index, share
        self.classes = [1] if num_classes == 2 else list(range(num_classes))
        self.totals = {name: np.zeros(len(self.classes), np.int64) for name in ("shared", "either")}

    def update(self, mask: np.ndarray, label: np.ndarray, prob: np.ndarray | None = None) -> None:
        width, valid = band_width(label.shape[:2], self.share), label != self.ignore_index
        for place, number in enumerate(self.classes):
            found, truth = (boundary((classes == number) & valid, width) for classes in (mask, label))
            self.totals["shared"][place] += np.count_nonzero(found & truth)
            self.totals["either"][place] += np.count_nonzero(found | truth)

    def compute(self) -> dict[str, Any]:
        return {"boundary_IoU": mean_of_known(ratio(self.totals["shared"], self.totals["either"]))}
