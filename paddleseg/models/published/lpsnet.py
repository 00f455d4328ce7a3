"""PaddleSeg's names of LPSNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {"LPSNet": NameMap(rename=((r"^nets\.", "paths."), (r"^head\.", "classify."), *CONV_BN))}
