"""How well and how fast portrait networks find people in your photos: ours beside the peers you have files of.

    python benchmarks/portrait.py --data FOLDER --list FOLDER/val.txt --peers FOLDER_OF_FILES
    python benchmarks/portrait.py --data FOLDER --list FOLDER/val.txt --by source shape --clips FOLDER/clips

The list holds `image mask` lines (masks: 0 background, 1 person, 255 ignored). Every network gets its own input size
and normalisation; its probabilities are resized bilinearly to the photo, and a person is what is above 0.5. Ours are
finished as the card says: edges, small pieces, threshold. SC is the person's, not the background's. Boundary IoU is of
all photos' pixels together, and beside it the mean over photos. The worst tenth are the photos of lowest IoU. All
networks see a photo one after the other, so a busy machine slows all alike. Times are of the network alone, one thread.

`--by` adds mIoU by source (the first folder of the photo's path) or by shape. `--clips` are folders with `images/` and
`masks/` of consecutive frames: flicker is the share of the pixels there whose class changes though the label's does
not.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from peers import Peer, find_peers

from paddleseg.datasets import Dataset
from paddleseg.images.io import read_image, read_label
from paddleseg.inference.predictor import Predictor
from paddleseg.metrics import BoundaryIoU, Confusion, Connectivity, Flicker, Metric
from paddleseg.progress import progress

SHAPES = {"9:16": 9 / 16, "3:4": 3 / 4, "1:1": 1.0, "4:3": 4 / 3, "16:9": 16 / 9}
COLUMNS = {
    "mIoU": "mIoU",
    "foreground_IoU": "fg IoU",
    "boundary_IoU": "boundary IoU",
    "boundary_IoU_by_photo": "by photo",
    "SC": "SC",
    "SC_without_specks": "SC without specks",
    "worst_tenth": "worst tenth IoU",
}


@dataclass
class Entry:
    """One network and what has been measured of it.

    Args:
        run: A photo to classes (H, W) and the network's milliseconds.
        ious, boundary_ious: The person's in every photo.
    """

    name: str
    run: Callable[[np.ndarray], tuple[np.ndarray, float]]
    metrics: list[Metric] = field(default_factory=lambda: [Confusion(2), BoundaryIoU(2), Connectivity(2)])
    ious: list[float] = field(default_factory=list)
    boundary_ious: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    groups: dict[str, Confusion] = field(default_factory=dict)
    flicker: Flicker = field(default_factory=Flicker)

    def mask(self, rgb: np.ndarray) -> np.ndarray:
        mask, milliseconds = self.run(rgb)
        self.times.append(milliseconds)
        return mask

    def look(self, rgb: np.ndarray, label: np.ndarray, groups: Iterable[str]) -> None:
        mask = self.mask(rgb)
        for metric in (*self.metrics, *(self.groups.setdefault(name, Confusion(2)) for name in groups)):
            single = metric.of(mask, label)
            metric.merge(single)
            if isinstance(single, BoundaryIoU):
                self.boundary_ious.append(single.compute()["boundary_IoU"])
        either = ((mask == 1) | (label == 1)) & (label != 255)
        self.ious.append(float((mask == label)[either].mean()) if either.any() else 1.0)

    def row(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for metric in self.metrics:
            found |= metric.compute()
        found |= {name: found[f"class_{name}"][1] for name in ("SC", "SC_without_specks")}
        worst = np.sort(self.ious)[: max(1, round(len(self.ious) / 10))]
        times = {"p50_ms": float(np.median(self.times)), "p95_ms": float(np.percentile(self.times, 95))}
        groups = {name: confusion.compute()["mIoU"] for name, confusion in sorted(self.groups.items())}
        found |= {"boundary_IoU_by_photo": float(np.nanmean(self.boundary_ious)), "worst_tenth": float(worst.mean())}
        found |= {"groups": groups, **self.flicker.compute()}
        return {"name": self.name, **found, **times}


def timed(peer: Peer) -> Callable[[np.ndarray], tuple[np.ndarray, float]]:
    """A peer that also says how long the network took."""
    spent: list[float] = []

    def infer(tensor: np.ndarray) -> np.ndarray:
        started = time.perf_counter()
        output = peer.infer(tensor)
        spent.append(1000 * (time.perf_counter() - started))
        return output

    clocked = Peer(peer.name, peer.size, peer.prepare, infer, peer.finish)
    return lambda rgb: ((clocked(rgb) > 0.5).astype(np.uint8), spent.pop())


def ours(source: str, runtime: str) -> Entry:
    """A `zoo://` name or an exported folder."""
    if source.startswith("zoo://"):
        predictor = Predictor.from_zoo(source.removeprefix("zoo://"))
    else:
        predictor = Predictor.from_export(source, runtime, threads=1)  # type: ignore[arg-type]

    def run(rgb: np.ndarray) -> tuple[np.ndarray, float]:
        result = predictor(rgb)
        return result.mask, result.timing_ms["net"]

    return Entry(f"ours: {Path(source).name}", run)


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, ["---"] * len(heads), *rows))


def table(rows: list[dict[str, Any]]) -> str:
    heads = ["network", *COLUMNS.values(), "components", "ms p50", "ms p95"]
    cells = [
        [row["name"], *(f"{100 * row[name]:.2f}" for name in COLUMNS), f"{row['components']:.1f}"]
        + [f"{row[name]:.1f}" for name in ("p50_ms", "p95_ms")]
        for row in rows
    ]
    return markdown(heads, cells)


def group_table(rows: list[dict[str, Any]]) -> str:
    groups = list(rows[0]["groups"])
    cells = [[row["name"], *(f"{100 * row['groups'][name]:.2f}" for name in groups)] for row in rows]
    return markdown(["mIoU", *groups], cells)


def pairs(options: argparse.Namespace) -> Iterator[tuple[np.ndarray, np.ndarray, list[str]]]:
    """Photos, labels and the groups that each is of."""
    dataset = Dataset("val", options.data, [], 2, val_path=options.list)
    for index in progress(range(len(dataset)), "Measuring", len(dataset), show=not options.quiet):
        sample = dataset.read(index)
        assert sample.label is not None
        h, w = sample.image.shape[:2]
        shape = min(SHAPES, key=lambda name: abs(math.log(SHAPES[name] * h / w)))
        of = {"source": dataset.entries[index][0].relative_to(dataset.root).parts[0], "shape": shape}
        yield sample.image, sample.label, [of[kind] for kind in options.by]


def frames(folder: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for image in sorted((folder / "images").iterdir()):
        yield read_image(image), read_label(folder / "masks" / f"{image.stem}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder that the list's paths are relative to")
    parser.add_argument("--list", required=True, help="list file of `image mask` lines")
    parser.add_argument(
        "--models", nargs="*", default=["zoo://pp_humanseg_v1_lite"], help="zoo:// names, export folders"
    )
    parser.add_argument("--runtime", choices=["paddle", "onnx"], default="onnx", help="of export folders")
    parser.add_argument("--peers", type=Path, help="folder with files of peers, see benchmarks/peers.py")
    parser.add_argument("--by", nargs="*", choices=["source", "shape"], default=[], help="mIoU of parts of the list")
    parser.add_argument("--clips", nargs="*", type=Path, default=[], help="folders of consecutive frames and masks")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    options = parser.parse_args()
    entries = [ours(source, options.runtime) for source in options.models]
    if options.peers:
        entries += [Entry(peer.name, timed(peer)) for peer in find_peers(options.peers)]
    for rgb, label, groups in pairs(options):
        for entry in entries:
            entry.look(rgb, label, groups)
    for clip in options.clips:
        for entry in entries:
            entry.flicker.restart()
        for rgb, label in progress(frames(clip), f"Measuring {clip.name}", show=not options.quiet):
            for entry in entries:
                entry.flicker.update(entry.mask(rgb), label)
    rows = [entry.row() for entry in entries]
    print(table(rows))
    if options.by:
        print(f"\n{group_table(rows)}")
    if options.clips:
        flicker = ([row["name"], f"{100 * row['flicker']:.3f}"] for row in rows)
        print("\n" + markdown(["network", "flicker, % of the pixels"], flicker))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
