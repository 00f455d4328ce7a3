"""PaddleSeg's names of CAE, and of UPerNet on it and on ViT-Adapter."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, UPER_DECODER, NameMap

NAMES = {
    "CAE": NameMap(
        rename=(
            (r"^patch_embed\.proj\.", "patch_embed."),
            (r"^rel_pos_bias\.", "shared."),
            (r"\.attn\.relative_position_bias_table$", ".attention.places.relative_position_bias_table"),
            (r"\.attn\.", ".attention."),
            (r"\.mlp\.", "."),
            (r"\.gamma_(\d)$", r".scale\1"),
        ),
        # Which row of a table a pair of patches has follows from the size; trained files hold a decoder besides.
        unused=(r"relative_position_index$", r"^(?!patch_embed|pos_embed|cls_token|blocks|rel_pos_bias)"),
    ),
    "UPerNetCAE": NameMap(
        rename=(
            (r"^fpn1\.", "finest."),
            (r"^fpn2\.0\.", "fine."),
            (r"^decode_head\.psp_modules\.", "decoder.ppm."),
            (r"^decode_head\.lateral_convs\.(\d)\.0\.", r"decoder.reduce.\1.conv."),
            (r"^decode_head\.lateral_convs\.(\d)\.1\.", r"decoder.reduce.\1.bn."),
            (r"^decode_head\.fpn_convs\.(\d)\.0\.", r"decoder.smooth.\1."),
            (r"^decode_head\.dsn\.0\.", "auxiliary.conv."),
            (r"^decode_head\.dsn\.\d\.", "auxiliary.classify."),
            (r"^decode_head\.fpn_bottleneck\.", "head.conv."),
            (r"^decode_head\.conv_seg\.", "head.classify."),
            *UPER_DECODER,
            *CONV_BN,
        )
    ),
    "UPerNetViTAdapter": NameMap(
        rename=(
            (r"^head\.psp_modules\.stages\.(\d)\.1\.", r"decoder.pyramid.branches.\1."),
            (r"^head\.bottleneck\.", "decoder.context."),
            (r"^head\.lateral_convs\.", "decoder.reduce."),
            (r"^head\.fpn_convs\.", "decoder.smooth."),
            (r"^head\.fpn_bottleneck\.", "head.conv."),
            (r"^head\.conv_seg\.", "head.classify."),
            (r"^head\.aux_conv\.", "auxiliary.conv."),
            (r"^head\.aux_conv_seg\.", "auxiliary.classify."),
        )
    ),
}
