"""PaddleSeg's names of GSCNN."""

from __future__ import annotations

from paddleseg.models.published.name_map import ASPP, CONV_BN, DEEPLAB_DECODER, SEPARABLE, NameMap

NAMES = {
    "GSCNN": NameMap(
        rename=(
            *ASPP,
            *DEEPLAB_DECODER,
            *SEPARABLE,
            (r"^head\.aspp\.edge_conv\.", "aspp.beside."),
            (r"^head\.dsn(\d)\.", lambda match: f"sides.{int(match[1]) - 1}."),
            (r"^head\.d(\d)\.", lambda match: f"narrow.{int(match[1]) - 1}."),
            (r"^head\.res(\d)\.conv(\d)\.", lambda match: f"residuals.{int(match[1]) - 1}.conv{int(match[2]) + 1}."),
            (r"^head\.gate(\d)\.", lambda match: f"gates.{int(match[1]) - 1}."),
            (r"\._gate_conv\.0\.", ".norm."),
            (r"\._gate_conv\.1\.", ".mix."),
            (r"\._gate_conv\.3\.", ".gate.conv."),
            (r"\._gate_conv\.4\.", ".gate.bn."),
            (r"^head\.fuse\.", "edge."),
            (r"^head\.cw\.", "join."),
            *CONV_BN,
        )
    ),
}
