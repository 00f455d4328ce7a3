"""How the parameter names of a published file become ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Value = TypeVar("Value")
Rule = tuple[str, str | Callable[[re.Match[str]], str]]

# What PaddleSeg's blocks are called in nearly all of its networks.
CONV_BN: tuple[Rule, ...] = ((r"\._conv\.", ".conv."), (r"\._batch_norm\.", ".bn."))
SEPARABLE: tuple[Rule, ...] = ((r"\.depthwise_conv\.", ".depthwise."), (r"\.piontwise_conv\.", ".pointwise."))
# The head that deep supervision adds to a network on ResNet, in both forms.
AUXILIARY: tuple[Rule, ...] = (
    (r"^(?:head\.)?auxlayer\.conv_bn_relu\.", "auxiliary.conv."),
    (r"^(?:head\.)?auxlayer\.conv\.", "auxiliary.classify."),
    (r"^head\.aux\.0\.", "auxiliary.conv."),
    (r"^head\.aux\.2\.", "auxiliary.classify."),
)
# DeepLab's pyramid of dilations, and the decoder of V3+.
ASPP: tuple[Rule, ...] = (
    (r"^head\.aspp\.aspp_blocks\.", "aspp.branches."),
    (r"^head\.aspp\.global_avg_pool\.1\.", "aspp.image."),
    (r"^head\.aspp\.conv_bn_relu\.", "aspp.project."),
)
DEEPLAB_DECODER: tuple[Rule, ...] = (
    (r"^head\.decoder\.conv_bn_relu1\.", "detail."),
    (r"^head\.decoder\.conv_bn_relu2\.", "fuse.0."),
    (r"^head\.decoder\.conv_bn_relu3\.", "fuse.1."),
    (r"^head\.decoder\.conv\.", "classify."),
)
# Joint pyramid upsampling.
JOINT_PYRAMID: tuple[Rule, ...] = (
    (r"^jpu(?:_layer)?\.conv(\d)\.", lambda match: f"jpu.reduce.{int(match[1]) - 3}."),
    (r"^jpu(?:_layer)?\.dilation(\d)\.", lambda match: f"jpu.dilated.{int(match[1]) - 1}."),
)
# A feature pyramid.
PYRAMID: tuple[Rule, ...] = (
    (r"^(?:neck\.)?lateral_convs\.(\d)\.0\.", r"pyramid.lateral.\1.conv."),
    (r"^(?:neck\.)?lateral_convs\.(\d)\.1\.", r"pyramid.lateral.\1.bn."),
    (r"^(?:neck\.)?fpn_out\.(\d)\.0\.", r"pyramid.smooth.\1."),
)
# The pyramid of UPerNet, after `decoder.`.
UPER_DECODER: tuple[Rule, ...] = (
    (r"^decoder\.ppm\.stages\.(\d)\.1\.", r"decoder.pyramid.branches.\1."),
    (r"^decoder\.ppm\.conv_bn_relu2\.", "decoder.context."),
    (r"^decoder\.lateral_convs\.", "decoder.reduce."),
    (r"^decoder\.fpn_convs\.", "decoder.smooth."),
)
# Residual stages and the pyramid of DDRNet, which RTFormer has too.
DUAL_RESOLUTION: tuple[Rule, ...] = (
    (r"\.downsample\.0\.", ".shortcut.conv."),
    (r"\.downsample\.1\.", ".shortcut.bn."),
    (r"^layer3\.", "deep3."),
    (r"^layer3_\.", "fine3."),
    (r"^spp\.scale0\.0\.", "context.scales.0.bn."),
    (r"^spp\.scale0\.2\.", "context.scales.0.conv."),
    (r"^spp\.scale(\d)\.1\.", r"context.scales.\1.bn."),
    (r"^spp\.scale(\d)\.3\.", r"context.scales.\1.conv."),
    (r"^spp\.process(\d)\.0\.", lambda match: f"context.process.{int(match[1]) - 1}.bn."),
    (r"^spp\.process(\d)\.2\.", lambda match: f"context.process.{int(match[1]) - 1}.conv."),
    (r"^spp\.compression\.", "context.compress."),
    (r"^spp\.shortcut\.", "context.shortcut."),
    (r"^(context\.(?:compress|shortcut))\.0\.", r"\1.bn."),
    (r"^(context\.(?:compress|shortcut))\.2\.", r"\1.conv."),
)


@dataclass(frozen=True)
class NameMap:
    """Regular expressions that rename in order, and those of names that nothing uses.

    A replacement is text or a function of the match, as in `re.sub`.
    """

    rename: Sequence[Rule] = ()
    unused: Sequence[str] = ()

    def apply(self, state: Mapping[str, Value]) -> dict[str, Value]:
        renamed = {}
        for name, value in state.items():
            if any(re.search(pattern, name) for pattern in self.unused):
                continue
            for pattern, replacement in self.rename:
                name = re.sub(pattern, replacement, name)
            renamed[name] = value
        return renamed
