"""Learning from a teacher's feature maps: layers of both networks by name, and a loss between what they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import paddle
from paddle import nn

from paddleseg.errors import ConfigError


class Watched:
    """A layer, and what it gave last.

    Args:
        where: Where its name is written.

    Raises:
        ConfigError: The network has no such layer.
    """

    def __init__(self, network: nn.Layer, name: str, where: str):
        layers = dict(network.named_sublayers())
        if name not in layers:
            near = get_close_matches(name, layers, n=1) or list(layers)[-1:]
            raise ConfigError(where, f"{type(network).__name__} has no layer {name!r}", f"such as {''.join(near)}")
        self.name, self.where = name, where
        self._given: Any = None
        layers[name].register_forward_post_hook(self._note)

    def _note(self, layer: nn.Layer, inputs: Any, output: Any) -> None:
        self._given = output

    def take(self) -> paddle.Tensor:
        """The map of this step, (N, C, H, W).

        Raises:
            ConfigError: It gave none, or no single map.
        """
        given, self._given = self._given, None
        if given is None:
            what = f"layer {self.name!r} is not called by itself"
            raise ConfigError(self.where, what, "name the layer around it, such as the whole block")
        if not isinstance(given, paddle.Tensor) or given.ndim != 4:
            what = f"layer {self.name!r} gives no single map of features"
            raise ConfigError(self.where, what, "name a layer that gives one tensor (N, C, H, W)")
        return given.astype("float32")


@dataclass(frozen=True)
class FeatureTerm:
    """One loss between features of student and teacher.

    Args:
        loss: Takes (student, teacher).
        coef: Its weight.
    """

    student: Watched
    teacher: Watched
    loss: Any
    coef: float = 1.0

    def __call__(self) -> paddle.Tensor:
        """The weighted loss of this step.

        Raises:
            ConfigError: The loss needs as many channels of both, and they differ.
        """
        student, teacher = self.student.take(), self.teacher.take()
        if getattr(self.loss, "same_channels", True) and student.shape[1] != teacher.shape[1]:
            what = f"has {student.shape[1]} channels, the teacher's {self.teacher.name!r} {teacher.shape[1]}"
            hint = "take PairWiseLoss, which compares any numbers, or layers of as many channels"
            raise ConfigError(self.student.where, what, hint)
        return self.coef * self.loss(student, teacher)


def watch(
    student: nn.Layer, teacher: nn.Layer, terms: Sequence[tuple[str, str, Any, float]], where: Sequence[str]
) -> list[FeatureTerm]:
    """Terms for two networks.

    Args:
        terms: Layer of the student, layer of the teacher, loss, weight.
        where: Where each term is written.

    Raises:
        ConfigError: A network has no such layer.
    """
    return [
        FeatureTerm(Watched(student, own, f"{place}.student"), Watched(teacher, other, f"{place}.teacher"), loss, coef)
        for (own, other, loss, coef), place in zip(terms, where, strict=True)
    ]
