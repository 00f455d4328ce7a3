"""PaddleSeg's names of ESPNet and ESPNetV2."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

_PRELU = (r"\._prelu\.act_func\.", ".act.")
_RATES = {"1": 0, "2": 1, "4": 2, "8": 3, "16": 4}

NAMES = {
    "ESPNetV1": NameMap(
        rename=(
            (r"^encoder\.level1\.", "stem."),
            (r"^encoder\.level([23])_0\.", r"level\1.0."),
            (r"^encoder\.level([23])\.", r"level\1.1."),
            (r"^encoder\.br(\d)\.", lambda match: f"norms.{int(match[1]) - 1}."),
            (r"^encoder\.proj(\d)\.", lambda match: f"project.{int(match[1]) - 1}."),
            (r"^level3_up\.", "double.0."),
            (r"^level2_up\.0\.", "double.1."),
            (r"^level2_up\.1\.", "doubled_norm."),
            (r"^out_up\.", "double.2."),
            (r"^combine_l2_l3\.0\.", "joined_norm."),
            (r"^combine_l2_l3\.1\.", "combine."),
            (r"^out_proj\.", "fuse."),
            (r"^(level\d\.0)\.(bn|act)\.", r"\1.norm.\2."),
            (r"^(level\d\.1\.\d|combine)\.bn\.", r"\1.norm."),
            (r"\.conv1\.", ".reduce."),
            (r"\.d_conv(\d+)\.", lambda match: f".dilated.{_RATES[match[1]]}."),
            _PRELU,
            *CONV_BN,
        ),
        unused=(r"^level2_proj\.", r"^br3\."),  # without effect on any output
    ),
    "ESPNetV2": NameMap(
        rename=(
            (r"^backbone\.", ""),
            (r"^level1\.", "stem."),
            (r"^level2\.", "level2.down."),
            (r"^level([34])_0\.", r"level\1.down."),
            (r"^level([34])\.(\d)\.", r"level\1.units.\2."),
            (r"^proj_l4_c\.", "reduce."),
            (r"^eesp_psp\.0\.", "joined."),
            (r"^eesp_psp\.1\.stages\.", "pyramid.convs."),
            (r"^eesp_psp\.1\.project\.", "pyramid.project."),
            (r"^project_l3\.1\.", "classify_deep."),
            (r"^act_l3\.", "norm_deep."),
            (r"^project_l2\.", "fuse."),
            (r"^project_l1\.1\.", "classify."),
            (r"\.eesp\.", ".unit."),
            (r"\.shortcut_layer\.", ".picture."),
            (r"(^|\.)group_conv_in\.", r"\1reduce."),
            (r"(^|\.)spp_modules\.", r"\1dilated."),
            (r"(^|\.)group_conv_out\.", r"\1expand."),
            (r"(^|\.)bn_act\.", r"\1norm."),
            (r"\._act\.", ".act."),
            _PRELU,
            *CONV_BN,
        ),
        unused=(r"\.eesp\._act\.",),  # without effect on any output
    ),
}
