"""Measures of masks, fed image by image and merged over processes. NumPy and OpenCV only."""

from paddleseg.metrics.auc import AucRoc
from paddleseg.metrics.base import Metric
from paddleseg.metrics.boundary import BoundaryIoU
from paddleseg.metrics.connectivity import Connectivity, semantic_connectivity
from paddleseg.metrics.flicker import Flicker
from paddleseg.metrics.independent import IndependentClasses
from paddleseg.metrics.matting import MattingErrors
from paddleseg.metrics.segmentation import Confusion, confusion_matrix

__all__ = [
    "AucRoc",
    "BoundaryIoU",
    "Confusion",
    "Connectivity",
    "Flicker",
    "IndependentClasses",
    "MattingErrors",
    "Metric",
    "confusion_matrix",
    "semantic_connectivity",
]
