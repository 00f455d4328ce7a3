"""What networks share, so that a network's file holds what its paper says and no more."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import paddle
from paddle import nn

from paddleseg.models.contract import Head
from paddleseg.models.layers import upsample
from paddleseg.models.weights import load_pretrained


class SegModel(nn.Layer):
    """A network that says what it takes and gives, with the maps of its backbone and logits at the picture's size.

    Its constructor begins with this one, makes the layers of its own and ends with `load_pretrained`. `forward` takes
    `inputs` by position and returns a list of maps, main first: in training one for each of `heads`, in evaluation the
    first alone.

    Args:
        num_classes: Channels of the main head.
        backbone: Gives feature maps, and says their numbers of channels in `out_channels` (or `feat_channels`).
        backbone_indices: Which of its maps the network uses; None for all.
        extra_heads: What it gives in training beside the main logits.
        align_corners: How logits are brought up to the picture's size.

    Raises:
        ValueError: The backbone does not say its channels, or has no map of such an index.

    Example:
        >>> @MODELS.register
        ... class OneLayer(SegModel):
        ...     def __init__(self, num_classes: int, backbone: nn.Layer, pretrained: str | None = None):
        ...         super().__init__(num_classes, backbone, backbone_indices=(-1,))
        ...         self.classify = nn.Conv2D(self.backbone_channels[0], num_classes, 1)
        ...         self.load_pretrained(pretrained)
        ...
        ...     def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        ...         (features,) = self.backbone_maps(x)
        ...         return self.at_size_of(x, self.classify(features))
    """

    inputs: tuple[str, ...] = ("image",)
    heads: tuple[Head, ...]

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer | None = None,
        backbone_indices: Sequence[int] | None = None,
        *,
        extra_heads: Sequence[Head] = (),
        align_corners: bool = False,
    ):
        super().__init__()
        self.heads = (_main(num_classes), *extra_heads)
        self.align_corners = align_corners
        if backbone is not None:
            self.backbone = backbone
            channels = _channels_of(backbone)
            self.backbone_indices = tuple(range(len(channels)) if backbone_indices is None else backbone_indices)
            self.backbone_channels = [_pick(channels, index, backbone) for index in self.backbone_indices]

    @classmethod
    def heads_for(cls, arguments: Mapping[str, Any]) -> tuple[Head, ...] | None:
        """The `heads` of a model with these arguments, without building it; None where they do not tell."""
        try:
            call = inspect.signature(cls).bind_partial(**arguments)
            call.apply_defaults()
            return (_main(call.arguments["num_classes"]), *cls.extra_heads(**call.arguments))
        except (KeyError, TypeError):  # arguments that are missing or of another type, which building reports
            return None

    @staticmethod
    def extra_heads(*_: Any, **arguments: Any) -> list[Head]:
        """The heads that come after the main one where a constructor gets these arguments."""
        return []

    def backbone_maps(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        """The backbone's maps that the network uses, in the order of `backbone_indices`."""
        maps = self.backbone(x)
        return [maps[index] for index in self.backbone_indices]

    def at_size_of(self, x: paddle.Tensor, *logits: paddle.Tensor) -> list[paddle.Tensor]:
        """Logits at the height and width of `x`."""
        return [upsample(each, x, self.align_corners) for each in logits]

    def load_pretrained(self, source: str | None) -> None:
        """Load weights from a file, an address or a `zoo://` name, where there is one.

        Raises:
            WeightsError: They do not fit this network.
        """
        load_pretrained(self, source)


def _main(num_classes: int) -> Head:
    return Head("main", "logits", num_classes)


def _channels_of(backbone: nn.Layer) -> Sequence[int]:
    """The numbers of channels of its maps, which PaddleSeg's later backbones call `feat_channels`."""
    for name in ("out_channels", "feat_channels"):
        channels = getattr(backbone, name, None)
        if isinstance(channels, (list, tuple)) and channels and all(isinstance(each, Integral) for each in channels):
            return channels
        if channels is not None:
            what = f"has the {name} {channels!r}"
            break
    else:
        what = "has no out_channels"
    raise ValueError(
        f"the backbone {type(backbone).__name__} {what}; "
        "give it `self.out_channels`, a list with the number of channels of each map it returns"
    )


def _pick(channels: Sequence[int], index: int, backbone: nn.Layer) -> int:
    if not -len(channels) <= index < len(channels):
        maps = f"{len(channels)} maps" if len(channels) > 1 else "one map"
        raise ValueError(f"backbone_indices names map {index}; {type(backbone).__name__} gives {maps}, from 0")
    return channels[index]
