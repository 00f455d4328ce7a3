"""PaddleSeg Matting's names of DIM."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "DIM": NameMap(
        rename=(
            (r"^decoder\.deconv6\.", "decoder.first."),
            (r"^decoder\.deconv(\d)\.conv\.", lambda match: f"decoder.convs.{5 - int(match[1])}."),
            (r"^decoder\.alpha_conv\.", "decoder.predict."),
            (r"^refine\.conv(\d)\.", lambda match: f"refine.{int(match[1]) - 1}."),
            (r"^refine\.alpha_pred\.", "refine.3."),
            *CONV_BN,
        ),
    ),
}
