"""PaddleSeg's names of PortraitNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

NAMES = {
    "PortraitNet": NameMap(
        rename=(
            (r"^head\.(transit|deconv)(\d)\.", lambda match: f"{match[1]}.{int(match[2]) - 1}."),
            (r"^transit\.(\d)\.block\.0\.conv\.0\.", r"blocks.\1.branch.0.conv."),
            (r"^transit\.(\d)\.block\.0\.conv\.1\.", r"blocks.\1.branch.0.bn."),
            (r"^transit\.(\d)\.block\.0\.conv\.3\.", r"blocks.\1.branch.1.conv."),
            (r"^transit\.(\d)\.block\.0\.conv\.4\.", r"blocks.\1.branch.1.bn."),
            (r"^transit\.(\d)\.block\.1\.", r"blocks.\1.branch.2.conv."),
            (r"^transit\.(\d)\.block\.2\.", r"blocks.\1.branch.2.bn."),
            (r"^transit\.(\d)\.block\.4\.", r"blocks.\1.branch.3.conv."),
            (r"^transit\.(\d)\.block\.5\.", r"blocks.\1.branch.3.bn."),
            (r"^transit\.(\d)\.residual\.0\.", r"blocks.\1.shortcut.conv."),
            (r"^transit\.(\d)\.residual\.1\.", r"blocks.\1.shortcut.bn."),
            (r"^head\.pred\.", "classify."),
            (r"^head\.edge\.", "edge."),
        )
    ),
}
