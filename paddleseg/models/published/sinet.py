"""PaddleSeg's names of SINet."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

NAMES = {
    "SINet": NameMap(
        rename=(
            (r"^encoder\.level1\.", "stem."),
            (r"^encoder\.level([23])_0\.conv\.0\.", r"down\1.depthwise."),
            (r"^encoder\.level([23])_0\.conv\.1\.dense\.", r"down\1.weigh."),
            (r"^encoder\.level([23])_0\.conv\.2\.", r"down\1.pointwise.conv."),
            (r"^encoder\.level([23])_0\.", r"down\1.pointwise."),
            (r"^encoder\.level([23])\.", r"stage\1."),
            (r"^encoder\.BR([23])\.", r"norm\1."),
            (r"^encoder\.classifier\.conv\.", "coarse."),
            (r"^(stage\d\.\d+)\.c1\.conv\.", r"\1.gather."),
            (r"^(stage\d\.\d+)\.layer_(\d)\.conv\.0\.", r"\1.branches.\2.depthwise.conv."),
            (r"^(stage\d\.\d+)\.layer_(\d)\.conv\.1\.", r"\1.branches.\2.depthwise.bn."),
            (r"^(stage\d\.\d+)\.layer_(\d)\.act_conv1x1\.0\.", r"\1.branches.\2.act."),
            (r"^(stage\d\.\d+)\.layer_(\d)\.act_conv1x1\.1\.", r"\1.branches.\2.pointwise."),
            (r"^(stage\d\.\d+)\.layer_(\d)\.bn\.", r"\1.branches.\2.bn."),
            (r"^(stage\d\.\d+)\.BR\.", r"\1.norm."),
            (r"^level2_C\.", "fine."),
            (r"^bn_3\.", "coarse_bn."),
            (r"^bn_2\.", "fine_bn."),
            (r"^classifier\.1\.", "classify."),
        )
    ),
}
