"""Published mattes: data sets that say how much of each pixel is the person's, as alphas or as masks."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from paddleseg.datasets.alphas import Alphas
from paddleseg.datasets.layout import Pattern
from paddleseg.datasets.published import Published
from paddleseg.geometry import Size
from paddleseg.images.mattes import read_matte
from paddleseg.registry import DATASETS
from paddleseg.transforms.fields import TRIMAP


class Mattes(Alphas, Published):
    """A data set of mattes, as alphas for the task `matting`, or as masks: a pixel counts as person from an opacity of
    `threshold` on.

    `alpha_only` says that the matte is the alpha channel of a picture in colours, even where that is opaque. `TRIMAPS`
    is the folder of trimaps beside that of the images, where the set has one; they are read with alphas, in evaluation,
    if they are there.

    Args:
        threshold: Between 0 and 1; a half keeps the outline where the eye sees it, less keeps fine hair.
        as_alpha: Whether samples have the map "alpha" instead of a label; the class's `AS_ALPHA` where left out.
        backgrounds: As `MattingDataset`'s, and `per_foreground` too.
        **given: As `Published`: `transforms`, `dataset_root`, `mode`, `edge`.
    """

    AS_ALPHA: ClassVar[bool] = False
    TRIMAPS: ClassVar[str] = ""

    def __init__(
        self,
        *args: Any,
        threshold: float = 0.5,
        as_alpha: bool | None = None,
        backgrounds: str | Path | None = None,
        per_foreground: int = 1,
        **given: Any,
    ):
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold should lie between 0 and 1, not {threshold!r}")
        self.threshold = threshold
        self.target = "alpha" if (self.AS_ALPHA if as_alpha is None else as_alpha) else "label"
        if backgrounds is not None and self.target == "label":
            raise ValueError("backgrounds are for alphas: set as_alpha: true")
        super().__init__(*args, **given)
        evaluates = self.target == "alpha" and self.mode != "train"
        if evaluates and self.TRIMAPS and self._trimap(self.entries[0][0]).is_file():
            self.FIELDS = {"trimap": TRIMAP}
        self.compose(backgrounds, per_foreground)

    def _trimap(self, image: Path) -> Path:
        """Where an image's trimap lies, in sets that have some."""
        return image.parent.parent / self.TRIMAPS / f"{image.stem}.png"

    def field_file(self, name: str, image: Path) -> Path:
        return self._trimap(image) if name == "trimap" else super().field_file(name, image)

    def read_label(self, path: Path, size: Size | None) -> np.ndarray:
        if self.target == "alpha":
            return super().read_label(path, size)
        opacity = read_matte(path, alpha_only=self.alpha_only).opacity
        return (opacity >= 255 * self.threshold).astype(np.uint8)


@DATASETS.register
class AISegment(Mattes):
    """34,427 half portraits of 600x800 (w x h) with machine-assisted mattes.

    `clip_img/<date>/clip_<part>/*.jpg` beside `matting/<date>/matting_<part>/*.png`, whose alpha channel is the matte.
    There is no official split: `paddleseg data prepare` divides whole folders, since neighbours may be crops of one
    photo.
    """

    alpha_only = True
    SOURCE = "download it from kaggle.com/laurentmih/aisegmentcom-matting-human-datasets"
    TERMS = "no licence is stated; photos from Flickr, Baidu and Taobao: research only"
    COUNTS = {"published": {"all": 34427}}
    WHOLE = Pattern(
        "clip_img/{date}/clip_{part}/{name}.jpg", "matting/{date}/matting_{part}/{name}.png", "{date}/{part}"
    )


@DATASETS.register
class P3M10k(Mattes):
    """9,421 + 500 portraits with blurred faces, and 500 with bare ones as "test" (Li et al., ACM MM 2021)."""

    SOURCE = "download P3M-10k.zip from github.com/JizhiziLi/P3M after reading its agreement"
    TERMS = "P3M-10k Dataset Release Agreement (MIT)"
    TRIMAPS = "trimap"
    SPLITS = {
        "train": (Pattern("train/blurred_image/{name}.jpg", "train/mask/{name}.png"),),
        "val": (Pattern("validation/P3M-500-P/blurred_image/{name}.jpg", "validation/P3M-500-P/mask/{name}.png"),),
        "test": (Pattern("validation/P3M-500-NP/original_image/{name}.jpg", "validation/P3M-500-NP/mask/{name}.png"),),
    }
    COUNTS = {"published": {"train": 9421, "val": 500, "test": 500}}


@DATASETS.register
class PPM100(Mattes):
    """100 portraits of 2 to 8 megapixels with fine mattes, for judging only (Ke et al., AAAI 2022)."""

    SOURCE = "download PPM-100.zip from github.com/ZHKKKe/PPM"
    TERMS = "photos: Creative Commons by their Flickr authors; mattes: CC BY-NC-SA 4.0"
    SPLITS = {mode: (Pattern("image/{name}.jpg", "matte/{name}.jpg"),) for mode in ("val", "test")}
    COUNTS = {"published": {"val": 100, "test": 100}}


@DATASETS.register
class FVS(Mattes):
    """Frames of four green-screen conference videos on other backgrounds (Kuang and Tie, 2021).

    `original_training/original<video>_<frame>.jpg` beside `ground_truth_training/gt<video>_<frame>.jpg`, and the same
    with `testing`. Its masks are JPEG, so they are read as mattes. The authors' test part serves as "val" too.
    """

    SOURCE = "download ConferenceVideoSegmentationDataset from github.com/kuangzijian/Flow-Based-Video-Matting"
    TERMS = "MIT for the repository; nothing is stated for the videos"
    SPLITS = {
        mode: (
            Pattern(f"original_{part}/original{{video}}_{{frame}}.*", f"ground_truth_{part}/gt{{video}}_{{frame}}.jpg"),
        )
        for mode, part in (("train", "training"), ("val", "testing"), ("test", "testing"))
    }
