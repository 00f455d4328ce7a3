"""PaddleSeg's names of the Swin transformer."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

NAMES = {
    "SwinTransformer": NameMap(
        rename=(
            (r"^patch_embed\.", "embed."),
            (r"^absolute_pos_embed$", "positions"),
            (r"^layers\.", "stages."),
            (r"^norm(\d)\.", r"stages.\1.norm."),
            (r"\.attn\.relative_position_bias_table$", ".attention.bias.relative_position_bias_table"),
            (r"\.attn\.", ".attention."),
            (r"\.mlp\.", "."),
            (r"\.downsample\.", ".merge."),
        ),
        # Which row of a table a pair of pixels has follows from the window; trained files hold a classifier.
        unused=(r"\.relative_position_index$", r"^(?!patch_embed|absolute_pos_embed|layers|norm\d)"),
    ),
}
