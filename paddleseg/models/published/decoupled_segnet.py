"""PaddleSeg's names of DecoupledSegNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import ASPP, CONV_BN, NameMap

NAMES = {
    "DecoupledSegNet": NameMap(
        rename=(
            *ASPP,
            (r"^head\.bot_fine\.", "detail."),
            (r"^head\.squeeze_body_edge\.flow_make\.", "decouple.flow."),
            (r"^head\.squeeze_body_edge\.", "decouple."),
            (r"^head\.edge_fusion\.", "sharpen."),
            (r"^head\.dsn_seg_body\.", "body_head."),
            (r"^head\.edge_out\.", "edge_head."),
            (r"^head\.final_seg\.0\.", "fuse."),
            (r"^head\.final_seg\.1\.", "head.0."),
            (r"^head\.final_seg\.2\.", "head.1."),
            (r"^((?:body_|edge_)?head)\.0\.", r"\1.conv."),
            (r"^((?:body_|edge_)?head)\.1\.", r"\1.classify."),
            *CONV_BN,
        )
    ),
}
