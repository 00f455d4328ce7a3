"""A student's maps against its teacher's, direction by direction (STFPM, Wang et al., BMVC 2021)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.registry import LOSSES


@LOSSES.register
class DistillationLoss(nn.Layer):
    """The squared distance of two vectors of length 1 in each place, over the maps of a pyramid (section 3.2).

    Labels say nothing here: every picture of the training is without faults. No gradient reaches the teacher.

    Shape:
        a pair of lists, the student's maps (N, C, H, W) and the teacher's. Returns a scalar.
    """

    head_kinds = ("pair",)

    def forward(self, pair: Sequence[Sequence[paddle.Tensor]], labels: paddle.Tensor | None = None) -> paddle.Tensor:
        distances = [
            (F.normalize(own, axis=1) - F.normalize(other.detach(), axis=1)).square().sum(axis=1).mean()
            for own, other in zip(*pair, strict=True)
        ]
        return paddle.add_n(distances)
