"""PaddleSeg's names of Lite-HRNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

# What the numbers in its lists of convolutions and norms stand for.
_PARTS = ("depthwise.conv", "depthwise.bn", "pointwise.conv", "pointwise.bn")


NAMES = {
    "LiteHRNet": NameMap(
        rename=(
            (r"^stem\.conv1\.", "stem.first."),
            (r"^stem\.branch1\.0\.", "stem.left.depthwise."),
            (r"^stem\.branch1\.1\.", "stem.left.pointwise."),
            (r"^stem\.expand_conv\.", "stem.expand."),
            (r"^stem\.depthwise_conv\.", "stem.right.depthwise."),
            (r"^stem\.linear_conv\.", "stem.right.pointwise."),
            (r"^transition0\.0\.(\d)\.", lambda match: f"widen.{_PARTS[int(match[1])]}."),
            (r"^transition(\d)\.\d\.0\.(\d)\.", lambda match: f"down.{match[1]}.{_PARTS[int(match[2])]}."),
            (r"^stage(\d)\.(\d)\.", r"stages.\1.\2."),
            (r"\.layers\.(\d)\.(\d)\.branch2\.0\.", r".blocks.\2.units.\1.expand."),
            (r"\.layers\.(\d)\.(\d)\.branch2\.1\.", r".blocks.\2.units.\1.right.depthwise."),
            (r"\.layers\.(\d)\.(\d)\.branch2\.2\.", r".blocks.\2.units.\1.right.pointwise."),
            (r"\.layers\.", ".blocks."),
            (r"\.cross_resolution_weighting\.conv1\.", ".weigh.reduce."),
            (r"\.cross_resolution_weighting\.conv2\.", ".weigh.expand."),
            (r"\.spatial_weighting\.(\d)\.conv1\.conv\.", r".excite.\1.reduce."),
            (r"\.spatial_weighting\.(\d)\.conv2\.conv\.", r".excite.\1.expand."),
            (r"\.depthwise_convs\.", ".depthwise."),
            (
                r"\.fuse_layers\.(\d)\.(\d)\.(\d)\.(\d)\.",
                lambda match: f".exchange.{match[1]}.{match[2]}.{match[3]}.{_PARTS[int(match[4])]}.",
            ),
            (r"\.fuse_layers\.(\d)\.(\d)\.0\.", r".exchange.\1.\2.conv."),
            (r"\.fuse_layers\.(\d)\.(\d)\.1\.", r".exchange.\1.\2.bn."),
            (r"^head_layer\.", "head."),
            (r"\.(depth|point)wise_conv\.", r".\1wise."),
            (r"\.norm\.", ".bn."),
        ),
        # Files trained on ImageNet also hold a classifier.
        unused=(r"^(?!stem\.|transition\d|stage\d|head_layer\.)",),
    ),
}
