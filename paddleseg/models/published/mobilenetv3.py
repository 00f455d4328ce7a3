"""PaddleSeg's names of MobileNetV3."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap, Rule

_RENAME: tuple[Rule, ...] = (
    (r"^conv\.", "stem."),
    (r"^last_second_conv\.", "last."),
    (r"\.expand_conv\.", ".expand."),
    (r"\.bottleneck_conv\.", ".depthwise."),
    (r"\.mid_se\.conv1\.", ".excite.reduce."),
    (r"\.mid_se\.conv2\.", ".excite.expand."),
    (r"\.linear_conv\.", ".project."),
)

NAMES = {
    "MobileNetV3": NameMap(rename=_RENAME, unused=(r"^(last_second_conv|last_conv|fc)\.",)),
    "MobileNetV3_large_x1_0_os16": NameMap(rename=_RENAME, unused=(r"^(last_conv|fc)\.",)),
}
