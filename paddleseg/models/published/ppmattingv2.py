"""PaddleSeg Matting's names of PP-MattingV2."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "PPMattingV2": NameMap(
        rename=(
            (r"^dpp\.conv_mid\.", "context.match."),
            (r"^dpp\.conv_out\.", "context.out."),
            (r"^dpp\.pp2\.(\d)\.1\.transformer_blocks\.", r"context.grids.\1."),
            (r"^dpp\.pp2\.(\d)\.1\.", r"context.grids.\1."),
            (r"\.attn\.to_q\.", ".attention.to_query."),
            (r"\.attn\.to_k\.", ".attention.to_key."),
            (r"\.attn\.to_v\.", ".attention.to_value."),
            (r"\.attn\.proj\.1\.", ".attention.project."),
            (r"\.mlp\.fc1\.", ".widen."),
            (r"\.mlp\.fc2\.", ".narrow."),
            (r"\.mlp\.dwconv\.", ".depthwise."),
            (r"^(context\..*)\.c\.", r"\1.conv."),
            (r"^mlff(\d+)x\.", r"fuse\1."),
            (r"\.pwconvs\.", ".match."),
            (r"\.dwconvs\.", ".smooth."),
            (r"\.conv_atten\.", ".attention."),
            (r"^(fuse\d+)\.conv_out\.", r"\1.out."),
            (r"^matting_head_mlff8x\.", "head8."),
            (r"^matting_head_mlff2x\.", "head."),
            (r"^(head8?)\.conv_out\.", r"\1.predict."),
            (r"^(head8?)\.conv\.", r"\1.convs.0."),
            (r"^(head8?)\.mid_conv\.(\d)\.", lambda match: f"{match[1]}.convs.{int(match[2]) + 1}."),
            *CONV_BN,
        ),
    ),
}
