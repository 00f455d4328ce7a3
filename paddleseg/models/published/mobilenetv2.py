"""PaddleSeg's names of MobileNetV2."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap, Rule

_RENAME: tuple[Rule, ...] = (
    (r"^conv1\.", "stem."),
    (r"^conv9\.", "last."),
    (r"^conv(\d)\._first_block\.", lambda match: f"stages.{int(match[1]) - 2}.0."),
    (r"^conv(\d)\.conv\d_(\d)\.", lambda match: f"stages.{int(match[1]) - 2}.{int(match[2]) - 1}."),
    (r"\._expand_conv\.", ".expand."),
    (r"\._bottleneck_conv\.", ".depthwise."),
    (r"\._linear_conv\.", ".project."),
    *CONV_BN,
)

# Files trained on ImageNet also hold a last convolution and a classifier.
NAMES = {
    "MobileNetV2": NameMap(rename=_RENAME, unused=(r"^(?!conv[1-8]\.)",)),
    "MobileNetV2Pyramid": NameMap(rename=_RENAME, unused=(r"^(?!conv[1-9]\.)",)),
}
