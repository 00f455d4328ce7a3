"""PaddleSeg's names of PP-MobileSeg and StrideFormer."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

NAMES = {
    "PPMobileSeg": NameMap(
        rename=((r"^decode_head\.linear_fuse\.", "fuse."), (r"^decode_head\.conv_seg\.", "classify."))
    ),
    "StrideFormer": NameMap(
        rename=(
            (r"^smb1\.conv\.", "stem."),
            (r"^smb(\d)\.blocks\.", lambda match: f"stages.{int(match[1]) - 1}."),
            (r"\.expand_conv\.", ".expand."),
            (r"\.bottleneck_conv\.", ".depthwise."),
            (r"\.mid_se\.conv1\.", ".excite.reduce."),
            (r"\.mid_se\.conv2\.", ".excite.expand."),
            (r"\.linear_conv\.", ".project."),
            (r"^trans(\d)\.transformer_blocks\.", lambda match: f"transformers.{int(match[1]) - 1}."),
            (r"\.attn\.to_(\w)\.", r".attention.\1."),
            (r"\.attn\.stride_conv\.0\.", ".attention.stride.conv."),
            (r"\.attn\.stride_conv\.1\.", ".attention.stride.bn."),
            (r"\.attn\.pos_emb_(row|column)(\w)\.", r".attention.\1s.\2_"),
            (r"\.attn\.proj_encode_(row|column)\.1\.", r".attention.\1s.project."),
            (r"\.attn\.proj\.1\.", ".attention.project."),
            (r"\.attn\.dwconv\.", ".attention.detail.0."),
            (r"\.attn\.pwconv\.", ".attention.detail.1."),
            (r"\.mlp\.dwconv\.", ".mlp.depthwise."),
            (r"^inj_module\.embedding_list\.", "aggregate.embed."),
            (r"^inj_module\.act_embedding_list\.", "aggregate.vote."),
            (r"\.c\.", ".conv."),
        ),
        # Files trained on ImageNet also hold a classifier.
        unused=(r"^(?!smb|trans|inj_module)",),
    ),
}
