"""PaddleSeg's names of PP-HumanSeg V1 Lite."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, SEPARABLE, NameMap

NAMES = {
    # The units of official files also hold a left branch that no forward pass touches (95,040 numbers in all).
    "PPHumanSegLite": NameMap(
        rename=(
            (r"^conv_bn0\.", "stem."),
            (r"^conv_bn1\.", "skip."),
            (r"^block1\.", "stage1."),
            (r"^block2\.", "stage2."),
            (r"^depthwise_separable0\.", "bottleneck."),
            (r"^depthwise_separable1\.", "fuse."),
            (r"^depthwise_separable2\.", "classifier."),
            (r"^(stage\d\.0)\._depthwise_separable_0\.", r"\1.left."),
            (r"^(stage\d\.\d+)\._conv\.", r"\1.expand."),
            (r"^(stage\d\.\d+)\._depthwise_separable_1\.", r"\1.right."),
            *SEPARABLE,
            *CONV_BN,
        ),
        unused=(r"^block\d\.[1-9]\d*\._depthwise_separable_0\.",),
    ),
}
