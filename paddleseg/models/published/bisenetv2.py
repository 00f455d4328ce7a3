"""PaddleSeg's names of BiSeNetV2."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "BiSeNetV2": NameMap(
        rename=(
            (r"^db\.convs\.", "detail."),
            (r"^sb\.", "semantic."),
            (r"^semantic\.stem\.left\.([01])\.", r"semantic.stem.conv_branch.\1."),
            (r"^semantic\.stage5_4\.", "semantic.stage5."),
            (r"^(semantic\.stage\d\.0)\.branch_1\.0\.", r"\1.gather."),
            (r"^(semantic\.stage\d\.0)\.branch_1\.1\.", r"\1.expand."),
            (r"^(semantic\.stage\d\.0)\.branch_1\.2\.", r"\1.depthwise."),
            (r"^(semantic\.stage\d\.0)\.branch_1\.3\.", r"\1.project."),
            (r"^(semantic\.stage\d\.0)\.branch_2\.", r"\1.shortcut."),
            (r"^(semantic\.stage\d\.[1-9])\.conv\.0\.", r"\1.gather."),
            (r"^(semantic\.stage\d\.[1-9])\.conv\.1\.", r"\1.expand."),
            (r"^(semantic\.stage\d\.[1-9])\.conv\.2\.", r"\1.project."),
            (r"^semantic\.ce\.bn\.", "semantic.context.norm."),
            (r"^semantic\.ce\.conv_1x1\.", "semantic.context.point."),
            (r"^semantic\.ce\.conv_3x3\.", "semantic.context.fuse."),
            (r"^bga\.db_branch_keep\.", "aggregation.detail_keep."),
            (r"^bga\.db_branch_down\.0\.", "aggregation.detail_down."),
            (r"^bga\.sb_branch_keep\.", "aggregation.semantic_keep."),
            (r"^bga\.sb_branch_up\.", "aggregation.semantic_up."),
            (r"^bga\.conv\.", "aggregation.fuse."),
            (r"^aux_head(\d)\.", lambda match: f"auxiliary.{int(match[1]) - 1}."),
            (r"\.conv_3x3\.0\.", ".conv."),
            (r"^(head|auxiliary\.\d)\.conv_1x1\.", r"\1.classify."),
            (r"\.depthwise_conv\.", "."),
            *CONV_BN,
        )
    ),
}
