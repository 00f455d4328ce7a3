"""PaddleSeg's names of DeepLab V3 and V3+."""

from __future__ import annotations

from paddleseg.models.published.name_map import ASPP, CONV_BN, DEEPLAB_DECODER, SEPARABLE, NameMap

_BOTH = (*ASPP, *SEPARABLE, *CONV_BN)

NAMES = {
    "DeepLabV3": NameMap(rename=(*_BOTH, (r"^head\.cls\.", "classify."))),
    "DeepLabV3P": NameMap(rename=(*_BOTH, *DEEPLAB_DECODER)),
}
