"""What networks share, so that a network's file holds what its paper says and no more."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import paddle
from paddle import nn

from paddleseg.errors import ConfigError
from paddleseg.models.contract import Head
from paddleseg.models.layers import upsample
from paddleseg.models.weights import load_pretrained, our_names


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
        ConfigError: In `forward`: it gives fewer maps than it says.

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
    # Whether logits stand at the centres of their pixels. A few networks of PaddleSeg's learned them for the corners.
    half_pixel = True

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
        self.heads = (self.main_head(num_classes=num_classes), *extra_heads)
        self.align_corners = align_corners
        if backbone is not None:
            self.backbone = backbone
            self._all_channels = _channels_of(backbone)
            every = range(len(self._all_channels))
            self.backbone_indices = tuple(every if backbone_indices is None else backbone_indices)
            self.backbone_channels = _picked(self._all_channels, self.backbone_indices, type(backbone).__name__)

    @classmethod
    def heads_for(cls, arguments: Mapping[str, Any]) -> tuple[Head, ...] | None:
        """The `heads` of a model with these arguments, without building it; None where they do not tell."""
        try:
            call = inspect.signature(cls).bind_partial(**arguments)
            call.apply_defaults()
            return (cls.main_head(**call.arguments), *cls.extra_heads(**call.arguments))
        except (KeyError, TypeError):  # arguments that are missing or of another type, which building reports
            return None

    @staticmethod
    def main_head(num_classes: int, **_: Any) -> Head:
        """The head whose map is the answer of a network with these arguments."""
        return Head("main", "logits", num_classes)

    @staticmethod
    def extra_heads(*_: Any, **arguments: Any) -> list[Head]:
        """The heads that come after the main one where a constructor gets these arguments."""
        return []

    def backbone_maps(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        """The backbone's maps that the network uses, in the order of `backbone_indices`."""
        maps = self.backbone(x)
        if not isinstance(maps, (list, tuple)) or len(maps) < len(self._all_channels):
            found = len(maps) if isinstance(maps, (list, tuple)) else f"a {type(maps).__name__}"
            said = f"{type(self.backbone).__name__} says the channels of {len(self._all_channels)} maps"
            raise ConfigError("model.backbone", f"{said}, but returned {found}", "let it return a list of all of them")
        return [maps[index] for index in self.backbone_indices]

    def at_size_of(self, x: paddle.Tensor, *logits: paddle.Tensor) -> list[paddle.Tensor]:
        """Logits at the height and width of `x`."""
        return [upsample(each, x, self.align_corners, half_pixel=self.half_pixel) for each in logits]

    def set_state_dict(self, state_dict: Mapping[str, Any], use_structured_name: bool = True) -> Any:
        """As Paddle's; names of a published file become ours, where Paddle would pass over all of them."""
        if use_structured_name and not set(state_dict) & set(self.state_dict()):
            names = our_names(self, state_dict)
            state_dict = {names.get(name, name): value for name, value in state_dict.items()}
        return super().set_state_dict(state_dict, use_structured_name)

    set_dict = load_dict = set_state_dict

    def load_pretrained(self, source: str | None) -> None:
        """Load weights from a file, an address or a `zoo://` name, where there is one.

        Raises:
            WeightsError: They do not fit this network.
        """
        load_pretrained(self, source)


def _channels_of(backbone: nn.Layer) -> list[int]:
    """The numbers of channels of its maps, which PaddleSeg's later backbones call `feat_channels`."""
    said = {name: getattr(backbone, name, None) for name in ("out_channels", "feat_channels")}
    name, channels = next((pair for pair in said.items() if pair[1] is not None), ("out_channels", None))
    if isinstance(channels, (list, tuple)) and channels and all(isinstance(each, Integral) for each in channels):
        return [int(each) for each in channels]
    what = f"has no {name}" if channels is None else f"has {channels!r} as its {name}"
    raise ValueError(
        f"the backbone {type(backbone).__name__} {what}; "
        "let its constructor set self.out_channels, a list with the number of channels of each map it returns"
    )


def _picked(channels: list[int], indices: Sequence[int], backbone: str) -> list[int]:
    wrong = [index for index in indices if not -len(channels) <= index < len(channels)]
    if wrong or not indices:
        named = f"names map {wrong[0]}" if wrong else "names no map"
        given = f"maps 0 to {len(channels) - 1}" if len(channels) > 1 else "map 0 alone"
        raise ValueError(f"backbone_indices {named}; {backbone} gives {given}")
    return [channels[index] for index in indices]
