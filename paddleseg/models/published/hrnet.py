"""PaddleSeg's names of HRNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap, Rule

# What is inside parallel modules and residual blocks; U-HRNet has them too. The last of the rules.
PARALLEL: tuple[Rule, ...] = (
    (r"branches_func\.bb_st\d_\d+_branch_layer_(\d)_(\d+)\.", r"branches.\1.\2."),
    (r"fuse_func\.residual_st\d_\d+_layer_(\d)_(\d)\.", r"exchange.\1.\2."),
    (r"fuse_func\.residual_st\d_\d+_layer_(\d)_(\d)_(\d)\.", r"exchange.\1.\2.\3."),
    (r"\.conv_down\.", ".shortcut."),
    (r"\.deattn\.", ".between."),
    *CONV_BN,
    # They count from one.
    (r"(?<=\.)\d+(?=\.)", lambda number: str(int(number[0]) - 1)),
)
NAMES = {
    "HRNet": NameMap(
        rename=(
            (r"^conv_layer1_(\d)\.", r"stem.\1."),
            (r"^la1\.bb_layer2_(\d+)\.", r"stage1.\1."),
            (r"^tr1\.transition_tr1_layer_(\d)\.", r"transition1.\1."),
            (r"^tr([23])\.transition_tr\d_layer_\d\.", r"transition\1."),
            (r"^st(\d)\.stage_st\d_(\d+)\.", r"stage\1.\2."),
            *PARALLEL,
        ),
        # Files trained on ImageNet also hold a classifier.
        unused=(r"^(?!conv_layer1_|la1\.|tr\d\.|st\d\.)",),
    ),
}
