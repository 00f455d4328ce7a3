"""PaddleSeg's names of DeepLab V3 and V3+."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, SEPARABLE, NameMap

_BOTH = (
    (r"^head\.aspp\.aspp_blocks\.", "aspp.branches."),
    (r"^head\.aspp\.global_avg_pool\.1\.", "aspp.image."),
    (r"^head\.aspp\.conv_bn_relu\.", "aspp.project."),
    *SEPARABLE,
    *CONV_BN,
)

NAMES = {
    "DeepLabV3": NameMap(rename=(*_BOTH, (r"^head\.cls\.", "classify."))),
    "DeepLabV3P": NameMap(
        rename=(
            *_BOTH,
            (r"^head\.decoder\.conv_bn_relu1\.", "detail."),
            (r"^head\.decoder\.conv_bn_relu2\.", "fuse.0."),
            (r"^head\.decoder\.conv_bn_relu3\.", "fuse.1."),
            (r"^head\.decoder\.conv\.", "classify."),
        )
    ),
}
