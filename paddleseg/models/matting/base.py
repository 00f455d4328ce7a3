"""What matting networks share: the form of their answer, and the maps that they take from a backbone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head

STRIDES = (2, 4, 8, 16, 32)
RGB = 3


class MattingModel(SegModel):
    """A network whose main output is a matte (N, 1, H, W) in [0, 1].

    Args:
        backbone: Gives maps at `strides`.
        backbone_indices: Which of its maps the network uses; None for all.
        extra_heads: What it gives in training beside the matte.

    Attributes:
        strides: Of the maps that it takes.
        backbone_defaults: What a backbone gets where a configuration leaves it out, if it takes such arguments.

    Raises:
        ValueError: The backbone gives maps at other strides.
    """

    strides: ClassVar[tuple[int, ...]] = STRIDES
    backbone_defaults: ClassVar[dict[str, Any]] = {"pyramid": True, "output_stride": 32}

    def __init__(
        self, backbone: nn.Layer, backbone_indices: Sequence[int] | None = None, *, extra_heads: Sequence[Head] = ()
    ):
        super().__init__(1, backbone, backbone_indices, extra_heads=extra_heads)
        said_strides = getattr(backbone, "strides", None)  # PaddleSeg's backbones do not say
        given = tuple(said_strides[index] for index in self.backbone_indices) if said_strides else self.strides
        if given != self.strides:
            said = ", ".join(f"1/{stride}" for stride in given)
            wanted = ", ".join(f"{name}={value}" for name, value in self.backbone_defaults.items())
            raise ValueError(
                f"{type(backbone).__name__} gives maps at {said}; "
                f"{type(self).__name__} needs 1/{', 1/'.join(map(str, self.strides))}: give it {wanted}"
            )

    @staticmethod
    def main_head(**_: Any) -> Head:  # type: ignore[override]
        return Head("main", "alpha", 1)

    @classmethod
    def losses_for(cls, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The `loss` of a configuration that has none, for a model with these arguments: the paper's."""
        raise NotImplementedError
