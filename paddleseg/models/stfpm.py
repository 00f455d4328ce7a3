"""STFPM: what a student of faultless pictures sees otherwise than its teacher is a fault (Wang et al., BMVC 2021)."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.errors import ConfigError
from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.layers import upsample
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import MODELS

_IMAGENET = "https://paddle-hapi.bj.bcebos.com/models/resnet18.pdparams"


@MODELS.register
class STFPM(SegModel):
    """Student-teacher feature pyramid matching (Wang et al., section 3, figure 2).

    A teacher that knows ImageNet stays as it is; the student has the same form, and learns to give its maps on pictures
    without faults.

    Args:
        num_classes: 1: how much of a fault a pixel is.
        backbone: The student, a ResNet; its first three maps count.
        teacher_pretrained: A file with the teacher's weights, such as those of `paddle.vision.models`.
        pretrained: A weights file of both.

    Shape:
        x (N, C, H, W) float32. Returns scores (N, 1, H, W) from 0 upwards in a list; in training a pair of lists with
        three maps each, the student's and the teacher's.

    Raises:
        ValueError: `num_classes` is not 1.
        WeightsError: Weights do not fit.
        ConfigError: In training: the teacher has no weights.
    """

    # The student stops where the teacher does, at its full strides.
    backbone_defaults: ClassVar[dict[str, Any]] = {"output_stride": 32, "depth": 3}

    @staticmethod
    def main_head(num_classes: int, **_: Any) -> Head:
        return Head("main", "pair", num_classes)

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        teacher_pretrained: str | None = None,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, (0, 1, 2))
        if num_classes != 1:
            raise ValueError(f"num_classes is {num_classes}; STFPM gives one score a pixel")
        self.taught = teacher_pretrained is not None
        self.teacher = copy.deepcopy(backbone)
        load_pretrained(self.teacher, teacher_pretrained)
        for parameter in self.teacher.parameters():
            parameter.stop_gradient = True
        self.load_pretrained(pretrained)

    def train(self) -> None:
        """The teacher stays in evaluation."""
        super().train()
        self.teacher.eval()

    def forward(self, x: paddle.Tensor) -> list[Any]:
        if self.training and not self.taught:
            hint = f"set model.teacher_pretrained to weights that know ImageNet; those of ResNet18 are {_IMAGENET}"
            raise ConfigError("model", "STFPM's teacher has no weights, so there is nothing to learn from it", hint)
        student = self.backbone_maps(x)
        with paddle.no_grad():
            teacher = list(self.teacher(x)[:3])
        if self.training:
            return [[student, teacher]]
        score = None
        for own, other in zip(student, teacher, strict=True):
            apart = (F.normalize(own, axis=1) - F.normalize(other, axis=1)).square().sum(axis=1, keepdim=True)
            raised = upsample(apart, x)
            score = raised if score is None else score * raised
        return [score]
