"""PaddleSeg's names of HRFormer."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "HRFormer": NameMap(
        rename=(
            (r"^conv([12])\.", lambda match: f"stem.{int(match[1]) - 1}."),
            (r"^layer1\.", "stage1."),
            (r"\.downsample\.0\.", ".shortcut."),
            (r"^transition1\.0\.0\.", "transition1.0."),
            (r"^transition1\.1\.0\.0\.", "transition1.1."),
            (r"^transition([23])\.\d\.0\.0\.", r"transition\1."),
            (r"\.fuse_layers\.(\d)\.(\d)\.0\.(?=_)", r".exchange.\1.\2."),
            (r"\.fuse_layers\.", ".exchange."),
            (r"\.attn\.attn\.(\w+)_proj\.", r".attention.\1."),
            (r"\.attn\.attn\.relative_position_bias_table$", ".attention.bias.relative_position_bias_table"),
            (r"\.mlp\.dw3x3\.", ".depthwise."),
            (r"\.mlp\.", "."),
            *CONV_BN,
        ),
        # Files trained on ImageNet also hold a classifier; where in the table a place stands follows from the window.
        unused=(r"^(?!conv[12]\.|layer1\.|transition\d|stage\d)", r"\.relative_position_index$"),
    ),
}
