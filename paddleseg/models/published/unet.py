"""PaddleSeg's names of U-Net."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "UNet": NameMap(
        rename=(
            (r"^encode\.double_conv\.", "stem."),
            (r"^encode\.down_sample_list\.(\d)\.1\.", r"down.\1.0."),
            (r"^encode\.down_sample_list\.(\d)\.2\.", r"down.\1.1."),
            (r"^decode\.up_sample_list\.(\d)\.double_conv\.", r"up.\1.convs."),
            (r"^decode\.up_sample_list\.(\d)\.deconv\.", r"up.\1.deconv."),
            (r"^conv\.", "classify."),
            *CONV_BN,
        ),
        unused=(r"^cls\.",),  # the last layer is there twice
    ),
}
