"""PaddleSeg's names of EncNet and FastFCN."""

from __future__ import annotations

from paddleseg.models.published.name_map import AUXILIARY, CONV_BN, JOINT_PYRAMID, SEPARABLE, NameMap

_ENCODED = NameMap(
    rename=(
        (r"^fcn_head\.", "auxlayer."),
        *AUXILIARY,
        *JOINT_PYRAMID,
        (r"^bottleneck\.", "reduce."),
        (r"^lateral_convs\.", "lateral."),
        (r"^fusion\.", "fuse."),
        (r"^enc_module\.encoding_project\.", "context.reduce."),
        (r"^enc_module\.encoding\.0\.codewords$", "context.encode.words"),
        (r"^enc_module\.encoding\.0\.", "context.encode."),
        (r"^enc_module\.encoding\.1\.", "context.norm."),
        (r"^enc_module\.fc\.0\.", "context.weigh."),
        (r"^(head|cls_seg)\.", "classify."),
        (r"^se_layer\.", "presence."),
        *SEPARABLE,
        *CONV_BN,
    )
)
NAMES = {"ENCNet": _ENCODED, "FastFCN": _ENCODED}
