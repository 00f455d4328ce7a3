"""PaddleSeg's names of STFPM."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap
from paddleseg.models.published.resnet import PADDLE_VISION

NAMES = {
    "STFPM": NameMap(
        rename=(*PADDLE_VISION, (r"^student\.", "backbone.")),
        unused=(r"^(?:student|teacher)\.model\.7\.",),  # no map of theirs is used
    ),
}
