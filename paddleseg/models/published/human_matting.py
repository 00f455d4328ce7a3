"""PaddleSeg Matting's names of HumanMatting."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "HumanMatting": NameMap(
        rename=(
            (r"^psp_module\.stages\.(\d)\.1\.", r"glance.pyramid.branches.\1."),
            (r"^psp_module\.conv_bn_relu2\.", "glance.context."),
            (r"^psp(\d)\.0\.", lambda match: f"glance.shares.{4 - int(match[1])}."),
            (r"^decoder0_g\.", "glance.last."),
            (r"^decoder0_f\.", "focus.last."),
            (r"^decoder(\d)_g\.", lambda match: f"glance.stages.{5 - int(match[1])}."),
            (r"^decoder(\d)_f\.", lambda match: f"focus.stages.{5 - int(match[1])}."),
            (r"^bridge_block\.", "focus.bridge."),
            (r"^refiner\.conv4\.", "refiner.predict."),
            *CONV_BN,
        ),
    ),
}
