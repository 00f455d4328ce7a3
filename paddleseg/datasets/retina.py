"""Vessels of the eye, in the copies that PaddleSeg hands out."""

from __future__ import annotations

from paddleseg.datasets.layout import ListFile
from paddleseg.datasets.published import Published
from paddleseg.registry import DATASETS


class Vessels(Published):
    """Photos of the retina with their vessels; pairs in `train_list.txt` and `val_list.txt`."""

    CLASSES = ("background", "vessel")
    SPLITS = {mode: (ListFile(f"{mode}_list.txt"),) for mode in ("train", "val")}


@DATASETS.register
class DRIVE(Vessels):
    """40 photos of 565x584 (w x h; Staal et al., IEEE TMI 2004)."""

    SOURCE = "unpack PaddleSeg's drive.zip (bj.bcebos.com/paddleseg/dataset/drive/drive.zip)"
    URL = "https://bj.bcebos.com/paddleseg/dataset/drive/drive.zip"
    TERMS = "research and education: drive.grand-challenge.org"
    COUNTS = {"published": {"all": 40}}


@DATASETS.register
class CHASEDB1(Vessels):
    """28 photos of 999x960 (w x h) of children (Fraz et al., IEEE TBME 2012)."""

    SOURCE = "unpack PaddleSeg's chase_db1.zip (bj.bcebos.com/paddleseg/dataset/chase_db1/chase_db1.zip)"
    URL = "https://bj.bcebos.com/paddleseg/dataset/chase_db1/chase_db1.zip"
    TERMS = "research: blogs.kingston.ac.uk/retinal/chasedb1"
    COUNTS = {"published": {"all": 28}}


@DATASETS.register
class HRF(Vessels):
    """45 photos of 3504x2336 (w x h; Budai et al., 2013)."""

    SOURCE = "unpack PaddleSeg's hrf.zip (bj.bcebos.com/paddleseg/dataset/hrf/hrf.zip)"
    URL = "https://bj.bcebos.com/paddleseg/dataset/hrf/hrf.zip"
    TERMS = "CC BY 4.0: www5.cs.fau.de/research/data/fundus-images"
    COUNTS = {"published": {"all": 45}}


@DATASETS.register
class STARE(Vessels):
    """20 photos of 700x605 (w x h; Hoover et al., IEEE TMI 2000)."""

    SOURCE = "unpack PaddleSeg's stare.zip (bj.bcebos.com/paddleseg/dataset/stare/stare.zip)"
    URL = "https://bj.bcebos.com/paddleseg/dataset/stare/stare.zip"
    TERMS = "no licence is stated: cecas.clemson.edu/~ahoover/stare"
    COUNTS = {"published": {"all": 20}}
