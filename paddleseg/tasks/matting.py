"""Mattes: how much of each pixel is the foreground's."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from paddleseg.card import Output
from paddleseg.datasets.base import Dataset
from paddleseg.errors import DataError
from paddleseg.images.paint import as_rgb
from paddleseg.inference.predictor import SegResult
from paddleseg.metrics.base import Metric
from paddleseg.metrics.matting import MattingErrors
from paddleseg.metrics.monitor import Monitor
from paddleseg.registry import TASKS
from paddleseg.tasks.base import Measures, Task
from paddleseg.transforms.sample import Sample
from paddleseg.transforms.trimap import fraction, trimap_of, unknown

_BAND = 0.01
"""Width of the unknown region beside what is soft where there is no trimap, as a share of the longer side."""
_TALLEST = 480


@TASKS.register("matting")
class Matting(Task):
    """An alpha for every pixel."""

    monitor = Monitor("SAD", "min")

    def output(self, num_classes: int | None, multilabel: bool) -> Output:
        """One channel, taken as it is."""
        return Output(name="alpha", kind="alpha", activation="sigmoid")

    def metrics(self, dataset: Dataset, output: Output, asked: Measures) -> list[Metric]:
        """SAD, MSE and MAD; where there is time Grad and Conn."""
        return [MattingErrors(asked.thorough)]

    def compare(self, result: SegResult, sample: Sample) -> tuple[np.ndarray | None, ...]:
        """The alpha, the true one, and the pixels of the trimap that are unknown: of the data's, or else one made of
        the true alpha, 1 % of the longer side wide beside what is soft."""
        return result.alpha, self._alpha(sample), unknown(self.maps(sample)["trimap"])

    def maps(self, sample: Sample) -> Mapping[str, np.ndarray]:
        """The trimap of the data, or else one made of the true alpha."""
        if "trimap" in sample.fields:
            return {"trimap": sample.fields["trimap"].array}
        truth = self._alpha(sample)
        band = max(round(_BAND * max(truth.shape)), 1)
        return {"trimap": trimap_of(truth, band, band)}

    @staticmethod
    def _alpha(sample: Sample) -> np.ndarray:
        if "alpha" not in sample.fields:
            raise DataError(sample.path, "has no alpha", "evaluation needs `image alpha` pairs: type: MattingDataset")
        return fraction(sample.fields["alpha"].array)

    def panel(self, result: SegResult, sample: Sample, dataset: Dataset) -> np.ndarray:
        """Photo, true alpha, alpha and how far it is off, side by side: red where too little, blue where too much."""
        truth = self._alpha(sample)
        off = result.alpha - truth
        grey = as_rgb(cv2.cvtColor(as_rgb(sample.image), cv2.COLOR_RGB2GRAY)[..., None] // 3).astype(np.float32)
        for channel, share in ((0, -off), (2, off)):
            grey[..., channel] += 255 * np.clip(share, 0, 1)
        errors = np.clip(grey, 0, 255).astype(np.uint8)
        mattes = (as_rgb(np.rint(matte * 255).astype(np.uint8)[..., None]) for matte in (truth, result.alpha))
        row = np.hstack([as_rgb(sample.image), *mattes, errors])
        if row.shape[0] > _TALLEST:
            wide = row.shape[1] * _TALLEST // row.shape[0]
            row = cv2.resize(row, (wide, _TALLEST), interpolation=cv2.INTER_AREA)
        return row
