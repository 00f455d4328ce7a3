"""PaddleSeg's names of Fast-SCNN."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, SEPARABLE, NameMap

NAMES = {
    "FastSCNN": NameMap(
        rename=(
            (r"^learning_to_downsample\.conv_bn_relu\.", "downsample.0."),
            (r"^learning_to_downsample\.dsconv_bn_relu(\d)\.", r"downsample.\1."),
            # Nine units in three groups of three.
            (
                r"^global_feature_extractor\.bottleneck(\d)\.(\d)\.block\.",
                lambda match: f"features.{3 * int(match[1]) - 3 + int(match[2])}.",
            ),
            (r"^(features\.\d+)\.0\.", r"\1.expand."),
            (r"^(features\.\d+)\.1\.", r"\1.depthwise."),
            (r"^(features\.\d+)\.2\.", r"\1.project."),
            (r"^global_feature_extractor\.ppm\.stages\.(\d)\.1\.", r"context.pyramid.branches.\1."),
            (r"^global_feature_extractor\.ppm\.conv_bn_relu2\.", "context.fuse."),
            (r"^feature_fusion\.dwconv\.", "fusion.depthwise."),
            (r"^feature_fusion\.conv_low_res\.", "fusion.deep."),
            (r"^feature_fusion\.conv_high_res\.", "fusion.fine."),
            (r"^classifier\.dsconv([12])\.", r"classifier.conv\1."),
            (r"^classifier\.conv\.", "classifier.classify."),
            (r"^auxlayer\.conv_bn_relu\.", "auxiliary.conv."),
            (r"^auxlayer\.conv\.", "auxiliary.classify."),
            *SEPARABLE,
            *CONV_BN,
        )
    ),
}
