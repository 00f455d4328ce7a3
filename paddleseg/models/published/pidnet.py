"""PaddleSeg's names of PIDNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "PIDNet": NameMap(
        rename=(
            (r"^decode_head\.conv_seg\.", "head.1.conv."),
            (r"^decode_head\.(p|d)_cls_seg\.", r"\1_head.1.conv."),
            (r"^decode_head\.i_head\.", "head."),
            (r"^decode_head\.", ""),
            (r"head\.conv\.0\.", "head.0.bn."),
            (r"head\.conv\.2\.", "head.0.conv."),
            (r"head\.norm\.", "head.1.bn."),
        )
    ),
    "ThreeBranches": NameMap(
        rename=(
            (r"^stem\.4\.", "stem.3."),
            (r"^([ipd])_branch_layers\.", r"\1_branch."),
            # Some stages of one block are no list.
            (r"^d_branch\.(\d)\.conv_bn_relu\.", r"d_branch.\1.0.conv1."),
            (r"^d_branch\.(\d)\.conv_bn\.", r"d_branch.\1.0.conv2."),
            (r"^d_branch\.(\d)\.downsample\.", r"d_branch.\1.0.shortcut."),
            (r"^([ipd]_branch\.2\.\d|d_branch\.1\.0)\.conv_bn\.", r"\1.conv3."),
            (r"\.conv_bn_relu([12])\.", r".conv\1."),
            (r"\.conv_bn_relu\.", ".conv1."),
            (r"\.conv_bn\.", ".conv2."),
            (r"\.downsample\.", ".shortcut."),
            (r"^compression_(\d)\.", lambda match: f"compress.{int(match[1]) - 1}."),
            (r"^pag_(\d)\.", lambda match: f"guide.{int(match[1]) - 1}."),
            (r"^diff_(\d)\.", lambda match: f"differ.{int(match[1]) - 1}."),
            (r"^dfm\.conv\.0\.", "join.conv.bn."),
            (r"^dfm\.conv\.2\.", "join.conv.conv."),
            (r"^dfm\.", "join."),
            (r"\.f_p\.", ".of_detail."),
            (r"\.f_i\.", ".of_context."),
            (r"^spp\.processes\.", "context.process."),
            (r"^spp\.compression\.", "context.compress."),
            (r"^spp\.", "context."),
            (r"^(context\.scales\.[1-4])\.1\.", r"\1."),
            (r"^(context\.[.\w]+)\.0\.(?=[\w]+$)", r"\1.bn."),
            (r"^(context\.[.\w]+)\.2\.(?=weight$)", r"\1.conv."),
            *CONV_BN,
        )
    ),
}
