"""PaddleSeg's names of RTFormer."""

from __future__ import annotations

from paddleseg.models.published.name_map import DUAL_RESOLUTION, NameMap

NAMES = {
    "RTFormer": NameMap(
        rename=(
            *DUAL_RESOLUTION,
            (r"^conv1\.0\.", "stem.0.conv."),
            (r"^conv1\.1\.", "stem.0.bn."),
            (r"^conv1\.3\.", "stem.1.conv."),
            (r"^conv1\.4\.", "stem.1.bn."),
            (r"^((?:layer|deep|fine)\d\.\d)\.bn(\d)\.", r"\1.conv\2.bn."),
            (r"^((?:layer|deep|fine)\d\.\d\.conv\d)\.weight", r"\1.conv.weight"),
            (r"^compression3\.", "to_fine3."),
            (r"^layer([45])\.", lambda match: f"blocks.{int(match[1]) - 4}."),
            (r"\.attn_shortcut_l\.", ".shortcut."),
            (r"\.attn_l\.k$", ".attend_deep.key.weight"),
            (r"\.attn_l\.v$", ".attend_deep.value.weight"),
            (r"\.attn_l\.", ".attend_deep."),
            (r"\.attn_h\.", ".attend_fine."),
            (r"\.cross_kv\.0\.", ".attend_fine.norm_deep."),
            (r"\.cross_kv\.2\.", ".attend_fine.key_value."),
            (r"\.mlp_l\.", ".mlp_deep."),
            (r"\.mlp_h\.", ".mlp_fine."),
            (r"\.(mlp_deep|mlp_fine)\.norm\.", r".\1.0."),
            (r"\.(mlp_deep|mlp_fine)\.conv1\.", r".\1.1."),
            (r"\.(mlp_deep|mlp_fine)\.conv2\.", r".\1.4."),
            (r"\.compression\.", ".to_fine."),
            (r"\.down\.0\.", ".to_deep.0.bn."),
            (r"\.down\.2\.", ".to_deep.0.conv."),
            (r"\.down\.3\.", ".to_deep.1.bn."),
            (r"\.down\.5\.", ".to_deep.1.conv."),
            (r"(^|\.)(to_fine3?)\.0\.", r"\1\2.bn."),
            (r"(^|\.)(to_fine3?)\.2\.", r"\1\2.conv."),
            (r"^seghead\.", "head."),
            (r"^seghead_extra\.", "auxiliary."),
            (r"^(head|auxiliary)\.(bn|conv)(\d)\.", lambda match: f"{match[1]}.{int(match[3]) - 1}.{match[2]}."),
        )
    ),
}
