"""PP-HumanSeg14K, the teleconferencing portraits of the PP-HumanSeg paper."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paddleseg.datasets.base import Entry
from paddleseg.datasets.layout import Pattern
from paddleseg.datasets.published import Published
from paddleseg.datasets.split import MODES, split_group_counts
from paddleseg.errors import DataError, Problem
from paddleseg.images.io import read_lines
from paddleseg.registry import DATASETS
from paddleseg.transforms.sample import Sample

_ATTRIBUTES = "attributes.csv"
_SCENES = (11, 6, 6)


@dataclass(frozen=True)
class Video:
    """What the paper notes of each video (section 3.2).

    Args:
        scene: Which of the 23 rooms.
        people: How many take part.
        activity: What they do, such as "waving" or "drinking".
        mask: Whether a mask is worn.
        passers_by: Whether somebody walks past behind them.
    """

    scene: str
    people: int
    activity: str
    mask: bool
    passers_by: bool


@DATASETS.register
class PPHumanSeg14K(Published):
    """The 14,117 frames from 291 videos in 23 scenes of Chu et al. (WACV-W 2022, section 3).

    `train.txt`, `val.txt` and `test.txt` list pairs, divided by scene (11, 6 and 6). Where they are missing, `paddleseg
    data prepare` makes them of `images/<video>/*` and `annotations/<video>/*.png`, with the scenes of `attributes.csv`.

    Args:
        dataset_root: The unpacked folder.
        transforms: Applied in order to every sample.
        mode: "train", "val" or "test".
        edge: Give training samples the map "edge".

    Raises:
        DataError: The folder or one of its lists is missing.
    """

    SOURCE = "ask its authors for the data set, by the address on PaddleSeg's page contrib/PP-HumanSeg/paper.md"
    TERMS = "given out by its authors on request, for research"
    COUNTS = {
        "the release": {"train": 8770, "val": 2431, "test": 2482},
        "the paper": {"train": 9006, "val": 2549, "test": 2562},
    }
    FRAMES = Pattern("images/{video}/{name}.*", "annotations/{video}/{name}.png", "{video}")

    def __init__(
        self,
        dataset_root: str | Path | None = None,
        transforms: Sequence[Callable[[Sample], Sample]] = (),
        mode: str = "train",
        edge: bool = False,
    ):
        super().__init__(transforms, dataset_root, mode, edge)

    @property
    def videos(self) -> dict[str, Video]:
        """The attributes of each video, from `attributes.csv`; empty where there is none."""
        return read_attributes(self.root / _ATTRIBUTES) if (self.root / _ATTRIBUTES).is_file() else {}

    def where(self, **wanted: str | int | bool) -> list[int]:
        """The indices of the frames whose video has these attributes, such as `where(mask=True, people=2)`."""
        videos = self.videos
        chosen = {name for name, video in videos.items() if all(getattr(video, k) == v for k, v in wanted.items())}
        return [
            index
            for index, (image, _) in enumerate(self.entries)
            if video_of(image.relative_to(self.root), videos) in chosen
        ]

    @classmethod
    def remarks(cls, root: Path, parts: Mapping[str, Sequence[Entry]]) -> list[str]:
        if not (root / _ATTRIBUTES).is_file():
            return [f"no {_ATTRIBUTES}: whether scenes are kept apart cannot be told"]
        videos = read_attributes(root / _ATTRIBUTES)
        modes_of: dict[str, set[str]] = defaultdict(set)
        for mode, entries in parts.items():
            for image, _ in entries:
                video = video_of(image.relative_to(root), videos)
                if video is not None:
                    modes_of[videos[video].scene].add(mode)
        counts = Counter(mode for modes in modes_of.values() for mode in modes)
        mixed = [
            f"scene {scene} is in {' and '.join(sorted(modes))}" for scene, modes in modes_of.items() if len(modes) > 1
        ]
        return [", ".join(f"{counts[mode]} scenes in {mode}" for mode in parts), *mixed]

    @classmethod
    def divide(cls, root: Path, seed: int) -> dict[str, list[Entry]]:
        if not (root / _ATTRIBUTES).is_file():
            what = f"holds neither train.txt, val.txt and test.txt nor {_ATTRIBUTES}"
            raise DataError(str(root), what, f"a random division would mix scenes; {cls.SOURCE}")
        videos = read_attributes(root / _ATTRIBUTES)
        found = cls.FRAMES.find_groups(root)
        unknown = sorted({video for *_, video in found if video not in videos})
        if unknown or not found:
            what = f"does not know the video {unknown[0]}" if found else f"there are no {cls.FRAMES} beside it"
            raise DataError(str(root / _ATTRIBUTES), what, "it needs a line for each folder below images")
        sizes = Counter(videos[video].scene for *_, video in found)
        published = cls.COUNTS["the paper"]
        shares = [published[mode] / sum(published.values()) for mode in MODES]
        scenes = split_group_counts(sizes, _SCENES, shares, seed)
        mode_of = {scene: mode for mode, part in zip(MODES, scenes, strict=True) for scene in part}
        divided: dict[str, list[Entry]] = {mode: [] for mode in MODES}
        for image, label, video in found:
            divided[mode_of[videos[video].scene]].append((image, label))
        return divided


def video_of(image: Path, videos: Collection[str]) -> str | None:
    """The video of a frame: named by a folder of its path, or by the beginning of the file's name."""
    parts = image.with_suffix("").parts
    folder = next((part for part in parts[:-1] if part in videos), None)
    return folder or max((name for name in videos if parts[-1].startswith(name)), key=len, default=None)


def read_attributes(path: Path) -> dict[str, Video]:
    """`attributes.csv`: a line for each video, under the headings video, scene, people, activity, mask, passers_by.

    Raises:
        DataError: A heading is missing, or a line is no such record.
    """
    table = csv.DictReader(read_lines(path))
    missing = {"video", *Video.__annotations__} - set(table.fieldnames or ())
    if missing:
        hint = "see docs/reference/datasets.md for its columns"
        raise DataError(str(path), f"has no column {sorted(missing)[0]}", hint)
    videos = {}
    problems = []
    for number, line in enumerate(table, 2):
        try:
            mask, passers_by = (_BOOLEANS[line[name].strip().lower()] for name in ("mask", "passers_by"))
            videos[line["video"]] = Video(line["scene"], int(line["people"]), line["activity"], mask, passers_by)
        except (KeyError, ValueError, AttributeError) as error:
            what = f"is no video's record: {error}"
            problems.append(Problem(f"{path}:{number}", what, "people is a number; mask and passers_by are 0 or 1"))
    if problems:
        raise DataError(problems)
    return videos


_BOOLEANS = {"0": False, "1": True, "no": False, "yes": True, "false": False, "true": True}
