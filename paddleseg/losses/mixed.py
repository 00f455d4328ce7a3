"""A weighted sum of losses for one output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import paddle
from paddle import nn

from paddleseg.registry import LOSSES


@LOSSES.register
class MixedLoss(nn.Layer):
    """`sum(coef * loss)` over several losses of the same logits.

    Args:
        losses: Losses, each with its own settings.
        coef: One weight for each.

    Attributes:
        label_key: The label map that all losses want; a tuple where they want several, and get them by name.

    Raises:
        ValueError: There are not as many weights as losses.
    """

    def __init__(self, losses: Sequence[nn.Layer], coef: Sequence[float]):
        super().__init__()
        if len(losses) != len(coef) or not losses:
            raise ValueError(f"has {len(losses)} losses and {len(coef)} coef")
        self.losses, self.coef = nn.LayerList(losses), list(coef)
        self._keys = [getattr(loss, "label_key", "label") for loss in losses]
        several = tuple(sorted({name for key in self._keys for name in ([key] if isinstance(key, str) else key)}))
        self.label_key = several if len(several) > 1 else several[0]

    def forward(self, *inputs: Any) -> paddle.Tensor:
        *maps, labels = inputs
        parts = zip(self.coef, self.losses, self._keys, strict=True)
        return paddle.add_n([weight * loss(*maps, _wanted(labels, key)) for weight, loss, key in parts])


def _wanted(labels: Any, key: str | Sequence[str]) -> Any:
    """What a loss with this `label_key` gets of the maps that all want."""
    if not isinstance(labels, Mapping):
        return labels
    return labels[key] if isinstance(key, str) else {name: labels[name] for name in key}
