"""Learning from the answers of a trained network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle

from paddleseg.engine.feature_distill import FeatureTerm
from paddleseg.errors import ConfigError


class Distillation:
    """Losses between a model's outputs and a teacher's (Hinton et al., 2015): main with main, and so on.

    The teacher sees the augmented pictures that the model sees, in evaluation mode, and stays as it is.

    Args:
        teacher: The trained network.
        losses: For the first outputs, in order; each takes (student, teacher, labels).
        coefs: A weight for each loss, or one for all.
        features: Losses between feature maps, beside those of outputs.
    """

    def __init__(
        self,
        teacher: paddle.nn.Layer,
        losses: Sequence[Any],
        coefs: Sequence[float],
        features: Sequence[FeatureTerm] = (),
    ):
        self.teacher, self.losses, self.features = teacher, list(losses), list(features)
        self.coefs = list(coefs) * (len(self.losses) if len(coefs) == 1 else 1)
        teacher.eval()

    def targets(self, images: paddle.Tensor) -> list[paddle.Tensor]:
        """The teacher's outputs, without gradient."""
        with paddle.no_grad():
            return self.teacher(images)

    def __call__(
        self, outputs: Sequence[paddle.Tensor], targets: Sequence[paddle.Tensor], labels: paddle.Tensor | None
    ) -> list[paddle.Tensor]:
        """The weighted losses.

        Raises:
            ConfigError: There are more losses than outputs of model or teacher, or their classes differ.
        """
        held = min(len(outputs), len(targets))
        if len(self.losses) > held:
            what = f"has {len(self.losses)} types, but model and teacher have {held} outputs in common"
            raise ConfigError("distill_loss", what, "a teacher gives its main output only: list one type")
        for student, target in zip(outputs[: len(self.losses)], targets, strict=False):
            if student.shape != target.shape:
                what = f"gives {target.shape[1]} classes, the model {student.shape[1]}"
                raise ConfigError("teacher", what, "take a teacher of the same classes")
        triples = zip(self.coefs, self.losses, outputs, targets, strict=False)
        of_outputs = [coef * loss(student, target, labels) for coef, loss, student, target in triples]
        return [*of_outputs, *(term() for term in self.features)]
