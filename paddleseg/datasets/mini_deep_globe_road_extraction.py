"""MiniDeepGlobeRoadExtraction, a small part of DeepGlobe's roads from above (Demir et al., CVPR-W 2018)."""

from __future__ import annotations

from paddleseg.datasets.layout import ListFile
from paddleseg.datasets.published import Published
from paddleseg.registry import DATASETS


@DATASETS.register
class MiniDeepGlobeRoadExtraction(Published):
    """Photos from above with their roads, as PaddleSeg hands them out; `train.txt` and `val.txt` hold `image|label`."""

    CLASSES = ("background", "road")
    SOURCE = "unpack MiniDeepGlobeRoadExtraction.zip (paddleseg.bj.bcebos.com/dataset)"
    URL = "https://paddleseg.bj.bcebos.com/dataset/MiniDeepGlobeRoadExtraction.zip"
    TERMS = "of the DeepGlobe challenge: research"
    SPLITS = {mode: (ListFile(f"{mode}.txt", separator="|"),) for mode in ("train", "val")}
