"""PaddleSeg's names of UPerNet on each kind of backbone."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, UPER_DECODER, NameMap

NAMES = {
    "UPerNet": NameMap(
        rename=(
            (r"^head\.aux_head\.conv_bn_relu\.", "auxiliary.conv."),
            (r"^head\.aux_head\.conv\.", "auxiliary.classify."),
            (r"^head\.fpn_bottleneck\.", "head.conv."),
            (r"^head\.conv_seg\.", "head.classify."),
            (r"^head\.(?=ppm|lateral_convs|fpn_convs)", "decoder."),
            *UPER_DECODER,
            *CONV_BN,
        ),
        unused=(r"^head\.conv_last\.",),  # no output is made of it
    ),
}
