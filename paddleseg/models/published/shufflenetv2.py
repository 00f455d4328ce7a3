"""PaddleSeg's names of ShuffleNetV2."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "ShuffleNetV2": NameMap(
        rename=(
            (r"^_conv1\.", "stem."),
            (r"^(\d)_(\d)\.", lambda match: f"stages.{int(match[1]) - 2}.{int(match[2]) - 1}."),
            (r"\._conv_dw_1\.", ".left.depthwise."),
            (r"\._conv_linear_1\.", ".left.pointwise."),
            (r"\._conv_pw(_2)?\.", ".expand."),
            (r"\._conv_dw(_2)?\.", ".right.depthwise."),
            (r"\._conv_linear(_2)?\.", ".right.pointwise."),
            *CONV_BN,
        ),
        # Files trained on ImageNet also hold a last convolution and a classifier.
        unused=(r"^(?!_conv1\.|\d_\d\.)",),
    ),
}
