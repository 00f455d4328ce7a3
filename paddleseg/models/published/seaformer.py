"""PaddleSeg's names of SeaFormer."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap, Rule

_RENAME: tuple[Rule, ...] = (
    (r"^smb1\.stem_block\.0\.", "stem."),
    (r"^smb(\d)\.layer(\d)\.", lambda match: f"convs.{int(match[1]) - 1}.{int(match[2]) - 1}."),
    (r"\.conv\.0\.", ".expand."),
    (r"\.conv\.2\.", ".depthwise."),
    (r"\.conv\.4\.", ".project."),
    (r"^trans(\d)\.transformer_blocks\.", lambda match: f"transformers.{int(match[1]) - 1}."),
    (r"\.attn\.to_(\w)\.", r".attention.\1."),
    (r"\.attn\.proj\.1\.", ".attention.out."),
    (r"\.attn\.proj_encode_(row|column)\.1\.", r".attention.\1."),
    (r"\.attn\.pos_emb_(row|column)([qk])\.pos_embed$", r".attention.pos_emb_\1_\2"),
    (r"\.attn\.dwconv\.", ".attention.detail."),
    (r"\.attn\.pwconv\.", ".attention.detail_out."),
    (r"\.mlp\.dwconv\.", ".depthwise."),
    (r"\.mlp\.", "."),
    *CONV_BN,
)
_UNUSED = (r"^(?!smb|trans)",)  # files trained on ImageNet also hold a classifier

NAMES = {
    "SeaFormerSeg": NameMap(
        rename=(
            (r"^linear_fuse\.", "fuse."),
            (r"^cls_seg\.", "classify."),
            (r"^fuse(\d)\.local_embedding\.", lambda match: f"fusions.{int(match[1]) - 1}.local."),
            (r"^fuse(\d)\.global_act\.", lambda match: f"fusions.{int(match[1]) - 1}.gate."),
            *CONV_BN,
        )
    ),
    "SeaFormer_large": NameMap(rename=_RENAME, unused=_UNUSED),
    # The first block of all others does not expand; its list begins with the depth-wise convolution.
    "SeaFormer": NameMap(
        rename=(
            (r"^smb1\.layer1\.conv\.0\.", "smb1.layer1.depthwise."),
            (r"^smb1\.layer1\.conv\.2\.", "smb1.layer1.project."),
            *_RENAME,
        ),
        unused=_UNUSED,
    ),
}
