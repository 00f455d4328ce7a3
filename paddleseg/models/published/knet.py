"""PaddleSeg's names of K-Net."""

from __future__ import annotations

import re

from paddleseg.models.published.name_map import CONV_BN, UPER_DECODER, NameMap


def _linear(match: re.Match[str]) -> str:
    return f".fc{1 if match[1] == '0.0' else 2}."


NAMES = {
    "KNet": NameMap(
        rename=(
            (r"^aux_head\.conv_bn_relu\.", "auxiliary.conv."),
            (r"^aux_head\.conv\.", "auxiliary.classify."),
            (r"^kernel_generate_head\.(?:fpn_bottleneck|conv_cat)\.", "first.head.conv."),
            (r"^kernel_generate_head\.conv_seg\.", "first.head.classify."),
            (r"^kernel_generate_head\.convs\.", "first.convs."),
            (r"^kernel_generate_head\.", "decoder."),
            *UPER_DECODER,
            (r"^decoder\.", "first.decoder."),
            (r"^kernel_update_head\.", "stages."),
            (r"\.kernel_update_conv\.", ".gates."),
            (r"\.feat_transform\.", ".transform."),
            (r"\.([qkv])_proj\.", r".\1."),
            (r"\.out_proj\.", ".proj."),
            (r"\.ffn\.layers\.(0\.0|1)\.", _linear),
            (r"\.mask_fcs\.", ".fcs."),
            (r"\.fc_mask\.", ".to_kernel."),
            *CONV_BN,
        ),
        unused=(r"^kernel_generate_head\.conv_last\.",),  # no output is made of it
    ),
}
