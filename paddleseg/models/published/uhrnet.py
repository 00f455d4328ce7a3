"""PaddleSeg's names of U-HRNet."""

from __future__ import annotations

from paddleseg.models.published.hrnet import PARALLEL
from paddleseg.models.published.name_map import NameMap

NAMES = {
    "UHRNet": NameMap(
        rename=(
            (r"^conv_layer1_(\d)\.", r"stem.\1."),
            (r"^la1\.bb_layer2_(\d+)\.", r"stage1.\1."),
            (r"^tr1\.transition_tr1_layer_(\d)\.", r"transition1.\1."),
            (r"^tr([234])\.transition_tr\d_layer_2\.", lambda match: f"down.{int(match[1]) - 1}."),
            (r"^tr([567])\.transition_tr\d_layer_1\.", lambda match: f"up.{int(match[1]) - 4}."),
            (r"^st(\d)\.stage_st\d_(\d+)\.", lambda match: f"stages.{int(match[1]) - 1}.{match[2]}."),
            *PARALLEL,
        ),
        # A classifier that no output is made of.
        unused=(r"^(?!conv_layer1_|la1\.|tr\d\.|st\d\.)",),
    ),
}
