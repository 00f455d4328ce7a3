"""What is known of an image and its label, and what was found wrong with them: what all checks of the doctor share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from paddleseg.datasets.base import Dataset
from paddleseg.doctor.hashes import Fingerprint
from paddleseg.errors import Problem, few
from paddleseg.geometry import Size


@dataclass(frozen=True)
class FileFacts:
    """A picture file's header; all empty for what is none.

    Args:
        format: As Pillow names it, "JPEG".
        mode: As Pillow names it, "CMYK".
        frames: More than one for animations and documents of several pages.
        deep: Whether it has more than 8 bits a channel.
        turned: Whether its EXIF entry turns it.
        misnamed: Whether its name ends as another format's.
    """

    format: str = ""
    mode: str = ""
    frames: int = 1
    deep: bool = False
    turned: bool = False
    misnamed: bool = False


NOT_A_PICTURE = FileFacts()


@dataclass(frozen=True)
class EdgeFit:
    """How one label's border lies on the edges of its photo, in pixels of the photo shrunk to at most 384.

    Args:
        roughness: Mean distance, across the border, from the border to the strongest edge within 6 pixels. An exact
            label gives 1 to 2 (texture beside the border draws the mean up), any other photo's label about 3.6.
        normals: (2, 2) sum of outer products of the border's normals (x, y).
        pull: (2,) sum of normals times distances; with `normals`, what a common shift of labels is solved from.
    """

    roughness: float
    normals: np.ndarray
    pull: np.ndarray


@dataclass(frozen=True)
class Finding(Problem):
    """A fault or a remark, with what programs, pages and repairs need to know about it.

    Args:
        kind: A name that stays the same when the words change, such as "labels.0-255".
        role: The data set, "train" or "val".
        pairs: The pairs that show it, the worst first.
        optional: Without these pairs training could do (`on_error: skip`), and a repaired list does.
    """

    kind: str = ""
    role: str = ""
    pairs: tuple[Pair, ...] = field(default=(), repr=False, compare=False)
    optional: bool = False

    def of(self, role: str) -> Finding:
        """The same, said of a data set."""
        return replace(self, where=f"{role}: {self.where}", role=role)

    def plain(self) -> dict[str, object]:
        """For JSON."""
        files = [str(path) for pair in self.pairs for path in (pair.image, pair.label) if path is not None]
        return {"kind": self.kind, "role": self.role, **asdict(self.problem), "files": files}

    @property
    def problem(self) -> Problem:
        return Problem(self.where, self.what, self.hint)


@dataclass(frozen=True)
class AlphaFacts:
    """What one alpha shows.

    Args:
        soft: The share of pixels that are neither wholly background nor wholly foreground.
        largest: Its largest value, of 1.
        shallow: Whether its file has 16 bits and uses 8.
        multiplied: Whether the colours of its foreground were multiplied by it.
    """

    soft: float
    largest: float
    shallow: bool
    multiplied: bool


@dataclass
class Pair:
    """What one image and its label showed: faults, or sizes, label values and the like.

    Args:
        digest: Of the image file; equal for equal files. Likewise `label_digest`.
        counts: Pixels by label value; of classes that overlap, by class.
        line: Of the list file, counted from 1; 0 where there is none.
        border: Share of the pixels along the frame that are no background, and `centre` in the middle half.
        blank: Whether the image is of one colour.
        specks: Pieces of a class, or holes in it, of less than 0.01 % of the image.
        alpha: What the label shows where it is an alpha; `counts` are then the pixels below a half and from there on.
    """

    image: Path
    label: Path | None
    line: int = 0
    faults: list[Finding] = field(default_factory=list)
    image_file: FileFacts = NOT_A_PICTURE
    label_file: FileFacts = NOT_A_PICTURE
    digest: str = ""
    label_digest: str = ""
    size: Size | None = None
    counts: np.ndarray = field(default_factory=lambda: np.zeros(256, np.int64))
    border: float = 0.0
    centre: float = 0.0
    blank: bool = False
    specks: int = 0
    fingerprint: Fingerprint | None = None
    fit: EdgeFit | None = None
    alpha: AlphaFacts | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the label shows background and nothing else."""
        return bool(self.counts[0]) and not self.counts[1:].any()

    def place(self, dataset: Dataset) -> str:
        """The line that names this pair, or else the image."""
        return f"{dataset.list_file}:{self.line}" if self.line else str(self.image)

    @property
    def roughness(self) -> float:
        return self.fit.roughness if self.fit else 0.0


def as_finding(problem: Problem, kind: str, pair: Pair | None = None, *, optional: bool = False) -> Finding:
    """What the reading code said, as a finding."""
    pairs = () if pair is None else (pair,)
    return Finding(problem.where, problem.what, problem.hint, kind=kind, pairs=pairs, optional=optional)


def names(pairs: Sequence[Pair], *, labels: bool = False) -> str:
    """The first file names, for the end of a line."""
    paths: list[Path | None] = [pair.label if labels else pair.image for pair in pairs]
    return few([path.name for path in paths if path is not None])


def counted(items: Sequence[object], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"
