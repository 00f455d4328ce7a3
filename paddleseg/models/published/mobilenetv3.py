"""PaddleSeg's names of MobileNetV3."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

NAMES = {
    "MobileNetV3": NameMap(
        rename=(
            (r"^conv\.", "stem."),
            (r"\.expand_conv\.", ".expand."),
            (r"\.bottleneck_conv\.", ".depthwise."),
            (r"\.mid_se\.conv1\.", ".excite.reduce."),
            (r"\.mid_se\.conv2\.", ".excite.expand."),
            (r"\.linear_conv\.", ".project."),
        ),
        unused=(r"^(last_second_conv|last_conv|fc)\.",),
    ),
}
