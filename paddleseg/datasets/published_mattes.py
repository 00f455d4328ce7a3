"""Published sets for the task `matting`, each in the layout in which it is handed out."""

from __future__ import annotations

from paddleseg.datasets.layout import Pattern
from paddleseg.datasets.mattes import Mattes
from paddleseg.registry import DATASETS


class _Matting(Mattes):
    """A set that is read as alphas unless `as_alpha: false` says otherwise."""

    AS_ALPHA = True
    CLASSES = ("background", "foreground")


@DATASETS.register
class AM2k(_Matting):
    """1,800 + 200 photos of animals with fur (Li et al., IJCV 2022)."""

    SOURCE = "download AM-2k.zip from github.com/JizhiziLi/GFM after reading its agreement"
    TERMS = "AM-2k Dataset Release Agreement (MIT)"
    TRIMAPS = "trimap"
    SPLITS = {
        mode: (Pattern(f"{part}/original/{{name}}.jpg", f"{part}/mask/{{name}}.png"),)
        for mode, part in (("train", "train"), ("val", "validation"), ("test", "validation"))
    }
    COUNTS = {"published": {"train": 1800, "val": 200, "test": 200}}


@DATASETS.register
class AIM500(_Matting):
    """500 photos of people, animals, plants and glass, for judging only (Li et al., IJCAI 2021)."""

    SOURCE = "download AIM-500.zip from github.com/JizhiziLi/AIM after reading its agreement"
    TERMS = "AIM-500 Dataset Release Agreement (MIT)"
    TRIMAPS = "trimap"
    SPLITS = {mode: (Pattern("original/{name}.jpg", "mask/{name}.png"),) for mode in ("val", "test")}
    COUNTS = {"published": {"val": 500, "test": 500}}


@DATASETS.register
class Composition1k(_Matting):
    """Adobe's 431 + 50 foregrounds with alphas (Xu et al., CVPR 2017), to be composed: give `backgrounds`.

    The published test composes each foreground before 20 pictures of PASCAL VOC, in the order of `test_bg_names.txt`:
    `per_foreground: 20` and that list as `backgrounds` do so too, but for where a picture is cut to the frame.
    """

    SOURCE = "ask its authors, by sites.google.com/view/deepimagematting; backgrounds are MS COCO's and PASCAL VOC's"
    TERMS = "Adobe Deep Image Matting Dataset License Agreement: research only, not to be redistributed"
    SPLITS = {
        mode: (Pattern(f"{part}/{{source}}/fg/{{file}}", f"{part}/{{source}}/alpha/{{file}}"),)
        for mode, part in (("train", "Training_set"), ("val", "Test_set"), ("test", "Test_set"))
    }
    COUNTS = {"published": {"train": 431, "val": 50, "test": 50}}


@DATASETS.register
class Distinctions646(_Matting):
    """596 + 50 foregrounds with alphas (Qiao et al., CVPR 2020), to be composed: give `backgrounds`."""

    SOURCE = "ask its authors, by github.com/yuhaoliu7456/CVPR2020-HAttMatting"
    TERMS = "research only, not to be redistributed"
    SPLITS = {
        mode: (Pattern(f"{part}/FG/{{name}}.*", f"{part}/GT/{{name}}.png"),)
        for mode, part in (("train", "Train"), ("val", "Test"), ("test", "Test"))
    }
    COUNTS = {"published": {"train": 596, "val": 50, "test": 50}}


@DATASETS.register
class VideoMatte240K(_Matting):
    """Frames of 479 + 5 green-screen clips (Lin et al., CVPR 2021), to be composed: give `backgrounds`.

    As RVM trains on them: `{train,valid}/fgr/<clip>/<frame>.jpg` beside `pha`. Frames of a clip are sorted one after
    the other.
    """

    SOURCE = "download VideoMatte240K_JPEG_SD or _HD from grail.cs.washington.edu/projects/background-matting-v2"
    TERMS = "research only, not to be redistributed"
    SPLITS = {
        mode: (Pattern(f"{part}/fgr/{{clip}}/{{frame}}.jpg", f"{part}/pha/{{clip}}/{{frame}}.jpg"),)
        for mode, part in (("train", "train"), ("val", "valid"), ("test", "valid"))
    }
