"""PaddleSeg Matting's names of PP-Matting."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "PPMatting": NameMap(
        rename=(
            (r"^scb\.psp_module\.stages\.(\d)\.1\.", r"trimap.pyramid.branches.\1."),
            (r"^scb\.psp_module\.conv_bn_relu2\.", "trimap.context."),
            (r"^scb\.psps\.(\d)\.0\.", r"trimap.shares.\1."),
            (r"^scb\.scb_stages\.5\.", "trimap.last."),
            (r"^scb\.scb_stages\.", "trimap.stages."),
            (r"^hrdb\.gf_list\.", "detail.guides."),
            (r"^hrdb\.convs\.", "detail.narrow."),
            (r"^hrdb\.detail_conv\.", "detail.predict."),
            (r"^hrdb\.gates\.(\d)\._gate_conv\.0\.", r"detail.gates.\1.norm."),
            (r"^hrdb\.gates\.(\d)\._gate_conv\.1\.", r"detail.gates.\1.mix."),
            (r"^hrdb\.gates\.(\d)\._gate_conv\.3\.", r"detail.gates.\1.weigh."),
            (r"^hrdb\.gates\.(\d)\._gate_conv\.4\.", r"detail.gates.\1.weigh_norm."),
            (r"^hrdb\.gates\.", "detail.gates."),
            (r"^hrdb\.res_list\.", "detail.blocks."),
            (r"^(detail\.blocks\.\d\.conv)1\.", r"\g<1>2."),
            (r"^(detail\.blocks\.\d\.conv)0\.", r"\g<1>1."),
            (r"\.short\.", ".shortcut."),
            *CONV_BN,
        ),
    ),
}
